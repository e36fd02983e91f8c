import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from './command.ts';
import { Engine } from './engine.ts';
import { makeNetworkNamespace } from './netns.ts';
import { makeScratch } from './scratch.ts';
import type { Scratch } from './scratch.ts';

/** The reference: a real dockerd, unpacked from Debian packages, with network namespace and data root of its own. */
export interface Oracle extends AsyncDisposable {
  readonly engine: Engine;
  /** Where the programs are: usr/bin/docker, usr/sbin/dockerd, bin/busybox… */
  readonly root: string;
  /** Everything of this daemon but, maybe, its data root lies below. */
  readonly scratch: string;
}

/** Downloads (once) and unpacks the reference's programs; the path of their root. */
export function fetchOracle(): Promise<string> {
  return must(join(import.meta.dirname, 'fetch-oracle'), [], { timeoutMs: 600_000 });
}

/** Environment in which the unpacked programs find one another. */
export function oracleEnv(root: string): Record<string, string> {
  const libraries = join(root, 'usr/lib', process.arch === 'x64' ? 'x86_64-linux-gnu' : 'aarch64-linux-gnu');
  return {
    PATH: `${root}/usr/sbin:${root}/usr/bin:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
    LD_LIBRARY_PATH: libraries,
    XTABLES_LIBDIR: join(libraries, 'xtables'),
  };
}

/** Starts dockerd. `disk` is where its data root goes (shared with other engines in benchmarks); default: a tmpfs of its own. */
export async function startOracle(id: string, options: { disk?: string; args?: readonly string[]; through?: readonly string[] } = {}): Promise<Oracle> {
  const root = await fetchOracle();
  const stack = new AsyncDisposableStack();
  try {
    const namespace = stack.use(await makeNetworkNamespace(`${id}o`));
    const scratch: Scratch = stack.use(await makeScratch(`${id}o`, 'tmpfs'));
    const dataRoot = join(options.disk ?? scratch.path, 'docker-data');
    const execRoot = join(scratch.path, 'exec');
    const clientConfig = join(scratch.path, 'client');
    mkdirSync(clientConfig);
    writeFileSync(join(scratch.path, 'daemon.json'), '{}'); // whatever this machine has in /etc/docker stays out of it
    const socket = join(scratch.path, 'docker.sock');
    const roots = ['--data-root', dataRoot, '--exec-root', execRoot, '--pidfile', join(scratch.path, 'docker.pid')];
    const engine = new Engine({
      name: 'dockerd',
      through: options.through,
      program: join(root, 'usr/sbin/dockerd'),
      args: ['-H', `unix://${socket}`, ...roots, '--config-file', join(scratch.path, 'daemon.json'), '--log-level', 'warn', ...(options.args ?? [])],
      env: oracleEnv(root),
      namespace,
      socket,
      log: join(scratch.path, 'dockerd.log'),
      client: join(root, 'usr/bin/docker'),
      clientConfig,
    });
    stack.defer(() => stopOracle(engine, scratch.path));
    await engine.start();
    const owned = stack.move();
    return { engine, root, scratch: scratch.path, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function stopOracle(engine: Engine, scratch: string): Promise<void> {
  const left = await engine.docker(['ps', '-aq']).catch(() => ({ stdout: '' }));
  const ids = left.stdout.split('\n').filter((line) => line !== '');
  if (ids.length > 0) await engine.docker(['rm', '-f', ...ids]).catch(() => undefined);
  await engine.end();
  // dockerd's containerd and shims carry the scratch directory in their command lines; nothing else does.
  await run('pkill', ['-KILL', '-f', `^[^ ]*containerd.*${scratch}`]);
}
