import { BerthError, fail, isKind, messageOf } from '#base/errors.ts';
import { racepoint } from '#base/failpoints.ts';
import type { Container } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { cancelRestart } from './exit.ts';
import { unwatchHealth, watchHealth } from './health.ts';
import { parseContainerName } from './names.ts';
import { removeLocked } from './remove.ts';
import { parseSignal } from './signals.ts';
import { startLocked } from './start.ts';
import { noteSignal } from './why/gather.ts';
import type { SentSignal } from './why/verdict.ts';
import { isActive, move } from './state.ts';

const SIGKILL = 9;
const SIGTERM = 15;
const defaultStopSeconds = 10;
/** How long after SIGKILL an exit is waited for before that is an error. */
const killWaitMs = 10_000;

/** POST start. */
export async function startContainer(ctx: EngineContext, reference: string): Promise<void> {
  const container = ctx.registry.get(reference);
  await ctx.locks.run(container.record.id, () => startLocked(ctx, container));
}

/** Resolves with true when the container has no process (any more), false after `ms`. */
function exitedWithin(container: Container, ms: number): Promise<boolean> {
  if (!isActive(container.runtime.state)) return Promise.resolve(true);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = ms < 0 ? undefined : setTimeout(() => resolve(false), ms);
  const onExit = (): void => resolve(true);
  container.exitWaiters.add(onExit);
  return promise.finally(() => {
    clearTimeout(timer);
    container.exitWaiters.delete(onExit);
  });
}

/** Sends a signal to the init; what is gone already is fine. A container that is to end by it is thawed, so that it can. */
async function signalTask(ctx: EngineContext, container: Container, signal: number): Promise<void> {
  try {
    await container.task?.signal(signal);
    const { state } = container.runtime;
    if (signal === SIGKILL || !container.stopping || state.status !== 'paused') return;
    await container.task?.resume();
    becomeUnpaused(ctx, container);
  } catch (error) {
    if (!isKind(error, 'notFound') && !isKind(error, 'unavailable')) throw error;
  }
}

function becomeUnpaused(ctx: EngineContext, container: Container): void {
  const { state } = container.runtime;
  if (state.status !== 'paused') return;
  ctx.registry.update(container, { state: move(state, { ...state, status: 'running' }) });
  watchHealth(ctx, container);
  containerEvent(ctx, container, 'unpause');
}

/** SIGKILL, then waits for the exit. Rejects with Docker's text when the process does not go. */
async function killAndWait(ctx: EngineContext, container: Container): Promise<void> {
  await signalTask(ctx, container, SIGKILL);
  if (!(await exitedWithin(container, killWaitMs))) {
    fail('internal', `tried to kill container, but did not receive an exit event`);
  }
}

/** POST stop: the stop signal, then SIGKILL when the time is over. */
export async function stopContainer(ctx: EngineContext, reference: string, options: { signal?: string; timeout?: number }): Promise<void> {
  const container = ctx.registry.get(reference);
  await startsSettled(ctx, container);
  if (!(await stop(ctx, container, options, 'stop'))) fail('notModified', 'container is already stopped');
}

/** Waits for a start that is under way (by the user or by the restart policy): what follows is meant for its outcome. */
async function startsSettled(ctx: EngineContext, container: Container): Promise<void> {
  if (ctx.locks.busy(container.record.id)) await ctx.locks.run(container.record.id, () => undefined);
}

/** False when it was not running. */
async function stop(ctx: EngineContext, container: Container, options: { signal?: string; timeout?: number }, by: SentSignal['by']): Promise<boolean> {
  const { config } = container.record;
  const { status } = container.runtime.state;
  if (!isActive(container.runtime.state) && status !== 'restarting') return false;
  const signal = parseSignal(options.signal || config.StopSignal || String(SIGTERM));
  const seconds = options.timeout ?? config.StopTimeout ?? defaultStopSeconds;
  container.stopping = true;
  if (status === 'restarting') {
    cancelRestart(ctx, container);
    ctx.registry.update(container, { manuallyStopped: true });
    containerEvent(ctx, container, 'stop');
    return true;
  }
  ctx.registry.update(container, { manuallyStopped: true });
  noteSignal(ctx, container, { by, signal, timeout: seconds });
  containerEvent(ctx, container, 'kill', { signal: String(signal) });
  await racepoint('engine.stop.racing');
  await signalTask(ctx, container, signal);
  if (!(await exitedWithin(container, seconds < 0 ? -1 : seconds * 1000))) {
    noteSignal(ctx, container, { by, signal: SIGKILL });
    containerEvent(ctx, container, 'kill', { signal: String(SIGKILL) });
    await killAndWait(ctx, container);
  }
  containerEvent(ctx, container, 'stop');
  return true;
}

/** POST restart. */
export async function restartContainer(ctx: EngineContext, reference: string, options: { signal?: string; timeout?: number }): Promise<void> {
  const container = ctx.registry.get(reference);
  // A container that goes away with its exit is kept for the time of the restart.
  await ctx.locks.run(container.record.id, async () => {
    await stop(ctx, container, options, 'restart');
    await startLocked(ctx, container);
  });
  containerEvent(ctx, container, 'restart');
}

/** POST kill. */
export async function killContainer(ctx: EngineContext, reference: string, signalText: string | undefined): Promise<void> {
  const prefix = `cannot kill container: ${reference}: `;
  let container: Container;
  try {
    container = ctx.registry.get(reference);
  } catch (error) {
    throw error instanceof BerthError ? new BerthError(error.kind, prefix + error.message, { cause: error }) : error;
  }
  let signal: number;
  try {
    signal = signalText === undefined || signalText === '' ? SIGKILL : parseSignal(signalText);
  } catch (error) {
    return fail('invalidArgument', `${prefix}${messageOf(error)}`);
  }
  await startsSettled(ctx, container);
  if (container.runtime.state.status === 'restarting' && container.restartTimer !== undefined) {
    ctx.registry.update(container, { manuallyStopped: true });
    cancelRestart(ctx, container);
    return;
  }
  if (!isActive(container.runtime.state)) fail('conflict', `${prefix}container ${container.record.id} is not running`);
  const { StopSignal = '' } = container.record.config;
  // As in dockerd: without a stop signal of its own, any signal is taken for the wish that it stays down.
  if (signal === SIGKILL || StopSignal === '' || signal === parseSignal(StopSignal)) container.stopping = true;
  ctx.registry.update(container, { manuallyStopped: true });
  noteSignal(ctx, container, { by: 'kill', signal });
  containerEvent(ctx, container, 'kill', { signal: String(signal) });
  if (signal === SIGKILL) await killAndWait(ctx, container);
  else await signalTask(ctx, container, signal);
}

export async function pauseContainer(ctx: EngineContext, reference: string): Promise<void> {
  const container = ctx.registry.get(reference);
  const { id } = container.record;
  await ctx.locks.run(id, async () => {
    const { state } = container.runtime;
    if (state.status === 'paused') fail('conflict', `Container ${id} is already paused`);
    if (state.status === 'restarting') fail('conflict', `Container ${id} is restarting, wait until the container is running`);
    if (state.status !== 'running') fail('conflict', `container ${id} is not running`);
    await container.task?.pause();
    if (container.runtime.state.status !== 'running') return;
    ctx.registry.update(container, { state: move(container.runtime.state, { ...state, status: 'paused' }) });
    unwatchHealth(ctx, container);
    containerEvent(ctx, container, 'pause');
  });
}

export async function unpauseContainer(ctx: EngineContext, reference: string): Promise<void> {
  const container = ctx.registry.get(reference);
  const { id } = container.record;
  await ctx.locks.run(id, async () => {
    const { state } = container.runtime;
    if (state.status !== 'paused') fail('conflict', `Container ${id} is not paused`);
    await container.task?.resume();
    becomeUnpaused(ctx, container);
  });
}

export async function renameContainer(ctx: EngineContext, reference: string, newName: string): Promise<void> {
  const container = ctx.registry.get(reference);
  if (newName === '') fail('invalidArgument', 'Neither old nor new names may be empty');
  await ctx.locks.run(container.record.id, async () => {
    const oldName = container.name;
    if (newName === oldName || newName === `/${oldName}`) fail('invalidArgument', 'Renaming a container with the same name as its current name');
    let name: string;
    try {
      name = parseContainerName(newName.startsWith('/') ? newName : `/${newName}`);
    } catch (error) {
      return fail('invalidArgument', `Error when allocating new name: ${messageOf(error)}`);
    }
    await racepoint('engine.rename.racing');
    ctx.registry.rename(container, name);
    await ctx.registry.durable();
    containerEvent(ctx, container, 'rename', { oldName: `/${oldName}` });
  });
}

export async function resizeContainer(ctx: EngineContext, reference: string, rows: number, cols: number): Promise<void> {
  const container = ctx.registry.get(reference);
  if (container.task === undefined) fail('conflict', `container ${container.record.id} is not running`);
  // dockerd's runtime takes no notice of a size for what is no terminal.
  if (container.record.config.Tty === true) await container.task.resize(rows, cols);
  containerEvent(ctx, container, 'resize', { height: String(rows), width: String(cols) });
}

/** DELETE. */
export async function removeContainer(ctx: EngineContext, reference: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void> {
  const container = ctx.registry.get(reference);
  const { id } = container.record;
  if (options.link) fail('invalidArgument', `${reference} is not a link: legacy links have no alias to remove`);
  if (container.runtime.state.status === 'removing' && ctx.locks.busy(id)) fail('conflict', `removal of container ${reference} is already in progress`);
  await ctx.locks.run(id, async () => {
    const { state } = container.runtime;
    if (state.status === 'restarting') {
      if (!options.force) fail('conflict', `cannot remove container "${reference}": container is restarting: stop the container before removing or force remove`);
      container.stopping = true;
      cancelRestart(ctx, container);
    } else if (isActive(state)) {
      const advice = state.status === 'paused' ? 'container is paused and must be unpaused first' : 'container is running: stop the container before removing or force remove';
      if (!options.force) fail('conflict', `cannot remove container "${reference}": ${advice}`);
      container.stopping = true;
      noteSignal(ctx, container, { by: 'remove', signal: SIGKILL });
      containerEvent(ctx, container, 'kill', { signal: String(SIGKILL) });
      await killAndWait(ctx, container);
    }
    await removeLocked(ctx, container, options);
  });
}
