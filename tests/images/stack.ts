import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { contentMigrations, openContentStore } from '#content/store.ts';
import { imageMigrations } from '#images/schema.ts';
import { openImageService } from '#images/service.ts';
import { openSnapshotter, snapshotMigrations } from '#snapshots/snapshotter.ts';
import { openStore } from '#store/store.ts';
import type { TestContext } from 'node:test';
import type { ContentStore } from '#content/types.ts';
import type { ManagedImageService } from '#images/service.ts';
import type { ProgressMessage } from '#images/types.ts';
import type { DiskSnapshotter } from '#snapshots/snapshotter.ts';
import type { RootMount } from '#spec/mount.ts';
import type { Store } from '#store/types.ts';

/** Store, content, snapshots and images on one directory, as the daemon has them. */
export interface Stack extends AsyncDisposable {
  readonly directory: string;
  readonly store: Store;
  readonly content: ContentStore;
  readonly snapshots: DiskSnapshotter;
  readonly images: ManagedImageService;
}

export function openStack(directory: string): Stack {
  const store = openStore(join(directory, 'berth.db'), [...contentMigrations, ...snapshotMigrations, ...imageMigrations]);
  const content = openContentStore(join(directory, 'content'), store);
  const snapshots = openSnapshotter(join(directory, 'snapshots'), store);
  const images = openImageService({ store, content, snapshots, directory });
  return {
    directory,
    store,
    content,
    snapshots,
    images,
    [Symbol.asyncDispose]: async () => {
      await images[Symbol.asyncDispose]();
      await snapshots[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}

export function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'berth-images-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A stack in a new directory, closed and removed after the test. */
export function newStack(t: TestContext): Stack {
  const directory = mkdtempSync(join(tmpdir(), 'berth-images-'));
  const stack = openStack(directory);
  t.after(async () => {
    await stack[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  return stack;
}

/** Loads an archive and returns what was said. */
export async function load(stack: Stack, archive: Buffer, platform?: string): Promise<string> {
  const said: string[] = [];
  const progress = (message: ProgressMessage): void => void said.push(message.stream ?? '');
  await stack.images.load(Readable.from([archive], { objectMode: false }), progress, platform === undefined ? {} : { platform });
  return said.join('');
}

export async function collectStream(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Everything that a data root holds of images: rows, blobs, snapshot directories, leftovers. */
export async function inventory(
  stack: Stack,
): Promise<{ images: number; names: number; blobs: string[]; snapshots: string[]; leftovers: string[] }> {
  await stack.snapshots.settled();
  const count = (sql: string): number => Number(stack.store.db.prepare(sql).get()?.['n']);
  const list = (path: string): string[] => (existsSync(join(stack.directory, path)) ? readdirSync(join(stack.directory, path)).sort() : []);
  return {
    images: count('SELECT count(*) AS n FROM image'),
    names: count('SELECT count(*) AS n FROM image_name'),
    blobs: list('content/blobs/sha256'),
    snapshots: list('snapshots').filter((name) => name !== 'trash'),
    leftovers: [...list('content/ingest'), ...list('snapshots/trash')],
  };
}

/** Runs a script with a root mounted in a private mount namespace at the directory `$ROOT`. */
export function inRoot(mount: RootMount, scratchDirectory: string, script: string): string {
  const root = mkdtempSync(join(scratchDirectory, 'root-'));
  const what =
    mount.type === 'bind'
      ? `mount --bind '${mount.source}' '${root}'${mount.readonly ? ` && mount -o remount,bind,ro '${root}'` : ''}`
      : `cd '${mount.base}' && mount -t overlay -o 'lowerdir=${mount.lower.join(':')}${mount.upper === undefined ? '' : `,upperdir=${mount.upper},workdir=${mount.work}`}' overlay '${root}'`;
  return execFileSync('unshare', ['-m', '--propagation', 'private', 'sh', '-ec', `${what}; cd '${root}'; ${script}`], {
    encoding: 'utf8',
    env: { ...process.env, ROOT: root },
  });
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
