import type { ProcessIdentity } from '#spec/exit-record.ts';
import { openPidfd } from './pidfd.ts';
import type { Pidfd } from './pidfd.ts';
import { isRunning } from './procfs.ts';

/** Holds a process by its recorded identity; undefined when that process has ended, even if its number runs again. */
export function holdProcess(identity: ProcessIdentity): Pidfd | undefined {
  const pidfd = openPidfd(identity.pid);
  // Asked after opening: the pidfd is of the process that had the number then, and that one is the recorded one or none is.
  if (pidfd === undefined || isRunning(identity)) return pidfd;
  pidfd[Symbol.dispose]();
  return undefined;
}

/** Signals the recorded process; false when it has ended. */
export function signalProcess(identity: ProcessIdentity, signal: number): boolean {
  using pidfd = holdProcess(identity);
  return pidfd?.signal(signal) ?? false;
}

/** Resolves when the recorded process has ended (at once when it has). */
export async function processExited(identity: ProcessIdentity, signal?: AbortSignal): Promise<void> {
  using pidfd = holdProcess(identity);
  await pidfd?.exited(signal);
}
