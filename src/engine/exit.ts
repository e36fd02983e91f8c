import { formatTime, parseTime } from '#base/clock.ts';
import { messageOf } from '#base/errors.ts';
import { failpoint } from '#base/failpoints.ts';
import type { ExitRecord } from '#spec/exit-record.ts';
import type { Task } from '#tasks/types.ts';
import type { Container } from './container.ts';
import { bootId } from '#kernel/procfs.ts';
import { runLateHooks } from './cdi-start.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { announceLeave, leaveNetwork } from './endpoints.ts';
import { unwatched } from './health-state.ts';
import { announceUnmounts } from './mount-events.ts';
import { dropShm } from './shm.ts';
import { removeLocked } from './remove.ts';
import { restartDelay, shouldRestart } from './restart-policy.ts';
import { endingOf, isActive, move } from './state.ts';
import type { Ending } from './state.ts';
import { noteExit } from './why/gather.ts';

/** Starts a container again whose lock is held. */
type Start = (ctx: EngineContext, container: Container, by: 'policy') => Promise<void>;

/** A task ended: state, events and waiters at once; what it leaves behind afterwards; then removal or restart by policy. */
export function onExit(ctx: EngineContext, container: Container, task: Task, exit: ExitRecord, start: Start): void {
  if (container.task !== task) return;
  const before = container.runtime.state;
  if (!isActive(before)) return;
  const ending = endingFrom(exit, before.startedAt, task.state.status === 'unknown' ? task.state.reason : '');
  const decision = shouldRestart(container, ending);
  container.task = undefined;
  container.probing?.abort();
  container.probing = undefined;
  const { health } = container.runtime;
  ctx.registry.update(container, {
    ...(health === undefined ? {} : { health: unwatched(health) }),
    state: move(before, { status: decision ? 'restarting' : 'exited', ...ending }),
    restartCount: decision ? container.runtime.restartCount + 1 : container.runtime.restartCount,
  });
  failpoint('engine.exit.after-state');
  noteExit(ctx, container, exit, lostBy(container, task));
  if (exit.oomKills > 0) containerEvent(ctx, container, 'oom');
  announceLeave(ctx, container);
  announceUnmounts(ctx, container);
  containerEvent(ctx, container, 'die', { execDuration: String(durationSeconds(ending)), exitCode: String(ending.exitCode) });
  tellWaiters(container, ending);
  container.settled = cleanUp(ctx, container);
  container.logCompressor?.unwatch();
  if (decision) scheduleRestart(ctx, container, ending, start);
  else if (container.record.hostConfig.AutoRemove === true) void autoRemove(ctx, container);
}

function lostBy(container: Container, task: Task): 'host-restart' | 'shim-died' | '' {
  if (task.state.status !== 'unknown') return '';
  return container.runtime.bootId === undefined || container.runtime.bootId === bootId() ? 'shim-died' : 'host-restart';
}

function endingFrom(exit: ExitRecord, startedAt: string, error: string): Ending {
  return { exitCode: exit.code, startedAt, finishedAt: formatTime(BigInt(exit.finishedAt)), oomKilled: exit.oomKills > 0, error };
}

function durationSeconds(ending: Ending): bigint {
  return ((parseTime(ending.finishedAt) ?? 0n) - (parseTime(ending.startedAt) ?? 0n)) / 1_000_000_000n;
}

export function tellWaiters(container: Container, ending: Ending): void {
  const waiters = [...container.exitWaiters];
  container.exitWaiters.clear();
  for (const waiter of waiters) waiter({ code: ending.exitCode, error: '' });
}

/** Endpoint, execs, run directory and cgroups of the ended task. Never rejects: what fails is logged and left to the next reconcile. */
async function cleanUp(ctx: EngineContext, container: Container): Promise<void> {
  const { endpoint } = container;
  try {
    ctx.execs.dropLive(container);
    if (endpoint !== undefined) await leaveNetwork(ctx, container, endpoint);
    failpoint('engine.exit.after-leave');
    dropShm(ctx, container.record);
    await ctx.tasks.delete(container.record.id);
    await runLateHooks(ctx, container, 'poststop');
  } catch (error) {
    ctx.log.error({ container: container.record.id, err: error }, `cleaning up after an exit: ${messageOf(error)}`);
  }
}

async function autoRemove(ctx: EngineContext, container: Container): Promise<void> {
  try {
    await ctx.locks.run(container.record.id, async () => {
      // A restart by the user may have come first.
      if (!isActive(container.runtime.state)) await removeLocked(ctx, container, { volumes: true });
    });
  } catch (error) {
    ctx.log.error({ container: container.record.id, err: error }, `removing an ended container: ${messageOf(error)}`);
  }
}

function scheduleRestart(ctx: EngineContext, container: Container, ending: Ending, start: Start): void {
  container.restartBackoffMs = restartDelay(container.restartBackoffMs, durationSeconds(ending));
  container.restartTimer = setTimeout(() => void restart(ctx, container, start), container.restartBackoffMs);
}

async function restart(ctx: EngineContext, container: Container, start: Start): Promise<void> {
  container.restartTimer = undefined;
  try {
    await ctx.locks.run(container.record.id, async () => {
      if (container.runtime.state.status !== 'restarting' || container.stopping) return;
      await start(ctx, container, 'policy');
    });
  } catch (error) {
    ctx.log.error({ container: container.record.id, err: error }, `restarting a container: ${messageOf(error)}`);
  }
}

/** Gives up a restart that waits for its time: the container is exited then, which those who wait for an exit are told. */
export function cancelRestart(ctx: EngineContext, container: Container): void {
  clearTimeout(container.restartTimer);
  container.restartTimer = undefined;
  container.restartBackoffMs = 0;
  if (container.runtime.state.status !== 'restarting') return;
  const ending = endingOf(container.runtime.state);
  ctx.registry.update(container, { state: move(container.runtime.state, { ...ending, status: 'exited' }) });
  tellWaiters(container, ending);
}
