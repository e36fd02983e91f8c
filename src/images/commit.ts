import { fail } from '#base/errors.ts';
import { failpoint } from '#base/failpoints.ts';
import { formatTime, nowNs } from '#base/clock.ts';
import { mediaTypes } from '#spec/descriptor.ts';
import { chainIds, parseManifest } from '#spec/image.ts';
import { hostPlatform } from '#spec/platform.ts';
import type { Readable } from 'node:stream';
import type { ImageConfigFile, ImageRunConfig } from '#spec/image.ts';
import type { DiffId, Digest } from '#spec/ids.ts';
import type { ImageRecord } from './catalog.ts';
import type { InstallDeps } from './install.ts';
import type { Lease } from './leases.ts';
import type { Image } from './types.ts';
import type { Unpacked, UnpackRequest } from './unpack.ts';
import { finishImage } from './install.ts';

/** What an image is made of beside its layer. */
export interface CommitOptions {
  /** Undefined: on nothing. */
  readonly parent: Image | undefined;
  readonly config: ImageRunConfig;
  /** The container's own configuration, kept in the image as dockerd keeps it. */
  readonly containerConfig: ImageRunConfig;
  readonly containerId: string;
  readonly author: string;
  readonly comment: string;
  readonly dockerVersion: string;
  readonly signal?: AbortSignal;
}

/** dockerd's limit for what a new layer may stand on (layer/layer.go). */
const maxDepth = 125;
/** Digest of an archive without entries: such a layer is not kept. */
const emptyTar = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

type Layer = { digest: Digest; size: number; mediaType: string };

/** Makes an image of a layer (plain OCI tar) on its parent. The record is not yet in the catalog. */
export async function commitImage(deps: InstallDeps, tar: Readable, lease: Lease, options: CommitOptions): Promise<ImageRecord> {
  const { parent } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const below = parent?.config.rootfs.diff_ids ?? [];
  if (below.length >= maxDepth) {
    tar.destroy();
    fail('internal', 'max depth exceeded');
  }
  const parentLayers = parent === undefined ? [] : await layersOf(deps, parent, lease);
  const blob = await deps.content.ingest(tar, {}, { deferred: true, ...signal });
  lease.hold(blob.digest);
  const isEmpty = blob.digest === emptyTar;
  const diffIds = isEmpty ? [...below] : [...below, blob.digest as unknown as DiffId];
  const chains = chainIds(diffIds);
  for (const chain of chains) lease.hold(chain);
  const top = chains.at(-1);
  if (!isEmpty && top !== undefined && !deps.snapshots.has(top)) {
    const stage = await deps.snapshots.stage();
    try {
      const request: UnpackRequest = { blob: deps.content.path(blob.digest), digest: blob.digest, target: stage.path, whiteouts: below.length === 0 ? 'drop' : 'overlay' };
      const unpacked = await deps.workers.run<Unpacked>('unpack', request, signal);
      failpoint('images.commit-unpacked');
      await deps.workers.run('sync', deps.directory, {});
      await stage.commit(top, chains.at(-2), unpacked.size);
    } finally {
      await stage.discard();
    }
  }
  const config = Buffer.from(JSON.stringify(configFile(options, diffIds, isEmpty)));
  const layers = isEmpty ? parentLayers : [...parentLayers, { ...blob, mediaType: mediaTypes.ociLayer }];
  const record = await finishImage(deps, { config }, chains, layers);
  return parent === undefined ? record : { ...record, parent: parent.id };
}

async function layersOf(deps: InstallDeps, parent: Image, lease: Lease): Promise<Layer[]> {
  const { layers } = parseManifest(await deps.content.readAll(parent.manifest));
  for (const layer of layers) lease.hold(layer.digest);
  return layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType }));
}

// Key order as dockerd's (image/image.go `NewChildImage`).
function configFile(options: CommitOptions, diffIds: DiffId[], isEmpty: boolean): ImageConfigFile {
  const { parent, author, comment, containerConfig } = options;
  const created = formatTime(nowNs());
  const platform = hostPlatform();
  const createdBy = (containerConfig.Cmd ?? []).join(' ');
  return {
    architecture: parent?.config.architecture || platform.architecture,
    ...(author === '' ? {} : { author }),
    ...(parent?.config.variant === undefined ? {} : { variant: parent.config.variant }),
    config: options.config,
    container: options.containerId,
    container_config: containerConfig,
    created,
    docker_version: options.dockerVersion,
    history: [
      ...(parent?.config.history ?? []),
      {
        created,
        ...(author === '' ? {} : { author }),
        ...(createdBy === '' ? {} : { created_by: createdBy }),
        ...(comment === '' ? {} : { comment }),
        ...(isEmpty ? { empty_layer: true } : {}),
      },
    ],
    os: parent?.config.os || platform.os,
    ...(parent?.config['os.version'] === undefined ? {} : { 'os.version': parent.config['os.version'] }),
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
}
