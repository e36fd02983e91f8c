import type { Container } from './container.ts';
import type { Ending } from './state.ts';

const minDelay = 100;
const maxDelay = 60_000;
/** A run of this many seconds counts as a success and resets the back-off. */
const stableSeconds = 10n;

/** Docker's rule at an exit: a container that the user is stopping stays down; the policy decides for the rest. */
export function shouldRestart(container: Container, ending: Ending): boolean {
  return !container.stopping && wantsRestart(container, ending);
}

/** What the policy says of a container that is down, at its exit or at the daemon's start (dockerd: restartmanager `ShouldRestart`). */
export function wantsRestart({ record, runtime }: Container, ending: Ending): boolean {
  const { Name = 'no', MaximumRetryCount = 0 } = record.hostConfig.RestartPolicy ?? {};
  if (Name === 'always') return true;
  if (Name === 'unless-stopped') return !runtime.manuallyStopped;
  return Name === 'on-failure' && ending.exitCode !== 0 && (MaximumRetryCount === 0 || runtime.restartCount < MaximumRetryCount);
}

/** Milliseconds until the next start: 100 ms, doubled with every short run, at most a minute. */
export function restartDelay(last: number, ranSeconds: bigint): number {
  return last === 0 || ranSeconds >= stableSeconds ? minDelay : Math.min(last * 2, maxDelay);
}
