import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { formatTime } from '#base/clock.ts';
import { messageOf } from '#base/errors.ts';
import { bootId } from '#kernel/procfs.ts';
import { unknownExit } from '#tasks/shim-task.ts';
import type { Task } from '#tasks/types.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { watchHealth } from './health.ts';
import { sweepShm } from './shm.ts';
import { becomeRunning, startLocked, watch } from './start.ts';
import { removeLocked } from './remove.ts';
import { wantsRestart } from './restart-policy.ts';
import { finishUpdate } from './update.ts';
import { endingOf, isActive, move } from './state.ts';
import { noteExit } from './why/gather.ts';

/**
 * Brings what is stored and what is there together, at start, before any request: tasks, endpoints, snapshots,
 * directories, volumes. What exists without an owner is removed; what is owned and gone is marked so. Then removals that
 * were under way are finished and containers that want to run again are started (in the background).
 */
export async function reconcile(ctx: EngineContext): Promise<{ background: Promise<void> }> {
  const tasks = new Map((await ctx.tasks.adopt()).map((task) => [task.id, task]));
  for (const task of tasks.values()) if (!ctx.registry.has(task.id)) await ctx.tasks.delete(task.id);
  adoptEndpoints(ctx);
  for (const container of ctx.registry.all()) await adopt(ctx, container, tasks.get(container.record.id));
  for (const container of ctx.registry.all()) finishUpdate(ctx, container);
  await dropOrphans(ctx);
  const restarts: Container[] = [];
  for (const container of [...ctx.registry.all()]) {
    await container.settled;
    const { status } = container.runtime.state;
    const ended = container.record.hostConfig.AutoRemove === true && container.runtime.hasBeenStarted && !isActive(container.runtime.state);
    if (status === 'removing' || status === 'dead' || ended) await finishRemoval(ctx, container);
    else if (status === 'restarting' || (container.runtime.hasBeenStarted && !isActive(container.runtime.state) && wantsRestart(container, endingOf(container.runtime.state)))) restarts.push(container);
  }
  return { background: startAll(ctx, restarts) };
}

function adoptEndpoints(ctx: EngineContext): void {
  for (const network of ctx.networks.list()) {
    for (const endpoint of ctx.networks.endpoints(network.id)) {
      const container = ctx.registry.find(endpoint.containerId);
      if (container !== undefined) container.endpoint = endpoint;
    }
  }
}

/** Brings one container's row and its task together. */
async function adopt(ctx: EngineContext, container: Container, task: Task | undefined): Promise<void> {
  const { state } = container.runtime;
  const found = task?.state.status;
  if (task !== undefined && (found === 'running' || found === 'paused')) {
    if (!isActive(state)) becomeRunning(ctx, container, task);
    else takeOver(ctx, container, task);
    return;
  }
  if (task !== undefined && (found === 'exited' || found === 'unknown') && isActive(state)) {
    takeOver(ctx, container, task);
    await task.exited;
    await new Promise((resolve) => setImmediate(resolve));
    return;
  }
  // A created task was never let go on to exec: its start died with the daemon.
  if (task !== undefined) await ctx.tasks.delete(container.record.id);
  if (isActive(state)) {
    const finishedAt = formatTime(BigInt(Date.now()) * 1_000_000n);
    ctx.registry.update(container, { state: move(state, { ...endingOf(state), status: 'exited', exitCode: 255, finishedAt }) });
    noteExit(ctx, container, unknownExit(undefined), container.runtime.bootId === bootId() ? 'shim-died' : 'host-restart');
  }
  if (container.endpoint !== undefined) {
    await ctx.networks.leave(container.endpoint);
    container.endpoint = undefined;
  }
}

function takeOver(ctx: EngineContext, container: Container, task: Task): void {
  container.task = task;
  const { state } = container.runtime;
  if (isActive(state) && (task.state.status === 'running' || task.state.status === 'paused')) {
    ctx.registry.update(container, { state: { ...state, status: task.state.status, pid: task.state.process.pid } });
  }
  watchHealth(ctx, container);
  watch(ctx, container, task);
}

async function dropOrphans(ctx: EngineContext): Promise<void> {
  const owned = new Set([...ctx.registry.all()].filter((container) => container.endpoint !== undefined).map((container) => container.record.id));
  await ctx.networks.reconcile(owned);
  for (const snapshot of ctx.snapshots.list()) if (snapshot.kind === 'active' && !ctx.registry.has(snapshot.key)) ctx.snapshots.remove(snapshot.key);
  await ctx.snapshots.sweep();
  sweepShm(ctx, new Set([...ctx.registry.all()].filter((container) => isActive(container.runtime.state)).map((container) => container.record.id)));
  for (const name of readdirSync(ctx.paths.containers)) if (!ctx.registry.has(name)) await rm(`${ctx.paths.containers}/${name}`, { recursive: true, force: true });
  await ctx.volumes.sweep();
}

async function finishRemoval(ctx: EngineContext, container: Container): Promise<void> {
  try {
    await ctx.locks.run(container.record.id, () => removeLocked(ctx, container, { volumes: container.record.hostConfig.AutoRemove === true }));
  } catch (error) {
    ctx.log.error({ container: container.record.id, err: error }, `finishing a removal: ${messageOf(error)}`);
  }
}

async function startAll(ctx: EngineContext, containers: readonly Container[]): Promise<void> {
  for (const container of containers) {
    try {
      await ctx.locks.run(container.record.id, () => (isActive(container.runtime.state) ? Promise.resolve() : startLocked(ctx, container, 'daemon')));
    } catch (error) {
      ctx.log.error({ container: container.record.id, err: error }, `restarting a container: ${messageOf(error)}`);
    }
  }
}
