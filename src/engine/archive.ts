import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { BerthError, fail } from '#base/errors.ts';
import type { Container } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import type { ExtractRequest, PathRequest, PathStat } from './files/types.ts';
import { userOf } from './prepare-start.ts';
import { withTree } from './tree.ts';

/** HEAD archive: what is at a path. */
export async function statPath(ctx: EngineContext, reference: string, path: string, signal: AbortSignal): Promise<PathStat> {
  const container = ctx.registry.get(reference);
  return naming(reference, path, () =>
    withTree(ctx, container, true, async (tree) => ({ value: await ctx.files.call<PathStat>('stat', { ...tree, path } satisfies PathRequest, { signal }) })),
  );
}

/** GET archive: a tar of what is at a path, with what HEAD tells. */
export async function readArchive(ctx: EngineContext, reference: string, path: string, signal: AbortSignal): Promise<{ stat: PathStat; body: Readable }> {
  const container = ctx.registry.get(reference);
  const { head, body } = await naming(reference, path, () => openArchive(ctx, container, path, signal));
  containerEvent(ctx, container, 'archive-path');
  return { stat: head, body };
}

function openArchive(ctx: EngineContext, container: Container, path: string, signal: AbortSignal): Promise<{ head: PathStat; body: Readable }> {
  return withTree(ctx, container, true, async (tree) => {
    const value = await ctx.files.open<PathStat>('archive', { ...tree, path } satisfies PathRequest, { signal });
    return { value, done: closed(value.body) };
  });
}

/** Settles when a stream is over, however it ended. */
export async function closed(stream: Readable): Promise<void> {
  if (!stream.closed) await once(stream, 'close').catch(() => undefined);
}

export interface ExtractOptions {
  readonly path: string;
  readonly noOverwriteDirNonDir: boolean;
  readonly copyUIDGID: boolean;
  readonly signal: AbortSignal;
}

/** PUT archive: unpacks a tar into a directory. */
export async function extractArchive(ctx: EngineContext, reference: string, { path, noOverwriteDirNonDir, copyUIDGID, signal }: ExtractOptions, input: () => Readable): Promise<void> {
  const container = ctx.registry.get(reference);
  const { record } = container;
  const user = record.config.User ?? '';
  const owner = copyUIDGID && user !== '' ? userOf(ctx, record, user, []) : undefined;
  const volumes = record.mounts.map(({ point }) => ({ destination: point.Destination, writable: point.RW })).sort((a, b) => b.destination.length - a.destination.length);
  await naming(reference, path, () =>
    withTree(ctx, container, true, async (tree) => {
      const request: ExtractRequest = { ...tree, path, noOverwriteDirNonDir, owner, volumes, readonlyRoot: record.hostConfig.ReadonlyRootfs === true };
      await ctx.files.call('extract', request, { input: input(), signal });
      return { value: undefined };
    }),
  );
  containerEvent(ctx, container, 'extract-to-dir');
}

/** What the file system does not have gets dockerd's text, with path and container as the client named them. */
async function naming<T>(reference: string, path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof BerthError) || error.data['operation'] === undefined || error.data['errno'] !== 'ENOENT') throw error;
    return fail('notFound', `Could not find the file ${path} in container ${reference}`, { cause: error });
  }
}
