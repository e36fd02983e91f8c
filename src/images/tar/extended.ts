import { fail } from '#base/errors.ts';
import { fromBytes, malformed } from './format.ts';
import { paxNumber, paxTime } from './pax.ts';
import { paxSparse } from './sparse.ts';
import type { ByteString, TarEntry, TarTime, TarType } from './format.ts';
import type { RawHeader } from './header.ts';
import type { PaxRecord } from './pax.ts';
import type { PaxSparse } from './sparse.ts';

/** A header with everything applied that came before it. `stored` is the number of bytes in the archive. */
export interface Extended {
  readonly entry: TarEntry;
  readonly stored: number;
  readonly sparse: PaxSparse | undefined;
}

const TYPES: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file', // "contiguous", POSIX: to be read as a file where there is no such thing
  S: 'file',
};

const SCHILY = 'SCHILY.xattr.';
const LIBARCHIVE = 'LIBARCHIVE.xattr.';
const NO_XATTRS: ReadonlyMap<ByteString, Buffer> = new Map();

/** Applies the pax records and GNU long names that precede a header. Throws invalidArgument. */
export function applyPax(
  raw: RawHeader,
  records: readonly PaxRecord[],
  longName: Buffer | undefined,
  longLink: Buffer | undefined,
): Extended {
  const kind = TYPES[raw.flag] ?? fail('invalidArgument', `unhandled tar header type ${raw.flag.charCodeAt(0)}`);
  let path = longName === undefined ? raw.path : fromBytes(longName);
  const fields = {
    linkPath: longLink === undefined ? raw.linkPath : fromBytes(longLink),
    uid: raw.uid,
    gid: raw.gid,
    uname: raw.uname,
    gname: raw.gname,
    mtime: { seconds: raw.mtime, nanos: 0 } satisfies TarTime as TarTime,
    size: raw.size,
  };
  for (const { key, value } of records) {
    // An empty value takes the extended header back: the field of the block counts again.
    if (value.length === 0) continue;
    if (key === 'path') path = fromBytes(value);
    else applyRecord(fields, key, value);
  }
  // GNU tar puts a made-up name into `path` of a sparse file, for readers that do not know the format.
  const sparseName = records.findLast((record) => record.key === 'GNU.sparse.name');
  if (sparseName !== undefined && sparseName.value.length > 0) path = fromBytes(sparseName.value);
  if (path === '' || path.includes('\0') || fields.linkPath.includes('\0')) malformed('an empty or impossible name');
  // Archives before POSIX had no flag for directories: the name's last slash is it.
  const type = kind === 'file' && raw.flag !== 'S' && path.endsWith('/') ? 'directory' : kind;
  const { size, ...rest } = fields;
  return {
    entry: {
      ...rest,
      path,
      type,
      mode: raw.mode & 0o7777,
      size: type === 'file' ? size : 0,
      linkPath: type === 'link' || type === 'symlink' ? fields.linkPath : '',
      devMajor: raw.devMajor,
      devMinor: raw.devMinor,
      xattrs: records.length === 0 ? NO_XATTRS : xattrsOf(records),
    },
    stored: size,
    sparse: kind === 'file' ? paxSparse(records) : undefined,
  };
}

interface Fields {
  linkPath: ByteString;
  uid: number;
  gid: number;
  uname: ByteString;
  gname: ByteString;
  mtime: TarTime;
  size: number;
}

function applyRecord(fields: Fields, key: ByteString, value: Buffer): void {
  if (key === 'linkpath') fields.linkPath = fromBytes(value);
  else if (key === 'uid') fields.uid = paxNumber(value);
  else if (key === 'gid') fields.gid = paxNumber(value);
  else if (key === 'uname') fields.uname = fromBytes(value);
  else if (key === 'gname') fields.gname = fromBytes(value);
  else if (key === 'mtime') fields.mtime = paxTime(value);
  else if (key === 'size') {
    fields.size = paxNumber(value);
    if (fields.size < 0) malformed('a negative size');
  }
}

// star writes names and values as they are; bsdtar percent-encodes names and base64-encodes values. The former wins.
function xattrsOf(records: readonly PaxRecord[]): ReadonlyMap<ByteString, Buffer> {
  const found = new Map<ByteString, Buffer>();
  for (const { key, value } of records) {
    if (key.startsWith(LIBARCHIVE)) found.set(percentDecode(key.slice(LIBARCHIVE.length)), Buffer.from(value.toString('latin1'), 'base64'));
  }
  for (const { key, value } of records) {
    if (key.startsWith(SCHILY)) found.set(key.slice(SCHILY.length), value);
  }
  return found;
}

function percentDecode(text: ByteString): ByteString {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
