import { rm } from 'node:fs/promises';
import { BerthError, messageOf } from '#base/errors.ts';
import { failpoint } from '#base/failpoints.ts';
import type { Container } from './container.ts';
import { containerDirectory } from './create.ts';
import { containerEvent, volumeEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { endingOf, move } from './state.ts';

/** Removes a container without processes: snapshot, directory, row, anonymous volumes. The caller holds its lock. Idempotent. */
export async function removeLocked(ctx: EngineContext, container: Container, options: { volumes: boolean }): Promise<void> {
  const { id } = container.record;
  if (!ctx.registry.has(id)) return;
  ctx.registry.update(container, { state: move(container.runtime.state, { ...endingOf(container.runtime.state), status: 'removing' }) });
  failpoint('engine.remove.after-state');
  try {
    await container.settled;
    ctx.snapshots.remove(id);
    failpoint('engine.remove.after-snapshot');
    await rm(containerDirectory(ctx, id), { recursive: true, force: true });
    failpoint('engine.remove.after-directory');
  } catch (error) {
    const text = `unable to remove filesystem for ${id}: ${messageOf(error)}`;
    ctx.registry.update(container, { state: move(container.runtime.state, { ...endingOf(container.runtime.state), status: 'dead', error: text }) });
    throw new BerthError('internal', text, { cause: error });
  }
  const { exitCode } = endingOf(container.runtime.state);
  ctx.registry.remove(container);
  failpoint('engine.remove.after-row');
  if (options.volumes) await removeVolumes(ctx, container);
  containerEvent(ctx, container, 'destroy');
  for (const attach of container.attaches) attach.abandon();
  container.attaches.clear();
  const waiters = [...container.removeWaiters, ...container.exitWaiters];
  container.removeWaiters.clear();
  container.exitWaiters.clear();
  for (const waiter of waiters) waiter({ code: exitCode, error: '' });
}

/** Anonymous volumes of a removed container that nobody else mounts. */
async function removeVolumes(ctx: EngineContext, container: Container): Promise<void> {
  for (const mount of container.record.mounts) {
    const name = mount.point.Name;
    if (!mount.anonymous || name === undefined || name === '' || volumeUsers(ctx, name).length > 0) continue;
    await ctx.volumes.remove(name);
    volumeEvent(ctx, 'destroy', name);
  }
}

/** Containers that mount a volume. */
export function volumeUsers(ctx: EngineContext, name: string): Container[] {
  return [...ctx.registry.all()].filter((other) => other.record.mounts.some((mount) => mount.point.Name === name));
}
