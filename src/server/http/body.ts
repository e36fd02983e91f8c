import { Readable } from 'node:stream';
import { fail } from '#base/errors.ts';
import type { Framing } from './head.ts';
import type { ByteReader } from './reader.ts';

const maxChunkLine = 4096;
const maxPiece = 1 << 20;

/** A request's body. It is read once: whole, as a stream, or thrown away. */
export class RequestBody {
  readonly #reader: ByteReader;
  readonly #framing: Framing;
  readonly #beforeRead: () => void;
  #done: boolean;
  #started = false;

  /** `beforeRead` is called at the first read (it answers `Expect: 100-continue`). */
  constructor(reader: ByteReader, framing: Framing, beforeRead: () => void) {
    this.#reader = reader;
    this.#framing = framing;
    this.#beforeRead = beforeRead;
    this.#done = framing.kind === 'none';
  }

  /** No bytes are left of it on the connection. */
  get done(): boolean {
    return this.#done;
  }

  get started(): boolean {
    return this.#started;
  }

  /** There is none at all (no length or a length of 0). */
  get absent(): boolean {
    return this.#framing.kind === 'none';
  }

  /** The whole body. Throws invalidArgument beyond `limit` bytes. */
  async text(limit: number): Promise<string> {
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of this.pieces()) {
      length += piece.length;
      if (length > limit) fail('invalidArgument', `the request body is larger than ${limit} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces, length).toString('utf8');
  }

  /**
   * A JSON value at the start of a stream that is about to be taken over. Some clients (dockerode) leave a chunked body without its
   * last chunk and go on with raw bytes, so the body counts as complete when a chunk ends a value. `terminator` is then what may
   * still come to end the body, before the raw bytes.
   */
  async jsonText(limit: number): Promise<{ text: string; terminator: string }> {
    let text = '';
    for await (const piece of this.pieces()) {
      text += piece.toString('utf8');
      if (text.length > limit) fail('invalidArgument', `the request body is larger than ${limit} bytes`);
      if (this.#framing.kind !== 'chunked' || this.#reader.length > 2 || !isJson(text)) continue;
      if (this.#reader.length === 0) return { text, terminator: '\r\n0\r\n\r\n' };
      if (this.#reader.peek().toString('latin1') !== '\r\n') continue;
      this.#reader.skip(2);
      return { text, terminator: '0\r\n\r\n' };
    }
    return { text, terminator: '' };
  }

  stream(): Readable {
    return Readable.from(this.pieces(), { objectMode: false, highWaterMark: maxPiece });
  }

  /** Reads and forgets what is left, up to `limit` bytes. True when the connection is at the next request. */
  async discard(limit: number): Promise<boolean> {
    let length = 0;
    for await (const piece of this.pieces()) {
      length += piece.length;
      if (length > limit) return false;
    }
    return true;
  }

  async *pieces(): AsyncGenerator<Buffer> {
    if (this.#done) return;
    if (!this.#started) this.#beforeRead();
    this.#started = true;
    if (this.#framing.kind === 'length') yield* this.#counted(this.#framing.length);
    else {
      for (;;) {
        const size = await this.#chunkSize();
        if (size === 0) break;
        yield* this.#counted(size);
        if ((await this.#line()) !== '') fail('invalidArgument', 'malformed chunked encoding');
      }
      // Trailers: nothing is done with them.
      while ((await this.#line()) !== '');
    }
    this.#done = true;
  }

  async *#counted(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (this.#reader.length === 0 && !(await this.#reader.more())) fail('invalidArgument', 'unexpected EOF');
      const piece = this.#reader.take(Math.min(left, maxPiece));
      left -= piece.length;
      yield piece;
    }
  }

  async #chunkSize(): Promise<number> {
    const [size = ''] = (await this.#line()).split(';');
    if (!/^[0-9a-fA-F]{1,12}$/.test(size.trim())) fail('invalidArgument', 'malformed chunked encoding');
    return Number.parseInt(size, 16);
  }

  async #line(): Promise<string> {
    for (;;) {
      // Mostly the line is in the first piece; joining all pieces for each chunk would copy everything many times.
      let bytes = this.#reader.front();
      let end = bytes.indexOf('\r\n');
      if (end < 0) {
        bytes = this.#reader.peek();
        end = bytes.indexOf('\r\n');
      }
      if (end > maxChunkLine || (end < 0 && bytes.length > maxChunkLine)) fail('invalidArgument', 'malformed chunked encoding');
      if (end >= 0) {
        this.#reader.skip(end + 2);
        return bytes.toString('latin1', 0, end);
      }
      if (!(await this.#reader.more())) fail('invalidArgument', 'unexpected EOF');
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
