import type { Sink } from './output.ts';

/**
 * Takes apart a multiplexed stream: frames of [stream, 0, 0, 0, big-endian length, data]; stream 1 is output, 2 error,
 * 3 an error of the daemon. Data is passed on in the pieces it came in, without copying and without looking at lines.
 */
export class Demultiplexer {
  readonly #out: Sink;
  readonly #err: Sink;
  readonly #header: Buffer = Buffer.alloc(8);
  #have = 0;
  #left = 0;
  #stream = 0;
  #systemError = '';

  constructor(out: Sink, err: Sink) {
    this.#out = out;
    this.#err = err;
  }

  /** Takes the next bytes. Returns a promise when a reader fell behind. Throws on a stream that is none. */
  push(chunk: Buffer): Promise<void> | undefined {
    let at = 0;
    let behind = false;
    while (at < chunk.length) {
      if (this.#left === 0) {
        at = this.#readHeader(chunk, at);
        if (this.#left === 0) continue;
        if (at >= chunk.length) break;
      }
      const end = Math.min(chunk.length, at + this.#left);
      const data = chunk.subarray(at, end);
      this.#left -= data.length;
      at = end;
      if (this.#deliver(data)) behind = true;
    }
    return behind ? Promise.all([this.#out.drained(), this.#err.drained()]).then(() => undefined) : undefined;
  }

  #readHeader(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#have === 0 && chunk.length - at >= 8) {
      this.#stream = chunk[at] as number;
      this.#left = chunk.readUInt32BE(at + 4);
      at += 8;
    } else {
      const take = Math.min(8 - this.#have, chunk.length - at);
      chunk.copy(this.#header, this.#have, at, at + take);
      this.#have += take;
      at += take;
      if (this.#have < 8) return at;
      this.#have = 0;
      this.#stream = this.#header[0] as number;
      this.#left = this.#header.readUInt32BE(4);
    }
    if (this.#stream > 3) throw new Error(`Unrecognized input header: ${this.#stream}`);
    return at;
  }

  #deliver(data: Buffer): boolean {
    if (this.#stream === 1 || this.#stream === 0) return !this.#out.push(data);
    if (this.#stream === 2) return !this.#err.push(data);
    if (this.#systemError.length < 64 << 10) this.#systemError += data.toString();
    if (this.#left > 0) return false;
    throw new Error(`error from daemon in stream: ${this.#systemError}`);
  }
}
