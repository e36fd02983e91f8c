import { fail } from '#base/errors.ts';
import { parseDigest } from './ids.ts';
import type { Digest } from './ids.ts';
import type { Platform } from './platform.ts';

/** OCI image-spec, descriptor.md. JSON names. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  urls?: string[];
  annotations?: Record<string, string>;
  data?: string;
  platform?: Platform;
  artifactType?: string;
}

/** The media types that we read and write; unknown ones are kept, never guessed. */
export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** True for an OCI index or a Docker manifest list. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerList;
}

/** True for an OCI or a Docker schema 2 manifest. */
export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
}

/** Checks an untrusted value for the descriptor's form and copies it. Throws invalidArgument naming `what`. */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  if (typeof value !== 'object' || value === null) fail('invalidArgument', `${what} is not a descriptor`);
  const raw = value as Record<string, unknown>;
  if (typeof raw['digest'] !== 'string') fail('invalidArgument', `${what} has no digest`);
  const size = raw['size'];
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) fail('invalidArgument', `${what} has an invalid size`);
  if (raw['mediaType'] !== undefined && typeof raw['mediaType'] !== 'string') fail('invalidArgument', `${what} has an invalid media type`);
  return {
    mediaType: raw['mediaType'] ?? '',
    digest: parseDigest(raw['digest']),
    size,
    ...(isStringMap(raw['annotations']) ? { annotations: { ...raw['annotations'] } } : {}),
    ...(isPlatform(raw['platform']) ? { platform: { ...raw['platform'] } } : {}),
  };
}

function isStringMap(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((item) => typeof item === 'string')
  );
}

function isPlatform(value: unknown): value is Platform {
  const platform = value as Partial<Platform> | null | undefined;
  return typeof platform === 'object' && platform !== null && typeof platform.os === 'string' && typeof platform.architecture === 'string';
}
