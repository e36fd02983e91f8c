import { rm } from 'node:fs/promises';
import { BerthError, messageOf } from '#base/errors.ts';
import { failpoint, racepoint } from '#base/failpoints.ts';
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
  await racepoint('engine.remove.racing');
  try {
    await container.settled;
    await container.logCompressor?.close();
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
  const { volumes, deleted } = ctx.registry.transaction(() => {
    ctx.registry.remove(container);
    const names = options.volumes ? anonymousVolumes(ctx, container) : [];
    // Rows go with the container's; directories follow.
    return { volumes: names, deleted: Promise.all(names.map((name) => ctx.volumes.remove(name))) };
  });
  failpoint('engine.remove.after-row');
  await deleted;
  for (const name of volumes) volumeEvent(ctx, 'destroy', name);
  containerEvent(ctx, container, 'destroy');
  for (const attach of container.attaches) attach.abandon();
  container.attaches.clear();
  const waiters = [...container.removeWaiters, ...container.exitWaiters];
  container.removeWaiters.clear();
  container.exitWaiters.clear();
  for (const waiter of waiters) waiter({ code: exitCode, error: '' });
}

/** Anonymous volumes of a removed container that nobody else mounts. */
function anonymousVolumes(ctx: EngineContext, container: Container): string[] {
  return container.record.mounts
    .filter((mount) => mount.anonymous)
    .map((mount) => mount.point.Name ?? '')
    .filter((name) => name !== '' && volumeUsers(ctx, name).length === 0);
}

/** Containers that mount a volume. */
export function volumeUsers(ctx: EngineContext, name: string): Container[] {
  return [...ctx.registry.all()].filter((other) => other.record.mounts.some((mount) => mount.point.Name === name));
}
