import { parseTime } from '#base/clock.ts';
import { pathMatch } from '#base/path-match.ts';
import type * as wire from '#api/schema.ts';
import type { Image, ImageService, ProgressMessage } from '#images/types.ts';
import type { Digest } from '#spec/ids.ts';
import { familiarString, fullString, parseReference, tagNameOnly, withTag } from '#spec/reference.ts';
import type { EngineContext } from './context.ts';
import { fail, isKind } from '#base/errors.ts';
import { checkFilters, matchesLabel } from './list-filters.ts';
import { isActive } from './state.ts';
import type { Filters, ImagesService } from './types.ts';

const KNOWN = ['dangling', 'label', 'label!', 'before', 'since', 'until', 'reference', 'is-automated'];

/** The images of the engine as the server sees them, over {@link ImageService}. */
export function createImages(ctx: EngineContext): ImagesService {
  const { images } = ctx;
  const event = (action: string, id: string, name: string): void => ctx.events.publish({ type: 'image', action, actor: { id, attributes: { name, ...labelsOf(images, id) } } });
  return {
    list: async (options) => listImages(ctx, options),
    inspect: async (reference) => inspectImage(ctx, images.get(reference)),
    history: async (reference) => images.history(reference).map((item) => ({ Comment: item.comment, Created: item.created, CreatedBy: item.createdBy, Id: item.id, Size: item.size, Tags: item.tags.length === 0 ? null : [...item.tags] })),
    load: async (archive, options, progress) => {
      const report = options.quiet ? (message: ProgressMessage): void => (message.status === undefined ? progress(message) : undefined) : progress;
      for (const image of await images.load(archive, report, options)) event('load', image.id, image.id);
    },
    import: async (tar, options, progress) => {
      const reference = options.repo === '' ? undefined : `${options.repo}${options.tag === '' ? '' : `:${options.tag}`}`;
      const image = await images.import(tar, { ...options, reference, message: options.message === '' ? 'Imported from -' : options.message });
      progress({ status: image.id });
      event('import', image.id, reference ?? image.id);
    },
    save: async (references) => {
      const archive = images.save(references);
      for (const id of new Set(references.flatMap((reference) => idsNamed(images, reference)))) event('save', id, id);
      return archive;
    },
    tag: async (reference, repo, tag) => {
      const { id } = images.get(reference);
      const named = parseReference(repo);
      const target = tag === '' ? tagNameOnly(named) : withTag(named, tag);
      images.tag(reference, fullString(target));
      event('tag', id, familiarString(target));
    },
    remove: async (reference, { force, noprune }) => {
      const { id } = images.get(reference);
      const done = await images.remove(reference, { force, prune: !noprune, usedBy: (image) => usersOf(ctx, image) });
      for (const { untagged, deleted } of done) {
        if (untagged !== undefined) event('untag', id, id);
        if (deleted === id) event('delete', id, id); // the other lines are layers
      }
      return done.map(({ untagged, deleted }) => (untagged !== undefined ? { Untagged: untagged } : { Deleted: deleted }));
    },
  };
}

function labelsOf(images: ImageService, id: string): Record<string, string> {
  try {
    return { ...images.get(id).config.config?.Labels };
  } catch (error) {
    if (isKind(error, 'notFound')) return {}; // a delete event comes after the deed
    throw error;
  }
}

/** A name without a tag stands for every image of that repository in `save`. */
function idsNamed(images: ImageService, reference: string): string[] {
  const whole = images.list().filter((image) => image.repoTags.some((tag) => tag.replace(/:[^:/]+$/, '') === reference));
  return whole.length > 0 ? whole.map((image) => image.id) : [images.get(reference).id];
}

function usersOf(ctx: EngineContext, image: Digest): { id: string; running: boolean }[] {
  return [...ctx.registry.all()].filter((container) => container.record.imageId === image).map((container) => ({ id: container.record.id, running: isActive(container.runtime.state) }));
}

function createdSeconds(image: Image): number {
  return Number((parseTime(image.config.created ?? '') ?? 0n) / 1_000_000_000n);
}

function listImages(ctx: EngineContext, options: { filters: Filters; sharedSize: boolean; all: boolean }): wire.ImageSummary[] {
  const test = imageMatcher(ctx, options.filters);
  const references = options.filters.get('reference') ?? [];
  return ctx.images
    .list()
    .filter(test)
    .map((image) => imageSummary(namedBy(image, references), -1))
    .sort((a, b) => b.Created - a.Created);
}

/** One line of the list; `containers` is how many use it, -1 for not counted. */
export function imageSummary(image: Image, containers: number): wire.ImageSummary {
  return {
    Containers: containers,
    Created: createdSeconds(image),
    Id: image.id,
    Labels: image.config.config?.Labels ?? null,
    ParentId: image.parent ?? image.config.parent ?? '',
    RepoDigests: [...image.repoDigests],
    RepoTags: [...image.repoTags],
    SharedSize: containers < 0 ? -1 : 0,
    Size: image.size,
  };
}

function imageMatcher(ctx: EngineContext, filters: Filters): (image: Image) => boolean {
  checkFilters(filters, KNOWN);
  const tests: ((image: Image) => boolean)[] = [];
  const dangling = filters.get('dangling');
  if (dangling !== undefined && dangling.length > 0) {
    const wanted = dangling.some((value) => value === 'true' || value === '1');
    if (!dangling.every((value) => ['true', '1', 'false', '0'].includes(value))) fail('invalidArgument', `invalid filter 'dangling=[${dangling.join(' ')}]'`);
    tests.push((image) => (image.repoTags.length === 0) === wanted);
  }
  for (const label of filters.get('label') ?? []) tests.push((image) => matchesLabel(image.config.config?.Labels ?? {}, label));
  for (const label of filters.get('label!') ?? []) tests.push((image) => !matchesLabel(image.config.config?.Labels ?? {}, label));
  for (const value of filters.get('before') ?? []) {
    const limit = createdSeconds(ctx.images.get(value));
    tests.push((image) => createdSeconds(image) < limit);
  }
  for (const value of filters.get('since') ?? []) {
    const limit = createdSeconds(ctx.images.get(value));
    tests.push((image) => createdSeconds(image) > limit);
  }
  const references = filters.get('reference') ?? [];
  if (references.length > 0) {
    tests.push((image) => {
      const { repoTags, repoDigests } = namedBy(image, references);
      return repoTags.length + repoDigests.length > 0;
    });
  }
  return (image) => tests.every((test) => test(image));
}

/** The image with those of its names that match one of the patterns; with all when there are none (dockerd: daemon/images/images.go). */
function namedBy(image: Image, patterns: readonly string[]): Image {
  if (patterns.length === 0) return image;
  const matches = (name: string): boolean => patterns.some((pattern) => matchesReference(pattern, name));
  return { ...image, repoTags: image.repoTags.filter(matches), repoDigests: image.repoDigests.filter(matches) };
}

// Over the familiar name, with or without tag or digest (distribution/reference: FamiliarMatch). No name is near the bound.
function matchesReference(pattern: string, name: string): boolean {
  return pattern.length <= 4096 && (pathMatch(pattern, name) || pathMatch(pattern, name.replace(/@.*$|:[^:/]+$/, '')));
}

function inspectImage(ctx: EngineContext, image: Image): wire.ImageInspect {
  const { config } = image;
  return {
    Id: image.id,
    RepoTags: [...image.repoTags],
    RepoDigests: [...image.repoDigests],
    Parent: image.parent ?? config.parent ?? '',
    Comment: config.comment || config.history?.at(-1)?.comment || '',
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: inspectConfig(config.config),
    Architecture: config.architecture,
    ...(config.variant === undefined || config.variant === '' ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] === undefined ? {} : { OsVersion: config['os.version'] }),
    Size: image.size,
    GraphDriver: imageDriver(ctx, image),
    RootFS: { Type: 'layers', ...(config.rootfs.diff_ids.length === 0 ? {} : { Layers: [...config.rootfs.diff_ids] }) },
    Metadata: { LastTagTime: image.lastTagged ?? '0001-01-01T00:00:00Z' },
  };
}

// dockerd prints these fields even when they are empty; the others only when they are not.
function inspectConfig(config: Image['config']['config']): wire.ImageConfig {
  return {
    ...config,
    Cmd: config?.Cmd ?? null, Entrypoint: config?.Entrypoint ?? null, Env: config?.Env ?? null, Labels: config?.Labels ?? null,
    OnBuild: config?.OnBuild ?? null, User: config?.User ?? '', Volumes: config?.Volumes ?? null, WorkingDir: config?.WorkingDir ?? '',
  } as wire.ImageConfig;
}

function imageDriver(ctx: EngineContext, image: Image): wire.DriverData {
  if (image.chainId === undefined) return { Data: null, Name: 'overlay2' };
  const mount = ctx.snapshots.view(image.chainId);
  const [top = '', ...lower] = mount.type === 'bind' ? [mount.source] : mount.lower.map((name) => `${mount.base}/${name}`);
  return { Data: { ...(lower.length === 0 ? {} : { LowerDir: lower.join(':') }), MergedDir: top, UpperDir: top, WorkDir: top.replace(/\/[^/]*$/, '/work') }, Name: 'overlay2' };
}
