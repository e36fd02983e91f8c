import type { Readable } from 'node:stream';
import type { Digest } from '#spec/ids.ts';

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
  ingest(source: AsyncIterable<Uint8Array>, expected?: { digest?: Digest; size?: number }, options?: { signal?: AbortSignal }): Promise<{ digest: Digest; size: number }>;
  put(bytes: Uint8Array): Promise<Digest>;
  remove(digest: Digest): Promise<void>;
  list(): readonly { digest: Digest; size: number }[];
}
