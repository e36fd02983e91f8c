import { fail } from '#base/errors.ts';
import { cgroupPids, freeze, thaw } from '#kernel/cgroup.ts';
import { openPidfd } from '#kernel/pidfd.ts';
import { signalProcess } from '#kernel/process.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';
import { signalNumber } from './signals.ts';
import { loadContainer } from './state.ts';

export const KILL_FLAGS: FlagTable = { options: { all: 'bool' }, short: { a: 'all' } };

const SIGKILL = 9;

/** `kill`: sends a signal to the init, or with --all to every process. */
export async function kill(call: Call): Promise<number> {
  const container = loadContainer(call.global.root, call.args[0]);
  const signal = signalNumber(call.args[1] ?? 'SIGTERM');
  const { record } = container;
  if (call.flags.bool('all')) {
    for (const pid of cgroupPids(record.cgroups)) {
      using pidfd = openPidfd(pid);
      pidfd?.signal(signal);
    }
    return 0;
  }
  if (!signalProcess(record, signal)) fail('conflict', 'container not running');
  // A frozen process of a v1 cgroup dies only when it is thawed.
  if (signal === SIGKILL && container.status === 'paused') thaw(record.cgroups);
  return 0;
}

/** `pause`: freezes every process. */
export async function pause(call: Call): Promise<number> {
  const { record, status } = loadContainer(call.global.root, call.args[0]);
  if (status !== 'running' && status !== 'created') fail('conflict', `container not running or created: ${status}`);
  await freeze(record.cgroups, AbortSignal.timeout(10_000));
  return 0;
}

/** `resume`: the opposite of pause. */
export async function resume(call: Call): Promise<number> {
  const { record, status } = loadContainer(call.global.root, call.args[0]);
  if (status !== 'paused') fail('conflict', 'container not paused');
  thaw(record.cgroups);
  return 0;
}
