import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '#base/durable-file.ts';
import { BerthError, errnoOf, fail, messageOf } from '#base/errors.ts';
import { failpoint } from '#base/failpoints.ts';
import { parseDigest } from '#spec/ids.ts';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { StatementSync } from 'node:sqlite';
import type { Digest } from '#spec/ids.ts';
import type { Migration, Store } from '#store/types.ts';
import type { ContentStore, IngestOptions } from './types.ts';

/** `seq` grows with every blob: what came after a moment has a greater one (see leases in the images layer). */
export const contentMigrations: readonly Migration[] = [
  {
    layer: 'content',
    version: 1,
    sql: 'CREATE TABLE blob (seq INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, size INTEGER NOT NULL) STRICT',
  },
];

const PIECE = 1 << 20;
const DEFAULT_LIMIT = 8 << 20;

/**
 * Opens the blobs below `directory`: `blobs/<algorithm>/<hex>`, written under `ingest/` first. What `ingest/` holds
 * at this moment is left over from a crash and removed.
 */
export function openContentStore(directory: string, store: Store): ContentStore {
  return new DiskContentStore(directory, store);
}

class DiskContentStore implements ContentStore {
  readonly #directory: string;
  readonly #store: Store;
  readonly #select: StatementSync;
  /** Blobs without a row yet, with the end of their way to the disk. */
  readonly #pending = new Map<Digest, { readonly size: number; readonly synced: Promise<void> }>();
  #next = 0;

  constructor(directory: string, store: Store) {
    this.#directory = directory;
    this.#store = store;
    this.#select = store.db.prepare('SELECT size FROM blob WHERE digest = ?');
    for (const name of ['blobs/sha256', 'blobs/sha512', 'ingest']) mkdirSync(join(directory, name), { recursive: true, mode: 0o700 });
    for (const name of readdirSync(join(directory, 'ingest'))) rmSync(join(directory, 'ingest', name), { force: true });
    this.#removeUnowned();
  }

  // A crash between the rename and the row leaves a file that nothing owns.
  #removeUnowned(): void {
    const owned = new Set(this.list().map((blob) => this.path(blob.digest)));
    for (const algorithm of ['sha256', 'sha512']) {
      const folder = join(this.#directory, 'blobs', algorithm);
      for (const name of readdirSync(folder)) if (!owned.has(join(folder, name))) rmSync(join(folder, name), { force: true });
    }
  }

  has(digest: Digest): boolean {
    return this.#pending.has(digest) || this.#select.get(digest) !== undefined;
  }

  size(digest: Digest): number {
    const pending = this.#pending.get(digest);
    if (pending !== undefined) return pending.size;
    const row = this.#select.get(digest) ?? fail('notFound', `content ${digest}: not found`, { data: { digest } });
    return Number(row['size']);
  }

  path(digest: Digest): string {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(this.#directory, 'blobs', algorithm, hex);
  }

  read(digest: Digest): Readable {
    this.#check(digest);
    return createReadStream(this.path(digest), { highWaterMark: PIECE });
  }

  async readAll(digest: Digest, limit: number = DEFAULT_LIMIT): Promise<Buffer> {
    const size = this.#check(digest);
    if (size > limit) fail('exhausted', `content ${digest}: ${size} bytes are more than the limit of ${limit}`, { data: { digest } });
    return readFile(this.path(digest));
  }

  #check(digest: Digest): number {
    const size = this.size(digest);
    let found: number | undefined;
    try {
      found = statSync(this.path(digest)).size;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    if (found !== size)
      fail(
        'dataLoss',
        `content ${digest}: ${found === undefined ? 'the file is gone' : `the file has ${found} bytes instead of ${size}`}`,
        { data: { digest } },
      );
    return size;
  }

  async ingest(
    source: AsyncIterable<Uint8Array>,
    expected: { digest?: Digest; size?: number } = {},
    options: IngestOptions = {},
  ): Promise<{ digest: Digest; size: number }> {
    const temp = join(this.#directory, 'ingest', String(++this.#next));
    try {
      const { stored, file } = await writeVerified(temp, source, expected, options.signal);
      failpoint('content.written');
      if (options.deferred === true) this.#commitDeferred(temp, stored, file);
      else await this.#commitSynced(temp, stored, file);
      return stored;
    } catch (error) {
      rmSync(temp, { force: true });
      throw translate(error, 'storing content');
    }
  }

  async #commitSynced(temp: string, stored: Stored, file: FileHandle): Promise<void> {
    await synced(file);
    // Rename and row happen in one turn of the event loop, so that a removal of the same digest cannot come between.
    renameSync(temp, this.path(stored.digest));
    failpoint('content.renamed');
    this.#addRow(stored);
    this.#pending.delete(stored.digest);
  }

  #commitDeferred(temp: string, stored: Stored, file: FileHandle): void {
    const settled = this.#select.get(stored.digest) !== undefined && existsSync(this.path(stored.digest));
    if (settled) {
      rmSync(temp);
      void file.close();
      this.#addRow(stored);
      return;
    }
    renameSync(temp, this.path(stored.digest));
    const done = synced(file);
    done.catch(() => undefined);
    this.#pending.set(stored.digest, { size: stored.size, synced: done });
  }

  /** A blob that was there already gets a new sequence number too: whoever stored it now has a lease on what is new. */
  #addRow(stored: Stored): void {
    syncDirectory(join(this.path(stored.digest), '..'));
    this.#store.write(() =>
      this.#store.db.prepare('INSERT OR REPLACE INTO blob (digest, size) VALUES (?, ?)').run(stored.digest, stored.size),
    );
  }

  async settle(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) {
      // Somebody may store the same blob again while we wait: then its new file has to get to the disk.
      for (let pending = this.#pending.get(digest); pending !== undefined; pending = this.#pending.get(digest)) {
        await pending.synced.catch((error: unknown) => {
          throw translate(error, 'storing content');
        });
        if (this.#pending.get(digest) !== pending) continue;
        this.#addRow({ digest, size: pending.size });
        this.#pending.delete(digest);
      }
    }
  }

  unsettled(): readonly Digest[] {
    return [...this.#pending.keys()];
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    return (await this.ingest(source())).digest;
  }

  async remove(digest: Digest): Promise<void> {
    this.#pending.delete(digest);
    // No write for nothing: the disk may be full, and this be what makes room.
    if (this.has(digest)) this.#store.write(() => this.#store.db.prepare('DELETE FROM blob WHERE digest = ?').run(digest));
    rmSync(this.path(digest), { force: true });
  }

  list(): readonly { digest: Digest; size: number }[] {
    return this.#store.db
      .prepare('SELECT digest, size FROM blob ORDER BY seq')
      .all()
      .map((row) => ({ digest: parseDigest(String(row['digest'])), size: Number(row['size']) }));
  }
}

interface Stored {
  readonly digest: Digest;
  readonly size: number;
}

/** fdatasync and close. */
async function synced(file: FileHandle): Promise<void> {
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Writes a temporary file and checks it. The file stays open, for the caller to sync and close. */
async function writeVerified(
  temp: string,
  source: AsyncIterable<Uint8Array>,
  expected: Partial<Stored>,
  signal: AbortSignal | undefined,
): Promise<{ stored: Stored; file: FileHandle }> {
  await using undo = new AsyncDisposableStack();
  const file = undo.use(await open(temp, 'wx', 0o600));
  const stored = await writeAll(file, source, expected, signal);
  undo.move();
  return { stored, file };
}

async function writeAll(
  file: FileHandle,
  source: AsyncIterable<Uint8Array>,
  expected: Partial<Stored>,
  signal: AbortSignal | undefined,
): Promise<Stored> {
  const algorithm = expected.digest?.split(':')[0] ?? 'sha256';
  const hash = createHash(algorithm);
  let size = 0;
  for await (const piece of source) {
    if (signal?.aborted === true) fail('cancelled', 'storing content: cancelled');
    size += piece.length;
    if (expected.size !== undefined && size > expected.size)
      fail('dataLoss', `storing content: more than the expected ${expected.size} bytes`);
    // The kernel takes the piece while we hash it.
    const writing = writeFully(file, piece);
    writing.catch(() => undefined);
    hash.update(piece);
    await writing;
  }
  const digest = parseDigest(`${algorithm}:${hash.digest('hex')}`);
  if (expected.size !== undefined && size !== expected.size) {
    fail('dataLoss', `storing content: got ${size} bytes instead of ${expected.size}`);
  }
  if (expected.digest !== undefined && digest !== expected.digest) {
    fail('dataLoss', `storing content: wrong digest: expected ${expected.digest}, got ${digest}`, {
      data: { expected: expected.digest, digest },
    });
  }
  return { digest, size };
}

async function writeFully(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.length;) offset += (await file.write(piece, offset)).bytesWritten;
}

function translate(error: unknown, what: string): unknown {
  const code = errnoOf(error);
  if (error instanceof BerthError || code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new BerthError('exhausted', `${what}: no space left on device`, { cause: error, data: { errno: code } });
  return new BerthError('internal', `${what}: ${messageOf(error)}`, { cause: error, data: { errno: code } });
}
