import { fail, isKind } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import { applyChanges } from '#images/changes.ts';
import type { Image } from '#images/types.ts';
import type { ImageRunConfig } from '#spec/image.ts';
import { familiarString, fullString, parseReference, tagNameOnly, withTag } from '#spec/reference.ts';
import type { NamedReference } from '#spec/reference.ts';
import { pauseContainer, unpauseContainer } from './actions.ts';
import type { Container } from './container.ts';
import { mergeConfig } from './container-config.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';

export interface CommitOptions {
  readonly repo: string;
  readonly tag: string;
  readonly comment: string;
  readonly author: string;
  readonly pause: boolean;
  readonly changes: readonly string[];
  /** Undefined: the container's own. */
  readonly config: wire.CommitBody | undefined;
  readonly signal: AbortSignal;
}

/** POST /commit: an image of what a container has changed. */
export async function commitContainer(ctx: EngineContext, reference: string, options: CommitOptions): Promise<wire.CommitResponse> {
  const name = nameOf(options.repo, options.tag);
  const container = ctx.registry.get(reference);
  const { id } = container.record;
  const { status } = container.runtime.state;
  if (status === 'dead') fail('conflict', `You cannot commit container ${id} which is Dead`);
  if (status === 'removing') fail('conflict', `You cannot commit container ${id} which is being removed`);
  const image = await whilePaused(ctx, container, options.pause, () => commit(ctx, container, options));
  const labels = image.config.config?.Labels ?? {};
  ctx.events.publish({ type: 'image', action: 'create', actor: { id: image.id, attributes: { ...labels, name: image.id } } });
  const imageRef = name === undefined ? '' : familiarString(name);
  if (name !== undefined) {
    ctx.images.tag(image.id, fullString(name));
    ctx.events.publish({ type: 'image', action: 'tag', actor: { id: image.id, attributes: { ...labels, name: imageRef } } });
  }
  containerEvent(ctx, container, 'commit', { comment: options.comment, imageID: image.id, imageRef });
  return { Id: image.id };
}

function nameOf(repo: string, tag: string): NamedReference | undefined {
  if (repo === '') return undefined;
  const named = parseReference(repo);
  if (named.digest !== undefined) fail('invalidArgument', 'cannot create a tag with a digest reference');
  return tag === '' ? tagNameOnly(named) : withTag(named, tag);
}

/** A running container is frozen meanwhile, so that its files belong together. */
async function whilePaused<T>(ctx: EngineContext, container: Container, pause: boolean, body: () => Promise<T>): Promise<T> {
  const { id } = container.record;
  if (!pause || container.runtime.state.status !== 'running') return body();
  try {
    await pauseContainer(ctx, id);
  } catch (error) {
    if (!isKind(error, 'conflict')) throw error; // it has ended
    return body();
  }
  try {
    return await body();
  } finally {
    await unpauseContainer(ctx, id).catch((error: unknown) => {
      if (!isKind(error, 'conflict')) throw error;
    });
  }
}

async function commit(ctx: EngineContext, { record }: Container, options: CommitOptions): Promise<Image> {
  const config = committedConfig(record.config, options);
  const parent = record.imageId === '' ? undefined : ctx.images.get(record.imageId);
  const { body } = await ctx.files.open<null>('layer', { upper: ctx.snapshots.upperPath(record.id) }, { signal: options.signal });
  return ctx.images.commit(body, {
    parent,
    config,
    containerConfig: record.config as ImageRunConfig,
    containerId: record.id,
    author: options.author,
    comment: options.comment,
    dockerVersion: ctx.version,
    signal: options.signal,
  });
}

/** The asked for configuration with the changes, over the container's (dockerd: daemon/commit.go `merge`). */
function committedConfig(own: wire.ContainerConfig, { changes, config }: CommitOptions): ImageRunConfig {
  const base = (config ?? own) as ImageRunConfig;
  const changed = applyChanges(base, changes) as wire.ContainerConfig;
  const merged = mergeConfig(changed, { config: own as ImageRunConfig, architecture: '', os: '', rootfs: { type: 'layers', diff_ids: [] } });
  return { ...merged, OnBuild: changed.OnBuild ?? null } as ImageRunConfig;
}
