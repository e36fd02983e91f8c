import { parseTime } from '#base/clock.ts';
import { fail, messageOf } from '#base/errors.ts';
import { timestampParameter } from '#base/timestamp.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { writtenBytes } from './inspect.ts';
import { checkFilters, matchesLabel } from './list-filters.ts';
import { removeLocked } from './remove.ts';
import { isActive } from './state.ts';
import type { Filters } from './types.ts';

const pruning = new WeakSet<EngineContext>();

/** POST /containers/prune: removes what has no process and will get none by its restart policy, newest first (dockerd: daemon/prune.go). */
export async function pruneContainers(ctx: EngineContext, filters: Filters): Promise<wire.ContainersPruneResponse> {
  checkFilters(filters, ['label', 'label!', 'until']);
  const matches = pruneMatcher(filters, Date.now());
  if (pruning.has(ctx)) fail('conflict', 'a prune operation is already running');
  pruning.add(ctx);
  try {
    const wanted = [...ctx.registry.all()].filter((container) => isIdle(container) && matches(container.record.created, container.record.config.Labels ?? {}));
    wanted.sort((a, b) => (a.record.created < b.record.created ? 1 : -1));
    let reclaimed = 0;
    const deleted: string[] = [];
    for (const container of wanted) {
      const size = await pruneOne(ctx, container);
      if (size === undefined) continue;
      reclaimed += size;
      deleted.push(container.record.id);
    }
    ctx.events.publish({ type: 'container', action: 'prune', actor: { id: '', attributes: { reclaimed: String(reclaimed) } } });
    return { ContainersDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed };
  } finally {
    pruning.delete(ctx);
  }
}

function isIdle({ runtime }: Container): boolean {
  return !isActive(runtime.state) && runtime.state.status !== 'restarting';
}

/** Bytes freed; undefined when the container could not be removed, or was started meanwhile. */
async function pruneOne(ctx: EngineContext, container: Container): Promise<number | undefined> {
  const { id } = container.record;
  try {
    return await ctx.locks.run(id, async () => {
      if (!ctx.registry.has(id) || !isIdle(container)) return undefined;
      const size = await writtenBytes(ctx, id);
      await removeLocked(ctx, container, { volumes: false });
      return size;
    });
  } catch (error) {
    ctx.log.warn({ container: id, err: error }, `pruning a container: ${messageOf(error)}`);
    return undefined;
  }
}

/** Docker's prune filters as a test of creation time and labels. Throws invalidArgument for what they can't mean. */
export function pruneMatcher(filters: Filters, nowMs: number): (created: string, labels: Readonly<Record<string, string>>) => boolean {
  const until = untilOf(filters.get('until') ?? [], nowMs);
  const wanted = filters.get('label') ?? [];
  const unwanted = filters.get('label!') ?? [];
  return (created, labels) =>
    (until === undefined || (parseTime(created) ?? 0n) <= until) && wanted.every((label) => matchesLabel(labels, label)) && !unwanted.some((label) => matchesLabel(labels, label));
}

function untilOf(values: readonly string[], nowMs: number): bigint | undefined {
  if (values.length === 0) return undefined;
  if (values.length > 1) fail('invalidArgument', 'more than one until filter specified');
  try {
    const [seconds = '0', nanoseconds = ''] = timestampParameter(values[0] ?? '', nowMs).split('.');
    return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds.slice(0, 9).padEnd(9, '0'));
  } catch (error) {
    return fail('invalidArgument', messageOf(error));
  }
}
