import { Readable } from 'node:stream';
import { fail } from '#base/errors.ts';
import { mediaTypes } from '#spec/descriptor.ts';
import { parseManifest } from '#spec/image.ts';
import { parseDigest } from '#spec/ids.ts';
import { familiarName, familiarString, fullString, parseAnyReference, tagNameOnly } from '#spec/reference.ts';
import { encodeHeader, endOfArchive } from './tar/encoder.ts';
import { padding } from './tar/format.ts';
import type { ContentStore } from '#content/types.ts';
import type { Manifest } from '#spec/image.ts';
import type { Digest } from '#spec/ids.ts';
import type { NamedReference } from '#spec/reference.ts';
import type { Catalog } from './catalog.ts';

/** One image to write, with the tags that were asked for. */
interface Selected {
  readonly id: Digest;
  readonly manifest: Digest;
  readonly diffIds: readonly string[];
  readonly tags: NamedReference[];
}

/**
 * Which images and tags a list of references means, in the order of their first mention: a name without a tag means all
 * tags of the repository, an id the image without tags. Throws notFound with Docker's texts.
 */
export function selectImages(catalog: Catalog, references: readonly string[]): Selected[] {
  const selected = new Map<Digest, Selected>();
  const add = (id: Digest, tag?: NamedReference): void => {
    const image = catalog.find(id) ?? fail('notFound', `No such image: ${id}`);
    const entry = selected.get(id) ?? { id, manifest: image.manifest, diffIds: image.config.rootfs.diff_ids, tags: [] };
    if (tag?.tag !== undefined && tag.digest === undefined && !entry.tags.some((other) => fullString(other) === fullString(tag)))
      entry.tags.push(tag);
    selected.set(id, entry);
  };
  for (const text of references) {
    const reference = parseAnyReference(text);
    if (reference.kind === 'digest') {
      add(catalog.has(reference.digest) ? reference.digest : fail('notFound', `No such image: ${reference.digest}`));
      continue;
    }
    const { named } = reference;
    if (named.tag !== undefined || named.digest !== undefined) {
      add(catalog.byName(named) ?? fail('notFound', 'reference does not exist'), named);
      continue;
    }
    const all = catalog.namesOf(named);
    for (const { name, id } of all) add(id, name);
    if (all.length === 0) add(catalog.byPrefix(text) ?? fail('notFound', `No such image: ${text}`));
  }
  return [...selected.values()];
}

interface Entry {
  readonly path: string;
  readonly data?: Buffer;
  readonly blob?: Digest;
}

/**
 * A docker-save archive with an OCI layout inside, as dockerd 25 and later write it. Blobs are written as they were
 * received, every time is the epoch and entries are sorted: the same images give the same bytes.
 */
export function saveImages(images: readonly Selected[], content: ContentStore): Readable {
  return Readable.from(archive(images, content), { objectMode: false, highWaterMark: 1 << 20 });
}

async function* archive(images: readonly Selected[], content: ContentStore): AsyncGenerator<Buffer, void, undefined> {
  const manifests = new Map<Digest, Manifest>();
  for (const image of images) manifests.set(image.id, parseManifest(await content.readAll(image.manifest)));
  for (const entry of entriesOf(images, manifests, content)) {
    const size = entry.blob === undefined ? (entry.data?.length ?? 0) : content.size(entry.blob);
    yield encodeHeader({ path: entry.path, type: entry.path.endsWith('/') ? 'directory' : 'file', size });
    if (entry.blob !== undefined) yield* content.read(entry.blob) as AsyncIterable<Buffer>;
    else if (entry.data !== undefined) yield entry.data;
    if (padding(size) > 0) yield Buffer.alloc(padding(size));
  }
  yield endOfArchive;
}

function entriesOf(images: readonly Selected[], manifests: ReadonlyMap<Digest, Manifest>, content: ContentStore): Entry[] {
  const blobs = new Set<Digest>();
  for (const image of images) {
    const manifest = manifests.get(image.id) ?? fail('internal', `no manifest of ${image.id}`);
    for (const digest of [image.manifest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)]) blobs.add(digest);
  }
  const algorithms = [...new Set([...blobs].map((digest) => digest.split(':')[0] ?? ''))].sort();
  const repositories = repositoriesOf(images);
  return [
    { path: 'blobs/' },
    ...algorithms.flatMap((algorithm): Entry[] => [
      { path: `blobs/${algorithm}/` },
      ...[...blobs]
        .filter((digest) => digest.startsWith(`${algorithm}:`))
        .sort()
        .map((blob) => ({ path: pathOf(blob), blob })),
    ]),
    { path: 'index.json', data: json(indexOf(images, content)) },
    {
      path: 'manifest.json',
      data: json(
        images.map((image) => dockerItem(image, manifests.get(image.id) ?? fail('internal', 'no manifest'))),
        '\n',
      ),
    },
    { path: 'oci-layout', data: Buffer.from('{"imageLayoutVersion": "1.0.0"}') },
    ...(Object.keys(repositories).length === 0 ? [] : [{ path: 'repositories', data: json(repositories, '\n') }]),
  ];
}

function json(value: unknown, end: string = ''): Buffer {
  return Buffer.from(JSON.stringify(value) + end);
}

function pathOf(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function indexOf(images: readonly Selected[], content: ContentStore): object {
  const manifests = images.flatMap((image) => {
    const descriptor = { mediaType: mediaTypes.ociManifest as string, digest: image.manifest, size: content.size(image.manifest) };
    if (image.tags.length === 0) return [descriptor];
    return image.tags.map((tag) => ({
      ...descriptor,
      annotations: { 'io.containerd.image.name': fullString(tagNameOnly(tag)), 'org.opencontainers.image.ref.name': tag.tag },
    }));
  });
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
}

function dockerItem(image: Selected, manifest: Manifest): object {
  const sources = Object.fromEntries(
    manifest.layers.map((layer, index) => [
      image.diffIds[index] ?? '',
      { mediaType: layer.mediaType, size: layer.size, digest: layer.digest },
    ]),
  );
  return {
    Config: pathOf(manifest.config.digest),
    RepoTags: image.tags.length === 0 ? null : image.tags.map(familiarString),
    Layers: manifest.layers.map((layer) => pathOf(layer.digest)),
    LayerSources: sources,
  };
}

function repositoriesOf(images: readonly Selected[]): Record<string, Record<string, string>> {
  const repositories: Record<string, Record<string, string>> = {};
  for (const image of images) {
    const top = image.diffIds.at(-1);
    for (const tag of top === undefined ? [] : image.tags) {
      (repositories[familiarName(tag)] ??= {})[tag.tag ?? 'latest'] = parseDigest(top ?? '').slice(7);
    }
  }
  return repositories;
}
