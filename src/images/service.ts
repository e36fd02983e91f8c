import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { fail } from '#base/errors.ts';
import { failpoint } from '#base/failpoints.ts';
import { WorkerPool } from '#base/worker-pool.ts';
import { familiarString, parseReference, tagNameOnly } from '#spec/reference.ts';
import { ImageArchive } from './archive.ts';
import { Catalog } from './catalog.ts';
import { collectBlobs, collectSnapshots, positionOf } from './collect.ts';
import { layerOf } from './diff.ts';
import { commitImage } from './commit.ts';
import { historyOf } from './history.ts';
import { importImage } from './import.ts';
import { installImage } from './install.ts';
import { Leases } from './leases.ts';
import { imagesOf } from './load.ts';
import { removeImage } from './remove.ts';
import { saveImages, selectImages } from './save.ts';
import type { ContentStore } from '#content/types.ts';
import type { DiskSnapshotter } from '#snapshots/snapshotter.ts';
import type { NamedReference } from '#spec/reference.ts';
import type { Store } from '#store/types.ts';
import type { CommitOptions } from './commit.ts';
import type { CollectDeps } from './collect.ts';
import type { ImageRecord } from './catalog.ts';
import type { InstallDeps } from './install.ts';
import type { Lease } from './leases.ts';
import type { Image, ImageService, ProgressMessage } from './types.ts';

/** The image service with what its owner has to call. */
export interface ManagedImageService extends ImageService, AsyncDisposable {
  /** Removes blobs and layers that nothing needs: call when a container whose image is gone was removed. */
  collect(): Promise<{ freedBytes: number }>;
  /** What was changed in an active snapshot, as an OCI layer ({@link layerOf}). */
  changesOf(key: string): Readable;
}

/**
 * Constructs the service and begins to collect what a crash left without an owner. `directory` is one on the snapshots'
 * file system.
 */
export function openImageService(parts: {
  store: Store;
  content: ContentStore;
  snapshots: DiskSnapshotter;
  directory: string;
}): ManagedImageService {
  const images = new Images(parts);
  // What can't be collected now is at the next opportunity.
  images.collect().catch(() => undefined);
  return images;
}

class Images implements ManagedImageService {
  readonly #catalog: Catalog;
  readonly #leases: Leases;
  readonly #snapshots: DiskSnapshotter;
  readonly #deps: InstallDeps & CollectDeps;

  constructor({
    store,
    content,
    snapshots,
    directory,
  }: {
    store: Store;
    content: ContentStore;
    snapshots: DiskSnapshotter;
    directory: string;
  }) {
    this.#catalog = new Catalog(store);
    this.#snapshots = snapshots;
    this.#leases = new Leases(() => positionOf(this.#catalog));
    const workers = new WorkerPool(new URL('./worker.ts', import.meta.url), Math.min(4, availableParallelism()));
    this.#deps = { catalog: this.#catalog, content, snapshots, leases: this.#leases, workers, directory };
  }

  list(): readonly Image[] {
    return this.#catalog.ids().flatMap((id) => this.#catalog.find(id) ?? []);
  }

  get(reference: string): Image {
    return this.#catalog.find(this.#catalog.resolve(reference)) ?? fail('notFound', `No such image: ${reference}`);
  }

  async load(
    archive: Readable,
    progress: (message: ProgressMessage) => void,
    options: { signal?: AbortSignal; platform?: string } = {},
  ): Promise<readonly Image[]> {
    return this.#storing(async (lease) => {
      const { content } = this.#deps;
      const files = await ImageArchive.read(archive, content, lease, options.signal);
      const loaded: { record: ImageRecord; names: readonly NamedReference[] }[] = [];
      for (const { source, names } of await imagesOf(files, content, options.platform)) {
        loaded.push({ record: await installImage(this.#deps, source, lease, progress, options.signal), names });
      }
      failpoint('images.before-names');
      this.#catalog.store.write(() => {
        for (const { record, names } of loaded) this.#publish(record, names, progress);
      });
      failpoint('images.named');
      await this.#catalog.store.durable();
      announce(loaded, progress);
      return loaded.map(({ record }) => this.get(record.id));
    });
  }

  /** Runs an operation that stores things, under a lease; what it leaves without an owner is collected. */
  async #storing<T>(body: (lease: Lease) => Promise<T>): Promise<T> {
    try {
      using lease = this.#leases.take();
      const result = await body(lease);
      return result;
    } catch (error) {
      // On a full disk, room for the collection's own writes comes from what was being unpacked.
      await this.#snapshots.settled();
      throw error;
    } finally {
      // What can't be collected now is at the next opportunity; the operation's own result counts.
      await this.collect().catch(() => undefined);
    }
  }

  #publish(record: ImageRecord, names: readonly NamedReference[], progress: (message: ProgressMessage) => void): void {
    this.#catalog.add(record);
    for (const name of names) {
      const previous = this.#catalog.byName(name);
      if (previous !== undefined && previous !== record.id) {
        progress({
          stream: `The image ${familiarString(name)} already exists, renaming the old one with ID ${previous} to empty string\n`,
        });
      }
      this.#catalog.setName(name, record.id, false);
    }
  }

  async import(
    tar: Readable,
    options: { reference?: string; message?: string; changes?: readonly string[]; platform?: string; signal?: AbortSignal },
  ): Promise<Image> {
    const name = options.reference === undefined || options.reference === '' ? undefined : importName(options.reference);
    return this.#storing(async (lease) => {
      const record = await importImage(this.#deps, tar, lease, options);
      this.#catalog.store.write(() => {
        this.#catalog.add(record);
        if (name !== undefined) this.#catalog.setName(name, record.id, true);
      });
      await this.#catalog.store.durable();
      return this.get(record.id);
    });
  }

  async commit(layer: Readable, options: CommitOptions): Promise<Image> {
    return this.#storing(async (lease) => {
      const record = await commitImage(this.#deps, layer, lease, options);
      this.#catalog.add(record);
      await this.#catalog.store.durable();
      return this.get(record.id);
    });
  }

  save(references: readonly string[]): Readable {
    const images = selectImages(this.#catalog, references);
    const lease: Lease = this.#leases.take();
    try {
      for (const image of images) for (const digest of this.#catalog.blobsOf(image.id)) lease.hold(digest);
      const stream = saveImages(images, this.#deps.content);
      stream.once('close', () => lease[Symbol.dispose]());
      return stream;
    } catch (error) {
      lease[Symbol.dispose]();
      throw error;
    }
  }

  tag(source: string, target: string): void {
    const id = this.#catalog.resolve(source);
    const name = parseReference(target);
    if (name.digest !== undefined) fail('invalidArgument', 'refusing to create a tag with a digest reference');
    this.#catalog.setName(tagNameOnly(name), id, true);
  }

  async remove(reference: string, options: Parameters<ImageService['remove']>[1]): ReturnType<ImageService['remove']> {
    const removals = this.#catalog.store.write(() => removeImage(this.#catalog, reference, options));
    failpoint('images.removed');
    // In the same turn: whoever asks for one of these layers next does not find it.
    const layers = collectSnapshots(this.#deps).map((chainId) => ({ deleted: chainId as string }));
    failpoint('images.layers-removed');
    await this.#catalog.store.durable();
    await collectBlobs(this.#deps);
    return [...removals, ...layers];
  }

  history(reference: string): ReturnType<ImageService['history']> {
    return historyOf(this.get(reference), this.#deps.snapshots);
  }

  changesOf(key: string): Readable {
    return Readable.from(layerOf(this.#snapshots.upperPath(key)), { objectMode: false, highWaterMark: 1 << 20 });
  }

  async collect(): Promise<{ freedBytes: number }> {
    collectSnapshots(this.#deps);
    return { freedBytes: await collectBlobs(this.#deps) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deps.workers[Symbol.asyncDispose]();
  }
}

// Ids are told only when the whole archive names nothing, as Docker does.
function announce(
  loaded: readonly { record: ImageRecord; names: readonly NamedReference[] }[],
  progress: (message: ProgressMessage) => void,
): void {
  const names = loaded.flatMap(({ names: list }) => list);
  for (const name of names) progress({ stream: `Loaded image: ${familiarString(name)}\n` });
  if (names.length === 0) for (const { record } of loaded) progress({ stream: `Loaded image ID: ${record.id}\n` });
}

function importName(text: string): NamedReference {
  const name = parseReference(text);
  if (name.digest !== undefined) fail('invalidArgument', 'cannot import digest reference');
  return tagNameOnly(name);
}
