import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '#base/errors.ts';
import { killAll, removeCgroups } from '#kernel/cgroup.ts';
import { signalProcess } from '#kernel/process.ts';
import { isRunning } from '#kernel/procfs.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';
import { runLateHooks } from './hooks.ts';
import { checkId, type Container, loadContainer, loadSpec, ociState, removeDirectory, tryLoad } from './state.ts';

export const DELETE_FLAGS: FlagTable = { options: { force: 'bool' }, short: { f: 'force' } };

const KILL = 9;
const PATIENCE = 10_000;

/** `delete`: removes a stopped container; one that was never started is ended first, and with --force any. */
export async function deleteContainer(call: Call): Promise<number> {
  const force = call.flags.bool('force');
  if (force && tryLoad(call.global.root, checkId(call.args[0])) === undefined) return 0;
  const container = loadContainer(call.global.root, call.args[0]);
  const { status } = container;
  if (status !== 'stopped' && status !== 'created' && !force) fail('conflict', `cannot delete container ${container.record.id} that is not stopped: ${status}`);
  await destroy(call, container);
  return 0;
}

/** Ends what still runs, removes the cgroups and the directory, runs the poststop hooks. */
export async function destroy(call: Call, container: Container): Promise<void> {
  const { record, directory } = container;
  const patience = AbortSignal.timeout(PATIENCE);
  signalProcess(record, KILL);
  await killAll(record.cgroups, patience);
  for (let pause = 1; isRunning(record); pause = Math.min(pause * 2, 100)) await delay(pause, undefined, { signal: patience });
  await removeCgroups(record.cgroups, patience);
  const spec = loadSpec(directory);
  removeDirectory(directory);
  runLateHooks('poststop', spec, ociState({ ...container, status: 'stopped' }, spec), call.warn);
}
