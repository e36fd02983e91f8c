import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { errnoOf } from '#base/errors.ts';
import { openChain } from './files.ts';
import { decodeLine, formatLine } from './line.ts';
import type { LineFormat } from './line.ts';

export interface ReadLog extends LineFormat {
  /** The json-file log; its rotated predecessors are `path.1` (newest), `path.2`, … */
  readonly path: string;
  /** The last so many lines; -1 all. */
  readonly tail: number;
  /** Goes on with what is written later, until `ended` settles and everything was read. */
  readonly follow: boolean;
  readonly ended: Promise<unknown>;
  readonly signal: AbortSignal;
}

const chunk = 256 * 1024;
/** One line of the log may be this long (the shim splits at 16 KiB); beyond it, the file is not ours. */
const maxLine = 1024 * 1024;

/** Reads a container's log as the wire wants it. */
export function readLog(options: ReadLog): Readable {
  return Readable.from(read(options), { objectMode: false, highWaterMark: chunk });
}

async function* read(options: ReadLog): AsyncGenerator<Buffer, void, undefined> {
  const { files, offset } = await openChain(options.path, options.tail);
  const reader = new LineReader(options);
  try {
    let position = offset;
    for (const file of files.slice(0, -1)) {
      yield* reader.readToEnd(file, position);
      if (reader.done) return;
      position = 0;
    }
    const last = files.at(-1);
    if (last === undefined && !options.follow) return;
    if (options.follow) yield* follow(options, reader, last, position, files);
    else if (last !== undefined) yield* reader.readToEnd(last, position);
  } finally {
    for (const file of files) await file.close();
  }
}

/** Reads on as the file grows and is rotated. Opened files are added to `files`, whose owner closes them. */
async function* follow(options: ReadLog, reader: LineReader, first: FileHandle | undefined, start: number, files: FileHandle[]): AsyncGenerator<Buffer, void, undefined> {
  let file = first;
  let position = start;
  let ended = false;
  const changes = new Changes(dirname(options.path), options.signal);
  void options.ended.then(() => {
    ended = true;
    changes.notify();
  });
  try {
    while (!options.signal.aborted) {
      const last = ended;
      const seen = changes.count;
      if (file !== undefined) {
        yield* reader.readToEnd(file, position);
        position = reader.position;
      }
      if (reader.done) return;
      const next = await rotated(options.path, file);
      if (next !== undefined) {
        // What came into the old file between our last read and its rotation.
        if (file !== undefined) yield* reader.readToEnd(file, position);
        [file, position] = [next, 0];
        files.push(next);
        continue;
      }
      if (last) return;
      await changes.after(seen);
    }
  } finally {
    changes.close();
  }
}

/** The file that is now under `path`, when that is another one than `file`. */
async function rotated(path: string, file: FileHandle | undefined): Promise<FileHandle | undefined> {
  try {
    const now = await stat(path);
    if (file !== undefined && (await file.stat()).ino === now.ino) return undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return (await openChain(path, -1).then(async ({ files }) => {
    await Promise.all(files.slice(0, -1).map((older) => older.close()));
    return files.at(-1);
  }));
}

/** Tells that something in a directory changed (inotify), without losing what happens between two looks. */
class Changes {
  count = 0;
  #wake: () => void = () => undefined;
  readonly #watcher;
  readonly #signal: AbortSignal;

  constructor(directory: string, signal: AbortSignal) {
    this.#watcher = watch(directory, () => this.notify());
    this.#watcher.on('error', this.notify);
    this.#signal = signal;
    signal.addEventListener('abort', this.notify);
  }

  readonly notify = (): void => {
    this.count++;
    this.#wake();
  };

  async after(seen: number): Promise<void> {
    if (this.count !== seen || this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.#watcher.close();
    this.#signal.removeEventListener('abort', this.notify);
  }
}

/** Cuts files into lines and formats them, a chunk of the file into a chunk of output. */
class LineReader {
  readonly #format: LineFormat;
  readonly #signal: AbortSignal;
  readonly #buffer = Buffer.allocUnsafe(chunk);
  #rest: Buffer = Buffer.alloc(0);
  /** Offset behind the last whole line that was read. */
  position = 0;
  /** True when a line lay behind `until`. */
  done = false;

  constructor(options: ReadLog) {
    this.#format = options;
    this.#signal = options.signal;
  }

  async *readToEnd(file: FileHandle, start: number): AsyncGenerator<Buffer, void, undefined> {
    this.#rest = Buffer.alloc(0);
    this.position = start;
    while (!this.done && !this.#signal.aborted) {
      const { bytesRead } = await file.read(this.#buffer, 0, chunk, this.position + this.#rest.length);
      if (bytesRead === 0) return;
      const fresh = this.#buffer.subarray(0, bytesRead);
      const bytes = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
      const output = this.#convert(bytes);
      if (output.length > 0) yield output;
    }
  }

  #convert(bytes: Buffer): Buffer {
    const pieces: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const line = decodeLine(bytes, start, end);
      start = end + 1;
      const formatted = line === undefined ? undefined : formatLine(line, this.#format);
      if (formatted === 'end') {
        this.done = true;
        break;
      }
      if (formatted !== undefined) pieces.push(...formatted);
    }
    this.position += start;
    const left = bytes.subarray(start);
    this.#rest = left.length > maxLine ? Buffer.alloc(0) : Buffer.from(left);
    if (left.length > maxLine) this.position += left.length;
    return Buffer.concat(pieces);
  }
}
