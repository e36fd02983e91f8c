import { join, posix, resolve } from 'node:path';
import { BerthError, fail, kindOf, messageOf } from '#base/errors.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import { removeCgroups } from '#kernel/cgroup.ts';
import { chmodAt, closeFd, mknodAt, openDir } from '#kernel/fs-at.ts';
import { S_IFIFO } from '#kernel/constants.ts';
import { bootId } from '#kernel/procfs.ts';
import { cgroupPaths } from '../cgroup-paths.ts';
import { compile } from '../compile.ts';
import { describeFailure } from '../failure.ts';
import type { Plan } from '../plan.ts';
import type { CompileInput } from '../types.ts';
import { readBundle } from './bundle.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';
import { activatedFds, preservedFds, withActivation } from './preserve.ts';
import { runOneshot, warningLines } from './shim.ts';
import { checkId, type ContainerRecord, FIFO, fifoPath, makeDirectory, ownerOf, removeDirectory, saveRecord, saveSpec, writeWhole } from './state.ts';

/** Options of `create`; `run` has some more. */
export const CREATE_FLAGS: FlagTable = {
  options: { bundle: 'text', 'console-socket': 'text', 'pidfd-socket': 'text', 'pid-file': 'text', 'no-pivot': 'bool', 'no-new-keyring': 'bool', 'preserve-fds': 'text' },
  short: { b: 'bundle' },
};

/** A container whose plan is compiled and whose directory is claimed. */
export interface Prepared {
  readonly id: string;
  readonly directory: string;
  readonly bundle: string;
  readonly spec: RuntimeSpec;
  readonly plan: Plan;
  readonly cgroups: Readonly<Record<string, string>>;
}

/** `create`: a container that waits for start. */
export async function create(call: Call): Promise<number> {
  const prepared = prepare(call, { detached: true, fifo: true });
  await undoing(prepared, async () => {
    await makeDetached(call, prepared);
  });
  return 0;
}

/** Reads the bundle, compiles, claims the directory. `fifo`: the process will wait on one; else the shim is told to start it. */
export function prepare(call: Call, how: { readonly detached: boolean; readonly fifo: boolean }): Prepared {
  const { deps, global, flags, args } = call;
  const id = checkId(args[0]);
  if (args.length > 1) fail('invalidArgument', `exactly one container id is expected, not ${args.length} arguments`);
  const activated = activatedFds(call);
  const read = readBundle(deps.cwd, flags.text('bundle'));
  const { bundle } = read;
  const spec = withActivation(read.spec, activated);
  const terminal = spec.process?.terminal === true;
  checkTerminal(terminal, flags.text('console-socket'), how.detached);
  if (flags.has('pidfd-socket')) fail('notImplemented', 'the option --pidfd-socket is not supported');
  const root = resolve(deps.cwd, global.root);
  const facts = deps.facts();
  const input: CompileInput = {
    id,
    spec,
    bundle,
    stdio: { terminal, stdin: true, stdinOnce: false, inherit: how.detached || !terminal, rows: spec.process?.consoleSize?.height ?? 0, cols: spec.process?.consoleSize?.width ?? 0 },
    consoleSocket: consolePath(deps.cwd, flags.text('console-socket')),
    fifo: how.fifo ? fifoPath(join(root, id)) : '',
    preserveFds: preservedFds(call, activated),
    noPivot: flags.bool('no-pivot'),
    createCwd: true,
    noNewKeyring: flags.bool('no-new-keyring'),
  };
  const plan = compile(input, facts);
  const cgroups = cgroupPaths(input, facts);
  return { id, directory: makeDirectory(root, id), bundle, spec, plan, cgroups };
}

/** Makes the fifo and the process, records it, writes the pid file. */
export async function makeDetached(call: Call, prepared: Prepared): Promise<ContainerRecord> {
  makeFifo(prepared.directory);
  const created = await runOneshot(call.deps, prepared.plan, prepared.directory);
  for (const line of warningLines(prepared.plan, created, describeFailure)) call.warn(line);
  return record(call, prepared, created);
}

/** Writes state.json, config.json and the pid file. */
export function record(call: Call, prepared: Prepared, process: { readonly pid: number; readonly startTime: number }): ContainerRecord {
  const { id, directory, bundle, spec, cgroups } = prepared;
  const entry: ContainerRecord = {
    version: 1,
    id,
    bundle,
    rootfs: posix.resolve(bundle, spec.root?.path ?? ''),
    created: new Date().toISOString(),
    owner: ownerOf(directory),
    cgroups,
    pid: process.pid,
    startTime: process.startTime,
    bootId: bootId(),
  };
  saveSpec(directory, spec);
  saveRecord(directory, entry);
  writePidFile(call, process.pid);
  return entry;
}

/** Writes the file of --pid-file, if asked. */
export function writePidFile(call: Call, pid: number): void {
  const path = call.flags.text('pid-file');
  if (path !== '') writeWhole(resolve(call.deps.cwd, path), String(pid), 0o644);
}

/** Runs a step of creation; when it fails the directory and what is left of the cgroups go. Texts are runc's. */
export async function undoing<T>(prepared: Prepared, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    removeDirectory(prepared.directory);
    await removeCgroups(prepared.cgroups, AbortSignal.timeout(10_000));
    throw new BerthError(kindOf(error), `berth runtime create failed: unable to start container process: ${messageOf(error)}`, { cause: error });
  }
}

/** A console socket's path as the shim has to connect to it. */
export function consolePath(cwd: string, path: string): string {
  return path === '' ? '' : resolve(cwd, path);
}

/** A terminal without anybody at its other end is an error, and so is a console socket without a terminal. */
export function checkTerminal(terminal: boolean, socket: string, detached: boolean): void {
  if (terminal && detached && socket === '') fail('invalidArgument', 'cannot allocate tty if berth runtime will detach without setting console socket');
  if ((!terminal || !detached) && socket !== '') fail('invalidArgument', 'cannot use console socket if berth runtime will not detach or allocate tty');
}

function makeFifo(directory: string): void {
  const dir = openDir(directory);
  try {
    mknodAt(dir, FIFO, S_IFIFO | 0o622);
    chmodAt(dir, FIFO, 0o622); // whatever our umask is: the init opens it as its own user
  } finally {
    closeFd(dir);
  }
}

