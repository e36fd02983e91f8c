import type { Readable } from 'node:stream';
import { BerthError, fail, messageOf } from '#base/errors.ts';
import { closed } from './archive.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import type { Change, ChangesRequest, TreeRequest } from './files/types.ts';
import { withTree } from './tree.ts';

/** GET export: the whole root without volumes. */
export async function exportContainer(ctx: EngineContext, reference: string, signal: AbortSignal): Promise<Readable> {
  const container = ctx.registry.get(reference);
  const { id } = container.record;
  const { status } = container.runtime.state;
  if (status === 'dead') fail('conflict', `You cannot export container ${id} which is Dead`);
  if (status === 'removing') fail('conflict', `You cannot export container ${id} which is being removed`);
  try {
    const body = await withTree(ctx, container, false, async (tree) => {
      const { body: value } = await ctx.files.open<null>('export', tree satisfies TreeRequest, { signal });
      return { value, done: closed(value) };
    });
    body.once('end', () => containerEvent(ctx, container, 'export'));
    return body;
  } catch (error) {
    throw error instanceof BerthError ? new BerthError(error.kind, `Error exporting container ${reference}: ${messageOf(error)}`, { cause: error }) : error;
  }
}

/** GET changes: what the container changed in its image's root. */
export async function containerChanges(ctx: EngineContext, reference: string, signal: AbortSignal): Promise<readonly Change[] | null> {
  const { id } = ctx.registry.get(reference).record;
  const request: ChangesRequest = { upper: ctx.snapshots.upperPath(id), lower: ctx.snapshots.below(id) };
  const changes = await ctx.files.call<Change[]>('changes', request, { signal });
  return changes.length === 0 ? null : changes;
}
