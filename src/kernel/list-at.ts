import { constants } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { check } from './errno.ts';
import { closeFd, openAt } from './fs-at.ts';
import { native } from './native.ts';
import type { Text } from './native.ts';

/** Type of a directory entry (d_type); 'unknown' where the file system does not say: stat it. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'block' | 'char' | 'fifo' | 'socket' | 'unknown';

export interface DirEntry {
  /** A string where the name is valid UTF-8, bytes otherwise. */
  readonly name: Text;
  readonly type: EntryType;
  readonly ino: bigint;
}

const TYPES: Readonly<Record<number, EntryType>> = { 1: 'fifo', 2: 'char', 4: 'directory', 6: 'block', 8: 'file', 10: 'symlink', 12: 'socket' };

/** Entries of a directory without `.` and `..`, in the file system's order. The directory may be an O_PATH fd; its offset is not touched. */
export function listDir(dir: number): DirEntry[] {
  const fd = openAt(dir, '.', constants.O_RDONLY | constants.O_DIRECTORY);
  const buffer = Buffer.allocUnsafe(32768);
  const entries: DirEntry[] = [];
  try {
    for (;;) {
      const length = check(native().getdents64(fd, buffer), `listing directory fd ${dir}`);
      if (length === 0) return entries;
      decode(buffer, length, entries);
    }
  } finally {
    closeFd(fd);
  }
}

// struct linux_dirent64: u64 ino, s64 offset, u16 length of the record, u8 type, name with NUL
function decode(buffer: Buffer, length: number, entries: DirEntry[]): void {
  for (let at = 0; at < length; at += buffer.readUInt16LE(at + 16)) {
    const end = buffer.indexOf(0, at + 19);
    const name = toText(buffer.subarray(at + 19, end));
    if (name === '.' || name === '..') continue;
    entries.push({ name, type: TYPES[buffer[at + 18] ?? 0] ?? 'unknown', ino: buffer.readBigUInt64LE(at) });
  }
}

/** A name as a string where it is valid UTF-8, as a copy of the bytes otherwise. */
export function toText(bytes: Buffer): Text {
  return isUtf8(bytes) ? bytes.toString('utf8') : Buffer.from(bytes);
}
