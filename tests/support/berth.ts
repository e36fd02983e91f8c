import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import { Engine } from './engine.ts';
import { cgroupDirectories, cgroupParents, processesOf } from './leaks.ts';
import { makeNetworkNamespace } from './netns.ts';
import { fetchOracle, oracleEnv } from './oracle.ts';
import { makeScratch } from './scratch.ts';

/** A Berth daemon under test, with network namespace, data root, exec root and cgroup parent of its own. */
export interface BerthUnderTest extends AsyncDisposable {
  readonly engine: Engine;
  /** Everything of this daemon on disk lies below. */
  readonly scratch: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  /** Name of the cgroup (in every hierarchy) that holds its containers' cgroups. */
  readonly cgroupParent: string;
}

export const projectRoot: string = join(import.meta.dirname, '../..');

/** The Node that the project is run with. */
export const nodeProgram: string = process.execPath;

/** Starts the built daemon (build/berth.cjs: run ./test or ./berth, which build it). `disk` is where its data root goes. */
export async function startBerth(id: string, options: { disk?: string; args?: readonly string[]; through?: readonly string[]; env?: Readonly<Record<string, string>> } = {}): Promise<BerthUnderTest> {
  const program = join(projectRoot, 'build/berth.cjs');
  if (!existsSync(program)) throw new Error(`${program} is missing: run ./test, or ./berth once, to build it`);
  const root = await fetchOracle();
  const stack = new AsyncDisposableStack();
  try {
    const namespace = stack.use(await makeNetworkNamespace(`${id}b`));
    const scratch = stack.use(await makeScratch(`${id}b`, 'tmpfs'));
    const dataRoot = join(options.disk ?? scratch.path, 'berth-data');
    const execRoot = join(scratch.path, 'exec');
    const clientConfig = join(scratch.path, 'client');
    const cgroupParent = `berth-${id}`;
    mkdirSync(clientConfig);
    writeFileSync(join(scratch.path, 'daemon.json'), '{}');
    const socket = join(scratch.path, 'berth.sock');
    const roots = ['--data-root', dataRoot, '--exec-root', execRoot, '--pidfile', join(scratch.path, 'berth.pid')];
    const engine = new Engine({
      name: 'berth',
      through: options.through,
      program: nodeProgram,
      args: [program, 'daemon', '-H', `unix://${socket}`, ...roots, '--config-file', join(scratch.path, 'daemon.json'), '--cgroup-parent', `/${cgroupParent}`, ...(options.args ?? [])],
      env: { ...oracleEnv(root), ...options.env },
      namespace,
      socket,
      log: join(scratch.path, 'berth.log'),
      client: join(root, 'usr/bin/docker'),
      clientConfig,
    });
    const berth = { engine, scratch: scratch.path, dataRoot, execRoot, cgroupParent };
    stack.defer(() => stopBerth(berth));
    await engine.start();
    const owned = stack.move();
    return { ...berth, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function stopBerth(berth: Omit<BerthUnderTest, typeof Symbol.asyncDispose>): Promise<void> {
  const left = await berth.engine.docker(['ps', '-aq'], { timeoutMs: 10_000 }).catch(() => ({ stdout: '' }));
  const ids = left.stdout.split('\n').filter((line) => line !== '');
  if (ids.length > 0) await berth.engine.docker(['rm', '-f', ...ids], { timeoutMs: 30_000 }).catch(() => undefined);
  await berth.engine.end();
  // Containers outlive their daemon by design, so what a failed test left has to be ended here.
  for (const pid of processesOf(berth)) await run('kill', ['-KILL', String(pid)]);
  for (const directory of [...cgroupParents(berth.cgroupParent), ...cgroupDirectories(berth.cgroupParent)].reverse()) {
    try {
      rmdirSync(directory);
    } catch {
      // still emptying; a left-over empty cgroup of a failed test does no harm
    }
  }
}
