import { fail } from '#base/errors.ts';
import { formatTime, nowNs } from '#base/clock.ts';
import { mediaTypes } from '#spec/descriptor.ts';
import { parseChainId } from '#spec/ids.ts';
import { hostPlatform, parsePlatform } from '#spec/platform.ts';
import { applyChanges } from './changes.ts';
import { detectCompression } from './compression.ts';
import { finishImage } from './install.ts';
import { head } from './peek.ts';
import type { Readable } from 'node:stream';
import type { ImageConfigFile, ImageRunConfig } from '#spec/image.ts';
import type { Platform } from '#spec/platform.ts';
import type { ImageRecord } from './catalog.ts';
import type { InstallDeps } from './install.ts';
import type { Lease } from './leases.ts';
import type { Unpacked, UnpackRequest } from './unpack.ts';

export interface ImportOptions {
  readonly message?: string;
  readonly changes?: readonly string[];
  readonly platform?: string;
  readonly signal?: AbortSignal;
}

/** Makes an image of one flat root archive (plain, gzip or zstd). The record is not yet in the catalog. */
export async function importImage(deps: InstallDeps, tar: Readable, lease: Lease, options: ImportOptions): Promise<ImageRecord> {
  const platform = importPlatform(options.platform);
  const runConfig = applyChanges({}, options.changes ?? []);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const blob = await deps.content.ingest(tar, {}, { deferred: true, ...signal });
  lease.hold(blob.digest);
  const path = deps.content.path(blob.digest);
  const compression = detectCompression(await head(path));
  const mediaType =
    compression === 'gzip' ? mediaTypes.ociLayerGzip : compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer;

  const stage = await deps.snapshots.stage();
  try {
    const request: UnpackRequest = { blob: path, digest: blob.digest, target: stage.path, whiteouts: 'drop' };
    const unpacked = await deps.workers.run<Unpacked>('unpack', request, signal);
    const chainId = parseChainId(unpacked.diffId);
    lease.hold(chainId);
    if (!deps.snapshots.has(chainId)) await deps.workers.run('sync', deps.directory);
    await stage.commit(chainId, undefined, unpacked.size);
    const config = Buffer.from(JSON.stringify(configFile(platform, runConfig, unpacked, options.message)));
    return await finishImage(deps, { config }, [chainId], [{ ...blob, mediaType }]);
  } finally {
    await stage.discard();
  }
}

function importPlatform(text: string | undefined): Platform {
  if (text === undefined || text === '') return hostPlatform();
  const platform =
    parsePlatform(text) ?? fail('invalidArgument', `${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  if (platform.os !== 'linux') fail('invalidArgument', 'operating system is not supported');
  return platform;
}

function configFile(platform: Platform, config: ImageRunConfig, unpacked: Unpacked, message: string | undefined): ImageConfigFile {
  const created = formatTime(nowNs());
  const comment = message === undefined || message === '' ? {} : { comment: message };
  return {
    architecture: platform.architecture,
    ...comment,
    config,
    created,
    history: [{ created, ...comment }],
    os: platform.os,
    rootfs: { type: 'layers', diff_ids: [unpacked.diffId] },
  };
}
