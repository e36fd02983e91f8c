import { BLOCK, checksums, malformed, readNumber, readText } from './format.ts';
import type { ByteString } from './format.ts';

/** One header block as it stands, before extended headers are applied. */
export interface RawHeader {
  readonly format: 'v7' | 'ustar' | 'gnu';
  /** Type flag: one character; '0' for the old NUL. */
  readonly flag: string;
  readonly path: ByteString;
  readonly linkPath: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly uname: ByteString;
  readonly gname: ByteString;
  readonly devMajor: number;
  readonly devMinor: number;
  /** Size of the file when it is a GNU sparse one, otherwise 0. */
  readonly realSize: number;
}

const zeros = Buffer.alloc(BLOCK);

/** True for a block of zeros: two of them end an archive. */
export function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.equals(zeros);
}

/** Reads a header block and checks its sum. Throws invalidArgument. */
export function parseHeader(block: Buffer): RawHeader {
  const sum = readNumber(block, 148, 8);
  const { unsigned, signed } = checksums(block);
  if (sum !== unsigned && sum !== signed) malformed('wrong checksum');
  const magic = block.toString('latin1', 257, 265);
  const format = magic.startsWith('ustar\0') ? 'ustar' : magic === 'ustar  \0' ? 'gnu' : 'v7';
  const flag = String.fromCharCode(block[156] || 0x30);
  const device = format !== 'v7' && (flag === '3' || flag === '4');
  const prefix = format === 'ustar' ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  const size = readNumber(block, 124, 12);
  if (size < 0) malformed('a negative size');
  return {
    format,
    flag,
    path: prefix === '' ? name : `${prefix}/${name}`,
    linkPath: readText(block, 157, 100),
    mode: readNumber(block, 100, 8),
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    size,
    mtime: readNumber(block, 136, 12),
    uname: format === 'v7' ? '' : readText(block, 265, 32),
    gname: format === 'v7' ? '' : readText(block, 297, 32),
    devMajor: device ? readNumber(block, 329, 8) : 0,
    devMinor: device ? readNumber(block, 337, 8) : 0,
    realSize: flag === 'S' && format === 'gnu' ? readNumber(block, 483, 12) : 0,
  };
}
