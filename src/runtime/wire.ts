import { fail } from '#base/errors.ts';

const MAX_BYTES = 16 << 20;

/** Throws the dataLoss of a plan that cannot be read. */
export function bad(what: string): never {
  return fail('dataLoss', `reading a plan: ${what}`);
}

/** A growing little-endian buffer. */
export class Writer {
  #buffer = Buffer.alloc(16384);
  #length = 0;

  u8(value: number): void {
    this.#length = this.#room(1).writeUInt8(value, this.#length);
  }

  u16(value: number): void {
    this.#length = this.#room(2).writeUInt16LE(value, this.#length);
  }

  u32(value: number): void {
    this.#length = this.#room(4).writeUInt32LE(value, this.#length);
  }

  i64(value: bigint): void {
    this.#length = this.#room(8).writeBigInt64LE(value, this.#length);
  }

  string(value: Uint8Array): void {
    this.u32(value.length);
    this.#room(value.length + 1).set(value, this.#length);
    this.#length += value.length;
    this.u8(0);
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(more: number): Buffer {
    const need = this.#length + more;
    if (need > MAX_BYTES) fail('invalidArgument', `encoding a plan: it is larger than ${MAX_BYTES} bytes`);
    if (need > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(need, this.#buffer.length * 2));
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

/** Reads what {@link Writer} wrote; every read is bounded. */
export class Reader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#buffer.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  i64(): bigint {
    return this.#buffer.readBigInt64LE(this.#take(8));
  }

  /** A count of strings: no larger than what the rest can hold. */
  count(): number {
    const count = this.u32();
    return count * 5 <= this.#buffer.length - this.#offset ? count : bad('a count is too large');
  }

  string(): Buffer {
    const length = this.u32();
    const start = this.#take(length + 1);
    if (this.#buffer[start + length] !== 0) bad('a string is not terminated');
    return this.#buffer.subarray(start, start + length);
  }

  end(): void {
    if (this.#offset !== this.#buffer.length) bad('there are bytes after its end');
  }

  #take(bytes: number): number {
    const start = this.#offset;
    if (bytes > this.#buffer.length - start) bad('it is cut short');
    this.#offset = start + bytes;
    return start;
  }
}
