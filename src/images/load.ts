import { fail } from '#base/errors.ts';
import { isIndexType, isManifestType, mediaTypes } from '#spec/descriptor.ts';
import { parseIndex, parseJson, parseManifest } from '#spec/image.ts';
import { isDigest } from '#spec/ids.ts';
import { formatPlatform, hostPlatform, parsePlatform, platformMatches } from '#spec/platform.ts';
import { parseReference } from '#spec/reference.ts';
import { detectCompression } from './compression.ts';
import { head } from './peek.ts';
import type { ContentStore } from '#content/types.ts';
import type { Descriptor } from '#spec/descriptor.ts';
import type { Index, Manifest } from '#spec/image.ts';
import type { Digest } from '#spec/ids.ts';
import type { Platform } from '#spec/platform.ts';
import type { NamedReference } from '#spec/reference.ts';
import type { ImageArchive } from './archive.ts';
import type { ImageSource } from './install.ts';

/** An image of an archive with the names that the archive gives it. */
export interface ArchivedImage {
  readonly source: ImageSource;
  readonly names: readonly NamedReference[];
}

const MAX_IMAGES = 1000;
const MAX_NAMES = 1000;
/** Annotations that name an image in an index, best first; the last one may be a bare tag, which names nothing. */
const NAME_ANNOTATIONS = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];

/**
 * Finds the images of an archive: by manifest.json as `docker save` writes it, else by the index.json of an OCI layout.
 * With both, manifest.json says which images and names, and the layout gives their manifests. Throws invalidArgument.
 */
export async function imagesOf(archive: ImageArchive, content: ContentStore, platform: string | undefined): Promise<ArchivedImage[]> {
  const wanted =
    platform === undefined
      ? undefined
      : (parsePlatform(platform) ?? fail('invalidArgument', `invalid platform ${JSON.stringify(platform)}`));
  if (archive.find('manifest.json') !== undefined) return dockerImages(archive, content);
  if (archive.find('index.json') !== undefined) return ociImages(archive, content, wanted);
  fail('invalidArgument', 'open manifest.json: no such file or directory', {
    hint: 'the archive is neither one of docker save nor an OCI image layout',
  });
}

interface DockerItem {
  Config: string;
  RepoTags?: string[] | null;
  Layers?: string[] | null;
}

async function dockerImages(archive: ImageArchive, content: ContentStore): Promise<ArchivedImage[]> {
  const items = parseDockerManifest(await archive.bytes('manifest.json', content));
  const manifests = archive.find('index.json') === undefined ? [] : await manifestsOf(archive, content);
  const images: ArchivedImage[] = [];
  for (const item of items) {
    const config = await archive.bytes(item.Config, content);
    const layers = item.Layers ?? [];
    const given = await manifestFor(archive, content, manifests, config, layers);
    images.push({ names: (item.RepoTags ?? []).map(tagOf), source: sourceOf(archive, content, config, layers, given) });
  }
  return images;
}

function parseDockerManifest(bytes: Buffer): DockerItem[] {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    fail('invalidArgument', `manifest.json is not valid JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!Array.isArray(value) || value.length > MAX_IMAGES) fail('invalidArgument', 'manifest.json is not a list of images');
  const isTexts = (list: unknown): boolean =>
    list === undefined ||
    list === null ||
    (Array.isArray(list) && list.length <= MAX_NAMES && list.every((text) => typeof text === 'string'));
  return value.map((item: Partial<DockerItem> | null, index) => {
    if (typeof item !== 'object' || item === null || typeof item.Config !== 'string' || !isTexts(item.RepoTags) || !isTexts(item.Layers)) {
      fail('invalidArgument', `image ${index} of manifest.json has not the form of an image`);
    }
    return item as DockerItem;
  });
}

function tagOf(text: string): NamedReference {
  const name = parseReference(text);
  if (name.tag === undefined || name.digest !== undefined) fail('invalidArgument', `invalid tag ${JSON.stringify(text)}`);
  return name;
}

function sourceOf(
  archive: ImageArchive,
  content: ContentStore,
  config: Buffer,
  layers: readonly string[],
  manifest: ImageSource['manifest'],
): ImageSource {
  return {
    config,
    layerCount: layers.length,
    ...(manifest === undefined ? {} : { manifest }),
    layer: async (index) => {
      const blob = await archive.blob(layers[index] ?? '', content);
      return { ...blob, mediaType: manifest?.parsed.layers[index]?.mediaType ?? (await layerType(content, blob.digest)) };
    },
  };
}

async function layerType(content: ContentStore, digest: Digest): Promise<string> {
  const compression = detectCompression(await head(content.path(digest)));
  return compression === 'gzip' ? mediaTypes.ociLayerGzip : compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer;
}

/** The manifest of the layout that has exactly this config and these layers. */
async function manifestFor(
  archive: ImageArchive,
  content: ContentStore,
  manifests: readonly { bytes: Buffer; parsed: Manifest }[],
  config: Buffer,
  layers: readonly string[],
): Promise<ImageSource['manifest']> {
  for (const manifest of manifests) {
    const path = pathOf(manifest.parsed.config.digest);
    if (archive.find(path) === undefined || !(await archive.bytes(path, content)).equals(config)) continue;
    const blobs = await Promise.all(layers.map((layer) => archive.blob(layer, content)));
    const same =
      manifest.parsed.layers.length === blobs.length &&
      manifest.parsed.layers.every((layer, index) => layer.digest === blobs[index]?.digest);
    if (same) return manifest;
  }
  return undefined;
}

async function manifestsOf(archive: ImageArchive, content: ContentStore): Promise<{ bytes: Buffer; parsed: Manifest }[]> {
  const index = parseIndex(await archive.bytes('index.json', content));
  const found: { bytes: Buffer; parsed: Manifest }[] = [];
  for (const descriptor of index.manifests) {
    if (!isManifestType(descriptor.mediaType) || archive.find(pathOf(descriptor.digest)) === undefined) continue;
    const bytes = await archive.bytes(pathOf(descriptor.digest), content);
    found.push({ bytes, parsed: parseManifest(bytes) });
  }
  return found;
}

function pathOf(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

async function ociImages(archive: ImageArchive, content: ContentStore, wanted: Platform | undefined): Promise<ArchivedImage[]> {
  const index = parseIndex(await archive.bytes('index.json', content));
  if (index.manifests.length > MAX_IMAGES) fail('invalidArgument', 'index.json names too many images');
  const images = new Map<Digest, { source: ImageSource; names: Map<string, NamedReference> }>();
  for (const descriptor of index.manifests) {
    const chosen = await choose(archive, content, descriptor, wanted);
    if (chosen === undefined) continue;
    const image = images.get(chosen.digest) ?? {
      source: await ociSource(archive, content, chosen),
      names: new Map<string, NamedReference>(),
    };
    const name = annotatedName(descriptor);
    if (name !== undefined) image.names.set(`${name.domain}/${name.path}:${name.tag}`, name);
    images.set(chosen.digest, image);
  }
  if (images.size === 0) fail('notFound', `the archive has no image for ${formatPlatform(wanted ?? hostPlatform())}`);
  return [...images.values()].map(({ source, names }) => ({ source, names: [...names.values()] }));
}

/** The manifest that a descriptor of an index leads to, at most one level down: the platform wanted, else the host's. */
async function choose(
  archive: ImageArchive,
  content: ContentStore,
  descriptor: Descriptor,
  wanted: Platform | undefined,
): Promise<Descriptor | undefined> {
  if (!isIndexType(descriptor.mediaType)) return isWanted(descriptor, wanted) ? descriptor : undefined;
  const nested: Index = parseIndex(await archive.bytes(pathOf(descriptor.digest), content));
  const platform = wanted ?? hostPlatform();
  return nested.manifests.find(
    (entry) =>
      entry.platform !== undefined && platformMatches(entry.platform, platform) && archive.find(pathOf(entry.digest)) !== undefined,
  );
}

// Attestations and the like say that they are for "unknown/unknown".
function isWanted(descriptor: Descriptor, wanted: Platform | undefined): boolean {
  if (descriptor.mediaType !== '' && !isManifestType(descriptor.mediaType)) return false;
  if (descriptor.platform === undefined) return true;
  if (descriptor.platform.os === 'unknown') return false;
  return wanted === undefined || platformMatches(descriptor.platform, wanted);
}

function annotatedName(descriptor: Descriptor): NamedReference | undefined {
  for (const key of NAME_ANNOTATIONS) {
    const text = descriptor.annotations?.[key];
    if (text === undefined) continue;
    // A bare tag ("latest") is allowed in the second one and would parse as the name of a repository.
    if (key === NAME_ANNOTATIONS[1] && !/[/:]/.test(text)) continue;
    return tagOf(text.includes('@') || /:[^/]+$/.test(text) ? text : `${text}:latest`);
  }
  return undefined;
}

async function ociSource(archive: ImageArchive, content: ContentStore, descriptor: Descriptor): Promise<ImageSource> {
  const bytes = await checked(archive, content, descriptor);
  checkMediaType(bytes, descriptor.mediaType);
  const parsed = parseManifest(bytes);
  if (!isDigest(parsed.config.digest)) fail('invalidArgument', 'invalid manifest: no config');
  const config = await checked(archive, content, parsed.config);
  return {
    config,
    manifest: { bytes, parsed },
    layerCount: parsed.layers.length,
    layer: async (index) => {
      const layer = parsed.layers[index] ?? fail('internal', `no layer ${index}`);
      const blob = await archive.blob(pathOf(layer.digest), content);
      if (blob.size !== layer.size) fail('dataLoss', `layer ${layer.digest} has ${blob.size} bytes, its manifest says ${layer.size}`);
      return { digest: layer.digest, size: layer.size, mediaType: layer.mediaType };
    },
  };
}

// A document must be what its descriptor says (CVE-2021-41190).
function checkMediaType(bytes: Buffer, mediaType: string): void {
  const own = (parseJson(bytes, 'manifest') as { mediaType?: unknown }).mediaType;
  if (own !== undefined && mediaType !== '' && own !== mediaType)
    fail('invalidArgument', `invalid manifest: its media type is ${String(own)}, the index says ${mediaType}`);
}

async function checked(archive: ImageArchive, content: ContentStore, descriptor: Descriptor): Promise<Buffer> {
  const bytes = await archive.bytes(pathOf(descriptor.digest), content);
  if (bytes.length !== descriptor.size)
    fail('dataLoss', `blob ${descriptor.digest} has ${bytes.length} bytes, its descriptor says ${descriptor.size}`);
  return bytes;
}
