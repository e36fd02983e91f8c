import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { errnoOf, messageOf } from '#base/errors.ts';

/** What is known of an event; the rest of the wire's document follows from it. */
export interface EventRecord {
  /** Nanoseconds since the epoch. */
  readonly ns: bigint;
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const chunkBytes = 65_536;

/**
 * Past events on disk, in two files of bounded size: `PATH`, and `PATH.1` with what came before. One line per event, a time
 * and a JSON list. Lines are written by the turn of the event loop, not waited for and not synced: a killed daemon loses
 * none that it has told, a power cut may take the last ones. A damaged line is passed over.
 */
export class EventLog implements Disposable {
  readonly #path: string;
  readonly #limit: number;
  readonly #warn: (text: string) => void;
  #fd: number;
  /** Positions count bytes from where the older file began when this was opened. */
  #olderStart = 0;
  #start: number;
  #end: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #failed = false;
  #closed = false;

  constructor(path: string, warn: (text: string) => void, limit: number = 4 << 20) {
    this.#path = path;
    this.#limit = limit;
    this.#warn = warn;
    this.#start = sizeOf(`${path}.1`);
    this.#fd = openSync(path, 'a', 0o600);
    this.#end = this.#start + fstatSync(this.#fd).size;
    // What a power cut left of a line must not swallow the next one.
    if (this.#end > this.#start) this.#push('\n');
  }

  /** Writes an event with the end of this turn; returns its position. */
  append({ ns, type, action, id, attributes }: EventRecord): number {
    if (this.#pending.length === 0) setImmediate(() => this.flush());
    return this.#push(`${ns} ${JSON.stringify([type, action, id, attributes])}\n`);
  }

  #push(line: string): number {
    const position = this.#end + this.#pendingBytes;
    this.#pending.push(line);
    this.#pendingBytes += Buffer.byteLength(line);
    return position;
  }

  /** Writes what waits. Never throws: a full disk costs history, not the operation that is told. */
  flush(): void {
    if (this.#pending.length === 0 || this.#closed) return;
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      if (this.#end - this.#start >= this.#limit) this.#rotate();
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
      this.#end += bytes.length;
      this.#failed = false;
    } catch (error) {
      this.#end = this.#start + fstatSync(this.#fd).size;
      if (!this.#failed) this.#warn(`keeping events in ${this.#path}: ${messageOf(error)}`);
      this.#failed = true;
    }
  }

  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`);
    const fd = openSync(this.#path, 'a', 0o600);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#olderStart = this.#start;
    this.#start = this.#end;
  }

  /** The events before a position (Infinity: all), oldest first. What is there when this is called is read, however the files change meanwhile. */
  read(before: number): AsyncIterable<EventRecord> {
    this.flush();
    const files = [
      { path: `${this.#path}.1`, bytes: Math.min(before, this.#start) - this.#olderStart },
      { path: this.#path, bytes: Math.min(before, this.#end) - this.#start },
    ].flatMap(({ path, bytes }) => (bytes > 0 ? open(path, bytes) : []));
    return readAll(files);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    closeSync(this.#fd);
  }
}

interface OpenFile {
  readonly fd: number;
  readonly bytes: number;
}

function open(path: string, bytes: number): OpenFile[] {
  try {
    return [{ fd: openSync(path, 'r'), bytes }];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function sizeOf(path: string): number {
  const [file] = open(path, 0);
  if (file === undefined) return 0;
  try {
    return fstatSync(file.fd).size;
  } finally {
    closeSync(file.fd);
  }
}

async function* readAll(files: readonly OpenFile[]): AsyncGenerator<EventRecord, void, undefined> {
  try {
    for (const file of files) yield* readFile(file);
  } finally {
    for (const { fd } of files) closeSync(fd);
  }
}

async function* readFile({ fd, bytes }: OpenFile): AsyncGenerator<EventRecord, void, undefined> {
  const chunk = Buffer.alloc(chunkBytes);
  let rest: Buffer = Buffer.alloc(0);
  for (let at = 0; at < bytes; ) {
    const n = readSync(fd, chunk, 0, Math.min(chunk.length, bytes - at), at);
    if (n === 0) return;
    at += n;
    const text = Buffer.concat([rest, chunk.subarray(0, n)]);
    const end = text.lastIndexOf(10) + 1;
    rest = text.subarray(end);
    for (const line of text.toString('utf8', 0, end).split('\n')) {
      const event = parseEvent(line);
      if (event !== undefined) yield event;
    }
    // A long history is not read in one go: others have requests, too.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One line; undefined for what is none (left by a power cut). */
export function parseEvent(line: string): EventRecord | undefined {
  const match = /^(\d{1,19}) (\[.*\])$/.exec(line);
  if (match === null) return undefined;
  try {
    const [type, action, id, attributes] = JSON.parse(match[2] ?? '') as [unknown, unknown, unknown, unknown];
    if (typeof type !== 'string' || typeof action !== 'string' || typeof id !== 'string' || typeof attributes !== 'object' || attributes === null) return undefined;
    return { ns: BigInt(match[1] ?? 0), type, action, id, attributes: attributes as Record<string, string> };
  } catch {
    return undefined;
  }
}
