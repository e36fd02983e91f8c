import { watch } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { errnoOf } from '#base/errors.ts';
import { decodeLines, type DecodeOptions } from './decode.ts';
import { Frames } from './frames.ts';

/** How to read a json-file log: what to show (DecodeOptions), where to begin and when to stop. */
export interface ReadOptions extends DecodeOptions {
  /** The current file; rotated ones are `path.1` (newest) … `path.N`, or `path.1.gz` …. */
  readonly path: string;
  /** Number of rotated files that may exist. */
  readonly rotated: number;
  /** Last n lines over all files; -1: everything. */
  readonly tail: number;
  readonly follow: boolean;
  /** Settles when no more will be written; following ends after what is there then. */
  readonly ended: Promise<unknown>;
  readonly signal: AbortSignal;
}

const CHUNK = 1 << 18;
/** More than the longest line: 16 KiB of text, escaped, and attributes of up to 32 KiB. */
const LONGEST = 1 << 20;

/** Reads a log as bytes for a client, in big pieces that last until the next one is asked for. Missing files are empty logs. */
export async function* readJsonFile(options: ReadOptions): AsyncGenerator<Buffer> {
  const files = await openAll(options.path, options.rotated);
  const frames = new Frames(options.frames);
  try {
    const start = options.tail < 0 ? { file: 0, offset: 0 } : await findTail(files, options.tail);
    for (let index = start.file; index < files.length; index++) {
      const isCurrent = index === files.length - 1;
      const reader = new Reader(files[index]!.handle, index === start.file ? start.offset : 0);
      if (isCurrent && options.follow) {
        files.splice(index, 1);
        yield* follow(reader, frames, options);
        return;
      }
      if (yield* drain(reader, frames, options)) return;
    }
    if (files.length === 0 && options.follow) yield* follow(undefined, frames, options);
  } finally {
    await Promise.all(files.map((file) => file.handle.close()));
  }
}

/** A file position with the unfinished line that was read past it. */
class Reader {
  readonly handle: FileHandle;
  #offset: number;
  #buffer: Buffer = Buffer.allocUnsafe(CHUNK);
  /** What of the buffer has been given out, and how far it is filled. */
  #given = 0;
  #filled = 0;

  constructor(handle: FileHandle, offset: number) {
    this.handle = handle;
    this.#offset = offset;
  }

  /** The next piece that holds at least one complete line, valid until the next call; undefined at the end of the file. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      this.#makeRoom();
      const { bytesRead } = await this.handle.read(this.#buffer, this.#filled, this.#buffer.length - this.#filled, this.#offset);
      if (bytesRead === 0) return undefined;
      this.#offset += bytesRead;
      this.#filled += bytesRead;
      const filled = this.#buffer.subarray(0, this.#filled);
      const end = filled.lastIndexOf(0x0a);
      if (end < 0) continue;
      this.#given = end + 1;
      return filled.subarray(0, end + 1);
    }
  }

  /** Moves the unfinished line to the front. One that is longer than any that is written is dropped: a disk's damage, not a line. */
  #makeRoom(): void {
    this.#buffer.copyWithin(0, this.#given, this.#filled);
    this.#filled -= this.#given;
    this.#given = 0;
    if (this.#filled < this.#buffer.length) return;
    if (this.#filled >= LONGEST) {
      this.#filled = 0;
      return;
    }
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** Yields until the end of the file; returns true when `until` was passed. */
async function* drain(reader: Reader, frames: Frames, options: ReadOptions): AsyncGenerator<Buffer, boolean> {
  for (;;) {
    options.signal.throwIfAborted();
    const piece = await reader.next();
    if (piece === undefined) return false;
    const decoded = decodeLines(piece, options, frames);
    if (decoded.bytes.length > 0) yield decoded.bytes;
    if (decoded.past) return true;
  }
}

/** Reads on as the file grows and across rotations, until the log has ended, `until` is passed or the caller leaves. */
async function* follow(first: Reader | undefined, frames: Frames, options: ReadOptions): AsyncGenerator<Buffer> {
  let reader = first;
  let ended = false;
  const wake = new Wake(options);
  void options.ended.finally(() => {
    ended = true;
    wake.ring();
  });
  try {
    for (;;) {
      const last = ended; // read before draining: what was written before the end is then certainly seen
      wake.reset();
      if (reader !== undefined && (yield* drain(reader, frames, options))) return;
      const next = await reopenIfRotated(reader, options.path);
      if (next !== undefined) {
        // A write may have gone to the old file after its last read and before the rename.
        if (reader !== undefined && (yield* drain(reader, frames, options))) return;
        await reader?.handle.close();
        reader = next;
        continue;
      }
      if (last) return;
      await wake.rung;
      options.signal.throwIfAborted();
    }
  } finally {
    wake[Symbol.dispose]();
    await reader?.handle.close();
  }
}

async function reopenIfRotated(reader: Reader | undefined, path: string): Promise<Reader | undefined> {
  const handle = await openIfThere(path);
  if (handle === undefined) return undefined;
  const [now, before] = await Promise.all([handle.stat(), reader?.handle.stat()]);
  if (before !== undefined && now.ino === before.ino) {
    await handle.close();
    return undefined;
  }
  return new Reader(handle, 0);
}

/** inotify on the log's folder plus the caller's signal, as something to wait for. */
class Wake {
  rung!: Promise<void>;
  #ring!: () => void;
  readonly #watcher;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#ring();

  constructor(options: ReadOptions) {
    this.reset();
    const name = basename(options.path);
    this.#watcher = watch(dirname(options.path), (_event, file) => {
      if (file === null || file === name) this.#ring();
    });
    this.#watcher.on('error', () => this.#ring());
    this.#signal = options.signal;
    this.#signal.addEventListener('abort', this.#onAbort);
  }

  reset(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.rung = promise;
    this.#ring = resolve;
  }

  ring(): void {
    this.#ring();
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

interface LogFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/** Oldest first. The current file is opened first, so that a rotation in between shows a file twice at worst, never none. */
async function openAll(path: string, rotated: number): Promise<LogFile[]> {
  const names = [path, ...Array.from({ length: rotated }, (_, index) => `${path}.${index + 1}`)];
  const files: LogFile[] = [];
  const seen = new Set<number>();
  for (const name of names) {
    const handle = (await openIfThere(name)) ?? (await openCompressed(`${name}.gz`));
    if (handle === undefined) continue;
    const { ino, size } = await handle.stat();
    if (seen.has(ino)) await handle.close();
    else files.unshift({ handle, size });
    seen.add(ino);
  }
  return files;
}

/** A compressed file as an unlinked plain one: the last lines are searched from the end. */
async function openCompressed(path: string): Promise<FileHandle | undefined> {
  const compressed = await openIfThere(path);
  if (compressed === undefined) return undefined;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => compressed.close());
  const folder = await mkdtemp(join(tmpdir(), 'berth-log-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const plain = await open(join(folder, 'log'), 'wx+', 0o600);
  try {
    await pipeline(compressed.createReadStream(), createGunzip(), async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) await plain.appendFile(piece);
    });
    return plain;
  } catch (error) {
    await plain.close();
    throw error;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the last `lines` lines begin, reading backwards. */
async function findTail(files: readonly LogFile[], lines: number): Promise<{ file: number; offset: number }> {
  const end = { file: Math.max(files.length - 1, 0), offset: files.at(-1)?.size ?? 0 };
  if (lines === 0) return end;
  let missing = lines;
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let index = files.length - 1; index >= 0; index--) {
    const { handle, size } = files[index]!;
    // The newline that ends the last line does not begin another one.
    for (let high = size - 1; high > 0; ) {
      const low = Math.max(0, high - CHUNK);
      const { bytesRead } = await handle.read(buffer, 0, high - low, low);
      for (let at = buffer.subarray(0, bytesRead).lastIndexOf(0x0a); at >= 0; at = at === 0 ? -1 : buffer.lastIndexOf(0x0a, at - 1)) {
        if (--missing === 0) return { file: index, offset: low + at + 1 };
      }
      high = low;
    }
    if (size > 0 && --missing === 0) return { file: index, offset: 0 };
  }
  return { file: 0, offset: 0 };
}
