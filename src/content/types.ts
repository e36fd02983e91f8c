import type { Readable } from 'node:stream';
import type { Digest } from '#spec/ids.ts';

/** `deferred`: the blob can be read at once, but is forgotten by a crash before `settle`; its way to the disk overlaps with other work. */
export interface IngestOptions {
  readonly signal?: AbortSignal;
  readonly deferred?: boolean;
}

/** Immutable blobs by digest. A blob has a name only after its digest was verified. */
export interface ContentStore {
  has(digest: Digest): boolean;
  /** Size in bytes. Throws notFound. */
  size(digest: Digest): number;
  /** Throws notFound, dataLoss when the file is gone or has another size. */
  read(digest: Digest): Readable;
  /** For small blobs (manifests, configs); throws exhausted above `limit` bytes (default 8 MiB). */
  readAll(digest: Digest, limit?: number): Promise<Buffer>;
  path(digest: Digest): string;
  /** Stores a stream; rejects with dataLoss if digest or size differ from what was expected. Returns what was stored. */
  ingest(
    source: AsyncIterable<Uint8Array>,
    expected?: { digest?: Digest; size?: number },
    options?: IngestOptions,
  ): Promise<{ digest: Digest; size: number }>;
  /**
   * Waits until blobs that were ingested with `deferred` are on the disk and makes them survive a crash. Others are ignored.
   * Rejects (exhausted, dataLoss) when one of them could not be written.
   */
  settle(digests: readonly Digest[]): Promise<void>;
  /** Deferred blobs that nobody settled yet. */
  unsettled(): readonly Digest[];
  put(bytes: Uint8Array): Promise<Digest>;
  remove(digest: Digest): Promise<void>;
  list(): readonly { digest: Digest; size: number }[];
}
