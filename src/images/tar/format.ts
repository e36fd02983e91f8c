import { fail } from '#base/errors.ts';

/**
 * The tar format: POSIX.1-2017 pax/ustar, with GNU's long names, sparse files and base-256 numbers.
 *
 * Names in archives are bytes, not text. A `ByteString` holds one byte per character (0…255), so that any name survives;
 * {@link toBytes} and {@link toText} make a file name or readable text of it.
 */
export type ByteString = string;

/** Bytes of a header or data block. */
export const BLOCK: number = 512;
/** Longest extended header, long name or sparse map in an archive that we read. */
export const maxMetadata: number = 1 << 20;

export type TarType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

/** Seconds since the epoch and nanoseconds 0…999999999 to add to them. */
export interface TarTime {
  readonly seconds: number;
  readonly nanos: number;
}

/** One run of data in a sparse file; everything between runs is zeros. */
export interface SparseRun {
  readonly offset: number;
  readonly length: number;
}

/** One entry with all of its extended headers applied. */
export interface TarEntry {
  readonly path: ByteString;
  readonly type: TarType;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Size of the file, holes included. */
  readonly size: number;
  readonly mtime: TarTime;
  /** Target of a link or symlink, otherwise empty. */
  readonly linkPath: ByteString;
  readonly devMajor: number;
  readonly devMinor: number;
  readonly uname: ByteString;
  readonly gname: ByteString;
  readonly xattrs: ReadonlyMap<ByteString, Buffer>;
  /** Data runs of a sparse file; undefined for an ordinary one. */
  readonly sparse?: readonly SparseRun[];
}

/** File name of a byte string. */
export function toBytes(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Byte string of a file name. */
export function fromBytes(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Readable text of a byte string, for messages and JSON. */
export function toText(text: ByteString): string {
  return toBytes(text).toString('utf8');
}

/** Byte string of ordinary text. */
export function fromText(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Raises the one error for archives that are not well-formed. */
export function malformed(what: string): never {
  fail('invalidArgument', `archive/tar: invalid tar header: ${what}`);
}

/** Reads a NUL-terminated text field. */
export function readText(block: Buffer, offset: number, length: number): ByteString {
  const end = block.indexOf(0, offset);
  return block.toString('latin1', offset, end < 0 || end > offset + length ? offset + length : end);
}

/** Reads a number field: octal digits, or GNU's base-256 when the top bit is set. Throws invalidArgument. */
export function readNumber(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  if ((first & 0x80) !== 0) return readBase256(block, offset, length);
  let value = 0;
  let digits = 0;
  let index = offset;
  const end = offset + length;
  while (index < end && (block[index] === 0x20 || block[index] === 0)) index++;
  for (; index < end; index++) {
    const byte = block[index] ?? 0;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37 || ++digits > 16) malformed('a number is not octal');
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

function readBase256(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  const negative = (first & 0x40) !== 0;
  let value = BigInt(negative ? (first & 0x7f) - 0x80 : first & 0x7f);
  for (let index = offset + 1; index < offset + length; index++) value = value * 256n + BigInt(block[index] ?? 0);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) malformed('a number is out of range');
  return number;
}

/** Writes a number as octal with a final NUL, or as base-256 when it does not fit. */
export function writeNumber(block: Buffer, offset: number, length: number, value: number): void {
  if (fitsOctal(value, length)) {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, length, 'latin1');
    return;
  }
  let rest = BigInt(value);
  for (let index = offset + length - 1; index >= offset; index--) {
    block[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  block[offset] = ((block[offset] ?? 0) | 0x80) & (value < 0 ? 0xff : 0xbf);
}

/** True when the value can be written as octal digits in a field of this length. */
export function fitsOctal(value: number, length: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < 8 ** (length - 1);
}

/** Sum of the header's bytes with its checksum field taken as spaces, unsigned and signed (old programs wrote the latter). */
export function checksums(block: Buffer): { unsigned: number; signed: number } {
  let unsigned = 0;
  let high = 0;
  for (let index = 0; index < BLOCK; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
    unsigned += byte;
    if (byte > 127) high++;
  }
  return { unsigned, signed: unsigned - 256 * high };
}

/** Bytes that fill the last block of `size` bytes of data. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
