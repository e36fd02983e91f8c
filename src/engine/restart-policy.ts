import type { Container } from './container.ts';
import type { Ending } from './state.ts';

const minDelay = 100;
const maxDelay = 60_000;
/** A run of this many seconds counts as a success and resets the back-off. */
const stableSeconds = 10n;

/** Docker's rule: a container that the user stopped stays down; the policy decides for the rest. */
export function shouldRestart(container: Container, ending: Ending): boolean {
  if (container.stopping || container.runtime.manuallyStopped) return false;
  const { Name = 'no', MaximumRetryCount = 0 } = container.record.hostConfig.RestartPolicy ?? {};
  if (Name === 'always' || Name === 'unless-stopped') return true;
  return Name === 'on-failure' && ending.exitCode !== 0 && (MaximumRetryCount === 0 || container.runtime.restartCount < MaximumRetryCount);
}

/** Milliseconds until the next start: 100 ms, doubled with every short run, at most a minute. */
export function restartDelay(last: number, ranSeconds: bigint): number {
  return last === 0 || ranSeconds >= stableSeconds ? minDelay : Math.min(last * 2, maxDelay);
}
