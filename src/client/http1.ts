import type { Socket } from 'node:net';

/**
 * HTTP/1.1 from the client's side over one socket, by pulling: head, body (length, chunked or until the end), or a taken-over
 * stream. Only what an Engine API client needs; node:http would cost as much start-up time as a whole command takes.
 */

const maxHead = 64 << 10;
const maxQueued = 1 << 20;

/** Bytes of a socket in order, with a place to put back what was read too far. Holds the sender back when nobody reads. */
export class ByteSource {
  readonly socket: Socket;
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #paused = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#queue.push(chunk);
      this.#queued += chunk.length;
      if (this.#queued > maxQueued && !this.#paused) {
        this.#paused = true;
        socket.pause();
      }
      this.#notify();
    });
    socket.on('end', () => this.#finish(undefined));
    socket.on('close', () => this.#finish(undefined));
    socket.on('error', (error) => this.#finish(error));
  }

  /** True once the other side has closed: nothing can be asked here any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next piece; undefined at the end. Throws the socket's error. */
  async next(): Promise<Buffer | undefined> {
    while (this.#queue.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const chunk = this.#queue.shift() as Buffer;
    this.#queued -= chunk.length;
    if (this.#paused && this.#queued === 0) {
      this.#paused = false;
      this.socket.resume();
    }
    return chunk;
  }

  /** Puts bytes back to the front. */
  unshift(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#queue.unshift(chunk);
    this.#queued += chunk.length;
  }

  #finish(error: Error | undefined): void {
    this.#ended = true;
    this.#error ??= error;
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

export interface Head {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** Reads one response head, skipping interim ones (1xx but 101). Undefined when the other side closed before any byte. */
export async function readHead(source: ByteSource): Promise<Head | undefined> {
  for (;;) {
    const text = await readUntilBlankLine(source);
    if (text === undefined) return undefined;
    const head = parseHead(text);
    if (head.status >= 200 || head.status === 101) return head;
  }
}

async function readUntilBlankLine(source: ByteSource): Promise<string | undefined> {
  let have: Buffer | undefined;
  for (;;) {
    const chunk = await source.next();
    if (chunk === undefined) {
      if (have === undefined) return undefined;
      throw new Error('unexpected EOF');
    }
    have = have === undefined ? chunk : Buffer.concat([have, chunk]);
    const end = have.indexOf('\r\n\r\n');
    if (end >= 0) {
      source.unshift(have.subarray(end + 4));
      return have.toString('latin1', 0, end);
    }
    if (have.length > maxHead) throw new Error('the answer\'s header is longer than 64 KiB');
  }
}

/** Parses the lines of a head. Repeated headers are joined by ", ". */
export function parseHead(text: string): Head {
  const lines = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(lines[0] ?? '');
  if (status === null) throw new Error(`malformed HTTP response ${JSON.stringify((lines[0] ?? '').slice(0, 80))}`);
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new Error(`malformed HTTP header ${JSON.stringify(line.slice(0, 80))}`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const old = headers.get(name);
    headers.set(name, old === undefined ? value : `${old}, ${value}`);
  }
  return { status: Number(status[1]), reason: status[2] ?? '', headers };
}

export type OnData = (chunk: Buffer) => void | Promise<void>;

/** How the body of a response ends. */
export type Framing = { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunked' } | { readonly kind: 'close' };

/** RFC 9112 §6.3 for responses. */
export function framingOf(head: Head, method: string): Framing {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return { kind: 'length', length: 0 };
  if (/\bchunked\b/i.test(head.headers.get('transfer-encoding') ?? '')) return { kind: 'chunked' };
  const length = head.headers.get('content-length');
  if (length === undefined) return { kind: 'close' };
  if (!/^\d{1,15}$/.test(length)) throw new Error(`malformed Content-Length ${JSON.stringify(length.slice(0, 40))}`);
  return { kind: 'length', length: Number(length) };
}

/** Delivers a body piece by piece, waiting for `onData` when it returns a promise. */
export async function readBody(source: ByteSource, framing: Framing, onData: OnData): Promise<void> {
  if (framing.kind === 'length') return readExactly(source, framing.length, onData);
  if (framing.kind === 'chunked') return readChunked(source, onData);
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    const wait = onData(chunk);
    if (wait !== undefined) await wait;
  }
}

async function readExactly(source: ByteSource, length: number, onData: OnData): Promise<void> {
  let left = length;
  while (left > 0) {
    const chunk = await source.next();
    if (chunk === undefined) throw new Error('unexpected EOF');
    if (chunk.length > left) source.unshift(chunk.subarray(left));
    const wait = onData(chunk.length > left ? chunk.subarray(0, left) : chunk);
    left -= Math.min(left, chunk.length);
    if (wait !== undefined) await wait;
  }
}

async function readChunked(source: ByteSource, onData: OnData): Promise<void> {
  for (;;) {
    const line = await readLine(source);
    const size = /^([0-9a-fA-F]{1,12})\s*(?:;.*)?$/.exec(line);
    if (size === null) throw new Error('malformed chunked encoding');
    const length = Number.parseInt(size[1] as string, 16);
    if (length === 0) break;
    await readExactly(source, length, onData);
    if ((await readLine(source)) !== '') throw new Error('malformed chunked encoding');
  }
  while ((await readLine(source)) !== '') { /* trailers */ }
}

async function readLine(source: ByteSource): Promise<string> {
  let have: Buffer | undefined;
  for (;;) {
    const chunk = await source.next();
    if (chunk === undefined) throw new Error('unexpected EOF');
    have = have === undefined ? chunk : Buffer.concat([have, chunk]);
    const end = have.indexOf(10);
    if (end >= 0) {
      source.unshift(have.subarray(end + 1));
      return have.toString('latin1', 0, end > 0 && have[end - 1] === 13 ? end - 1 : end);
    }
    if (have.length > 4096) throw new Error('malformed chunked encoding');
  }
}
