import { BLOCK, checksums, fitsOctal, padding, writeNumber } from './format.ts';
import { formatPax, formatPaxTime } from './pax.ts';
import type { ByteString, SparseRun, TarEntry, TarType } from './format.ts';
import type { PaxRecord } from './pax.ts';

/** What an entry needs at least; the rest of {@link TarEntry} has the obvious defaults (mode 0644 or 0755, root, the epoch). */
export type NewEntry = Pick<TarEntry, 'path' | 'type'> & Partial<TarEntry>;

/** Two blocks of zeros: the end of an archive. */
export const endOfArchive: Buffer = Buffer.alloc(2 * BLOCK);

const FLAGS: Readonly<Record<TarType, string>> = { file: '0', link: '1', symlink: '2', char: '3', block: '4', directory: '5', fifo: '6' };

/**
 * The header blocks of an entry: ustar where that can say it, otherwise with a pax extended header before it. After them
 * come the entry's data (of a sparse file: only its runs) and {@link padding} of their length. Deterministic.
 */
export function encodeHeader(entry: NewEntry): Buffer {
  const size = entry.type === 'file' ? (entry.size ?? 0) : 0;
  const map = entry.sparse === undefined ? undefined : encodeMap(entry.sparse, size);
  const stored = map === undefined ? size : map.length + storedSize(entry.sparse ?? []);
  const path = entry.type === 'directory' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  const records = extendedRecords(entry, path, stored, size);
  const blocks: Buffer[] = [];
  const fallback = { ...entry, path: shorten(path), linkPath: shortLink(entry.linkPath ?? '') };
  if (records.length > 0) {
    const body = formatPax(records);
    const header = ustar({ path: paxName(path), type: 'file', mode: 0o644, mtime: entry.mtime }, body.length, 'x');
    blocks.push(header, body, Buffer.alloc(padding(body.length)));
  }
  blocks.push(ustar(fallback, stored, FLAGS[entry.type]));
  if (map !== undefined) blocks.push(map);
  return Buffer.concat(blocks);
}

/** Bytes of data that follow the header of a sparse file. */
export function storedSize(runs: readonly SparseRun[]): number {
  return runs.reduce((sum, run) => sum + run.length, 0);
}

// GNU sparse format 1.0: the map stands before the data, in whole blocks.
// GNU tar takes the file's size from the map: an empty run marks the end.
function encodeMap(runs: readonly SparseRun[], size: number): Buffer {
  const all = [...runs, { offset: size, length: 0 }];
  const text = Buffer.from([all.length, ...all.flatMap((run) => [run.offset, run.length])].map((number) => `${number}\n`).join(''));
  return Buffer.concat([text, Buffer.alloc(padding(text.length))]);
}

function extendedRecords(entry: NewEntry, path: ByteString, stored: number, size: number): PaxRecord[] {
  const records = new Map<ByteString, Buffer>();
  const set = (key: ByteString, value: ByteString | number): unknown => records.set(key, Buffer.from(String(value), 'latin1'));
  if (entry.sparse !== undefined) {
    set('GNU.sparse.major', 1);
    set('GNU.sparse.minor', 0);
    set('GNU.sparse.name', path);
    set('GNU.sparse.realsize', size);
  }
  if (splitPath(path) === undefined || !isAscii(path)) set('path', path);
  const linkPath = entry.linkPath ?? '';
  if (linkPath.length > 100 || !isAscii(linkPath)) set('linkpath', linkPath);
  for (const key of ['uid', 'gid'] as const) if (!fitsOctal(entry[key] ?? 0, 8)) set(key, entry[key] ?? 0);
  for (const key of ['uname', 'gname'] as const) {
    const name = entry[key] ?? '';
    if (name.length > 31 || !isAscii(name)) set(key, name);
  }
  if (!fitsOctal(stored, 12)) set('size', stored);
  const mtime = entry.mtime ?? { seconds: 0, nanos: 0 };
  if (mtime.nanos !== 0 || !fitsOctal(mtime.seconds, 12)) set('mtime', formatPaxTime(mtime));
  for (const [name, value] of entry.xattrs ?? []) records.set(`SCHILY.xattr.${name}`, value);
  return [...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }));
}

function ustar(entry: NewEntry, size: number, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const { prefix, name } = splitPath(entry.path) ?? { prefix: '', name: entry.path.slice(0, 100) };
  block.write(name, 0, 100, 'latin1');
  writeNumber(block, 100, 8, entry.mode ?? (entry.type === 'directory' ? 0o755 : 0o644));
  writeNumber(block, 108, 8, clampOctal(entry.uid ?? 0, 8));
  writeNumber(block, 116, 8, clampOctal(entry.gid ?? 0, 8));
  writeNumber(block, 124, 12, clampOctal(size, 12));
  writeNumber(block, 136, 12, clampOctal(entry.mtime?.seconds ?? 0, 12));
  block.write(flag, 156, 1, 'latin1');
  block.write(entry.linkPath ?? '', 157, 100, 'latin1');
  block.write('ustar\x0000', 257, 8, 'latin1');
  block.write((entry.uname ?? '').slice(0, 31), 265, 32, 'latin1');
  block.write((entry.gname ?? '').slice(0, 31), 297, 32, 'latin1');
  writeNumber(block, 329, 8, entry.devMajor ?? 0);
  writeNumber(block, 337, 8, entry.devMinor ?? 0);
  block.write(prefix, 345, 155, 'latin1');
  block.write(`${checksums(block).unsigned.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

// What does not fit stands in the extended header; the block then says 0, as GNU tar and Go do.
function clampOctal(value: number, length: number): number {
  return fitsOctal(value, length) ? value : 0;
}

/** Splits a path into ustar's prefix (155) and name (100), or undefined when there is no such place. */
function splitPath(path: ByteString): { prefix: string; name: string } | undefined {
  if (path.length <= 100) return { prefix: '', name: path };
  if (path.length > 256) return undefined;
  const slash = path.lastIndexOf('/', Math.min(155, path.length - 2));
  if (slash <= 0 || path.length - slash - 1 > 100) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

function shorten(path: ByteString): ByteString {
  return splitPath(path) === undefined ? path.slice(0, 100) : path;
}

function shortLink(path: ByteString): ByteString {
  return path.slice(0, 100);
}

function paxName(path: ByteString): ByteString {
  const trimmed = path.replace(/\/+$/, '');
  const base = trimmed.slice(trimmed.lastIndexOf('/') + 1).replace(/[^\x20-\x7e]/g, '_');
  return `PaxHeaders.0/${base}`.slice(0, 100);
}

function isAscii(text: ByteString): boolean {
  return !/[\x80-\xff]/.test(text);
}
