import { fail } from '#base/errors.ts';
import { failpoint } from '#base/failpoints.ts';
import { mediaTypes } from '#spec/descriptor.ts';
import { chainIds, parseImageConfig } from '#spec/image.ts';
import type { WorkerPool } from '#base/worker-pool.ts';
import type { ContentStore } from '#content/types.ts';
import type { Snapshotter } from '#snapshots/types.ts';
import type { ImageConfigFile, Manifest } from '#spec/image.ts';
import type { ChainId, Digest } from '#spec/ids.ts';
import type { Catalog, ImageRecord } from './catalog.ts';
import type { Lease } from './leases.ts';
import type { ProgressMessage } from './types.ts';
import type { Unpacked, UnpackRequest } from './unpack.ts';

/** One image whose blobs are where the archive or registry put them: the layers in the store or ready to be. */
export interface ImageSource {
  readonly config: Buffer;
  /** Present when the image came with one; otherwise {@link installImage} writes an OCI manifest. */
  readonly manifest?: { readonly bytes: Buffer; readonly parsed: Manifest };
  /** Brings layer `index` into the content store and describes it. Called only for layers that are needed. */
  readonly layer: (index: number) => Promise<{ digest: Digest; size: number; mediaType: string }>;
  readonly layerCount: number;
}

export interface InstallDeps {
  readonly catalog: Catalog;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly workers: WorkerPool;
  /** A directory on the file system that the snapshots are on. */
  readonly directory: string;
}

interface Staged {
  readonly chainId: ChainId;
  readonly parent: ChainId | undefined;
  readonly size: number;
  commit(): Promise<void>;
}

/**
 * Verifies an image, unpacks the layers that are not there yet (in parallel) and brings them to the disk.
 * Returns the record, not yet in the catalog: naming comes last. On an error nothing but garbage is left.
 */
export async function installImage(
  deps: InstallDeps,
  source: ImageSource,
  lease: Lease,
  progress: (message: ProgressMessage) => void,
  signal: AbortSignal | undefined,
): Promise<ImageRecord> {
  const config = parseImageConfig(source.config);
  checkConfig(config, source);
  const chains = chainIds(config.rootfs.diff_ids);
  for (const chain of chains) lease.hold(chain);
  const layers: { digest: Digest; size: number; mediaType: string }[] = [];
  for (let index = 0; index < source.layerCount; index++) layers.push(await source.layer(index));
  for (const layer of layers) lease.hold(layer.digest);
  await unpackMissing(
    deps,
    config,
    chains,
    layers.map((layer) => layer.digest),
    progress,
    signal,
  );
  return finishImage(deps, source, chains, layers);
}

function checkConfig(config: ImageConfigFile, source: ImageSource): void {
  if (config.os !== '' && config.os !== 'linux') fail('invalidArgument', `cannot load ${config.os} image on linux`);
  const expected = config.rootfs.diff_ids.length;
  if (expected !== source.layerCount)
    fail('invalidArgument', `invalid manifest, layers length mismatch: expected ${expected}, got ${source.layerCount}`);
}

async function unpackMissing(
  deps: InstallDeps,
  config: ImageConfigFile,
  chains: readonly ChainId[],
  blobs: readonly Digest[],
  progress: (message: ProgressMessage) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing = chains.map((_, index) => index).filter((index) => !deps.snapshots.has(chains[index] ?? fail('internal', 'no chain id')));
  if (missing.length === 0) return;
  await using undo = new AsyncDisposableStack();
  const results = await Promise.allSettled(missing.map((index) => unpackOne(deps, config, chains, blobs, index, undo, progress, signal)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  failpoint('images.unpacked');
  // Rows may reach the disk at any time after they are written: what they stand for goes first.
  await deps.workers.run('sync', deps.directory, {});
  failpoint('images.synced');
  for (const result of results) {
    if (result.status === 'fulfilled') await result.value.commit();
    failpoint('images.layer-committed');
  }
}

async function unpackOne(
  deps: InstallDeps,
  config: ImageConfigFile,
  chains: readonly ChainId[],
  blobs: readonly Digest[],
  index: number,
  undo: AsyncDisposableStack,
  progress: (message: ProgressMessage) => void,
  signal: AbortSignal | undefined,
): Promise<Staged> {
  const [chainId, parent, blob, expected] = [chains[index], chains[index - 1], blobs[index], config.rootfs.diff_ids[index]];
  if (chainId === undefined || blob === undefined || expected === undefined) fail('internal', `layer ${index} is incomplete`);
  const stage = await deps.snapshots.stage();
  undo.defer(() => stage.discard());
  const total = deps.content.size(blob);
  const id = expected.slice(7, 19);
  progress({ status: 'Loading layer', progressDetail: { current: 0, total }, id });
  const request: UnpackRequest = {
    blob: deps.content.path(blob),
    digest: blob,
    target: stage.path,
    whiteouts: index === 0 ? 'drop' : 'overlay',
  };
  const unpacked = await deps.workers.run<Unpacked>('unpack', request, signal === undefined ? {} : { signal });
  if (unpacked.diffId !== expected) {
    fail('invalidArgument', `invalid diffID for layer ${index}: expected "${expected}", got "${unpacked.diffId}"`, {
      data: { expected, got: unpacked.diffId },
    });
  }
  progress({ status: 'Loading layer', progressDetail: { current: total, total }, id });
  return { chainId, parent, size: unpacked.size, commit: () => stage.commit(chainId, parent, unpacked.size) };
}

/** Stores config and manifest of an image whose layers are unpacked, and returns its record. */
export async function finishImage(
  deps: InstallDeps,
  source: Pick<ImageSource, 'config' | 'manifest'>,
  chains: readonly ChainId[],
  layers: readonly { digest: Digest; size: number; mediaType: string }[],
): Promise<ImageRecord> {
  const configDigest = await deps.content.put(source.config);
  const manifest =
    source.manifest?.bytes ?? Buffer.from(JSON.stringify(newManifest({ digest: configDigest, size: source.config.length }, layers)));
  const manifestDigest = await deps.content.put(manifest);
  failpoint('images.manifest-stored');
  await deps.content.settle([configDigest, manifestDigest, ...layers.map((layer) => layer.digest)]);
  const chainId = chains.at(-1);
  return {
    id: configDigest,
    manifest: manifestDigest,
    config: source.config,
    chainId,
    size: chains.reduce((sum, chain) => sum + layerSize(deps.snapshots, chain), 0),
    blobs: [...new Set([manifestDigest, configDigest, ...layers.map((layer) => layer.digest)])],
  };
}

/** Bytes of one committed layer, as Docker counts them. */
export function layerSize(snapshots: Snapshotter, chainId: ChainId): number {
  const found = snapshots.list().find((snapshot) => snapshot.kind === 'committed' && snapshot.chainId === chainId);
  return found?.kind === 'committed' ? found.size : 0;
}

/** The manifest of an image that came without one; the same as dockerd writes when it saves it. */
export function newManifest(
  config: { digest: Digest; size: number },
  layers: readonly { digest: Digest; size: number; mediaType: string }[],
): Manifest {
  return {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  };
}
