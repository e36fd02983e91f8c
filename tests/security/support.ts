/** What the security tests share: one daemon a file, a check after each test, hostile images made from archives. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { dockerArchive } from '../fixtures/layers.ts';
import type { FixtureImage, Item } from '../fixtures/layers.ts';
import { projectRoot, startBerth } from '../support/berth.ts';
import type { BerthUnderTest } from '../support/berth.ts';
import { must, uniqueId, waitFor } from '../support/command.ts';
import type { Outcome } from '../support/command.ts';
import { belongings, compareBelongings, expectNoLeaks } from '../support/leaks.ts';
import type { Belongings } from '../support/leaks.ts';

export const BASE = 'berth/base';

/** A daemon for all tests of a file. Each test must leave host, images, volumes and containers as it found them. */
export class Guarded {
  #berth: BerthUnderTest | undefined;
  /** A directory of the host that no container is given; its files must never change nor be read. */
  canary = '';

  get berth(): BerthUnderTest {
    return this.#berth ?? assert.fail('the daemon has not been started');
  }

  docker(args: readonly string[], options: { input?: string | Uint8Array; timeoutMs?: number } = {}): Promise<Outcome> {
    return this.berth.engine.docker(args, { timeoutMs: 20_000, ...options });
  }

  /** Runs a script in a new container of `image`; stdout without the last newline, and an error when it fails. */
  async sh(script: string, options: { image?: string; flags?: readonly string[] } = {}): Promise<string> {
    return this.must(['run', '--rm', ...(options.flags ?? []), options.image ?? BASE, 'sh', '-c', script]);
  }

  must(args: readonly string[], options: { input?: string | Uint8Array } = {}): Promise<string> {
    return this.berth.engine.mustDocker(args, { timeoutMs: 20_000, ...options });
  }

  /** Loads an image of the base root with `items` over it. Gone at the end of the test with {@link drop}. */
  async image(tag: string, items: readonly Item[], config?: FixtureImage['config']): Promise<string> {
    const archive = dockerArchive([{ tags: [`${tag}:latest`], layers: [baseLayer(), items], config: { Cmd: ['sh'], ...config } }]);
    const { text } = await this.api('POST', '/images/load', archive);
    assert.match(text, /Loaded image/);
    return tag;
  }

  async drop(...images: readonly string[]): Promise<void> {
    for (const image of images) assert.equal((await this.api('DELETE', `/images/${image}?force=1`)).status, 200);
  }

  api(method: string, path: string, body?: string | Uint8Array): Promise<{ status: number; text: string }> {
    return api(this.berth.engine.socket, method, path, body, { 'Content-Type': typeof body === 'string' ? 'application/json' : 'application/x-tar' });
  }

  async start(args: readonly string[] = []): Promise<void> {
    this.#berth = await startBerth(uniqueId(), { args });
    this.canary = join(this.berth.scratch, 'canary');
    mkdirSync(this.canary);
    writeFileSync(join(this.canary, 'file'), 'alive');
    await this.must(['run', '--rm', '-v', '/anonymous', BASE, 'true']);
    // The bridge's link-local address comes by itself a second after its first container.
    const { enter } = this.berth.engine.namespace;
    await waitFor('the addresses', async () => !(await must(enter[0], [enter[1], 'ip', 'address'])).includes('tentative'));
  }

  async stop(): Promise<void> {
    await this.#berth?.[Symbol.asyncDispose]();
  }

  /** Nothing of the host was reached: neither mounts nor the canary. */
  checkHost(before: readonly string[]): void {
    assert.deepEqual(hostMounts(), before, 'mounts of the host');
    assert.deepEqual(readdirSync(this.canary), ['file']);
    assert.equal(readFileSync(join(this.canary, 'file'), 'utf8'), 'alive');
    const { nlink, mode, uid } = statSync(join(this.canary, 'file'));
    assert.deepEqual({ nlink, mode: mode & 0o7777, uid }, { nlink: 1, mode: 0o644, uid: 0 });
  }

  /** What the engine says it has. */
  async inventory(): Promise<Record<string, string>> {
    const ids = async (path: string): Promise<string> => (JSON.parse((await this.api('GET', path)).text) as { Id: string }[]).map((item) => item.Id).sort().join('\n');
    return { containers: await ids('/containers/json?all=1'), images: await ids('/images/json?all=1') };
  }
}

/** Mount points of this process's namespace that no other test makes or removes. */
function hostMounts(): string[] {
  const passing = /^\/(run\/netns|tmp)(\/|$)/;
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ').slice(3, 6).join(' ')).filter((line) => !passing.test(line.split(' ')[1] ?? '')).sort();
}

/** Starts a daemon before the tests of a file and checks after each that nothing is left and nothing of the host was touched. */
export function guarded(args: readonly string[] = []): Guarded {
  const daemon = new Guarded();
  let owned: Belongings;
  let mounts: string[];
  let inventory: Record<string, string>;
  let disk: string[];
  let first: Belongings;
  before(async () => {
    await daemon.start(args);
    first = await belongings(daemon.berth);
  });
  after(async () => {
    try {
      await expectNoLeaks(daemon.berth, first, 20_000); // idle threads have ended by then
    } finally {
      await daemon.stop();
    }
  });
  beforeEach(async () => {
    owned = withoutThreads(await belongings(daemon.berth));
    mounts = hostMounts();
    inventory = await daemon.inventory();
    disk = dataOf(daemon.berth.dataRoot);
  });
  afterEach(async () => {
    daemon.checkHost(mounts);
    assert.deepEqual(await daemon.inventory(), inventory);
    let difference = '';
    const same = async (): Promise<boolean> => (difference = compareBelongings(owned, withoutThreads(await belongings(daemon.berth)))) === '';
    await waitFor('everything to be as before', same, 20_000).catch(() => assert.fail(`left behind:\n${difference}`));
    assert.deepEqual(dataOf(daemon.berth.dataRoot), disk, 'directories of containers and volumes');
  });
  return daemon;
}

// Worker threads of the daemon come with work and end some time after it, each with descriptors of its own.
function withoutThreads(all: Belongings): Belongings {
  return { ...all, descriptors: all.descriptors.filter((name) => !/^(anon_inode:\[(eventfd|eventpoll|io_uring)\]|pipe)$/.test(name)) };
}

function dataOf(dataRoot: string): string[] {
  return ['containers', 'volumes'].flatMap((folder) => readdirSync(join(dataRoot, folder)).map((name) => `${folder}/${name}`)).sort();
}

let base: Buffer | undefined;

/** The layer of berth/base. */
export function baseLayer(): Buffer {
  const archive = join(projectRoot, 'build/base-image.tar');
  const read = (name: string): Buffer => execFileSync('tar', ['-xOf', archive, name], { maxBuffer: 64 << 20 });
  if (base === undefined) {
    const [image] = JSON.parse(read('manifest.json').toString()) as { Layers: string[] }[];
    base = read(image?.Layers[0] ?? '');
  }
  return base;
}

/** One request to the daemon's socket, with nothing between; the whole answer. */
function api(socketPath: string, method: string, path: string, body: string | Uint8Array = '', headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: { 'Content-Length': Buffer.byteLength(body), ...headers }, timeout: 60_000, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} was not answered in a minute`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
