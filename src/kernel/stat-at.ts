import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from './constants.ts';
import { check } from './errno.ts';
import { native } from './native.ts';
import type { Text } from './native.ts';

/** What statx(2) tells; times are nanoseconds since the epoch. `mode` holds type and permissions. */
export interface StatAt {
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly ino: bigint;
  readonly size: number;
  /** 512-byte units. */
  readonly blocks: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  readonly devMajor: number;
  readonly devMinor: number;
}

const BASIC_STATS = 0x7ff;
const MOUNT_ROOT = 0x2000n;
const out = new DataView(new ArrayBuffer(256));
const outBytes = new Uint8Array(out.buffer);

/** lstat relative to `dir`; with name '' the object that `dir` is an fd of. */
export function statAt(dir: number, name: Text): StatAt {
  check(statx(dir, name), 'looking at', name);
  return decode();
}

/** {@link statAt}, or undefined where nothing is there (ENOENT, ENOTDIR). */
export function tryStatAt(dir: number, name: Text): StatAt | undefined {
  const result = statx(dir, name);
  if (result === -2 || result === -20) return undefined;
  check(result, 'looking at', name);
  return decode();
}

/** True when something is mounted on this name (statx(2), STATX_ATTR_MOUNT_ROOT); false where nothing is there. */
export function isMountRoot(dir: number, name: Text): boolean {
  return tryStatAt(dir, name) !== undefined && (out.getBigUint64(8, true) & MOUNT_ROOT) !== 0n;
}

function statx(dir: number, name: Text): number {
  return native().statx(dir, name, AT_SYMLINK_NOFOLLOW | (name.length === 0 ? AT_EMPTY_PATH : 0), BASIC_STATS, outBytes);
}

// struct statx, include/uapi/linux/stat.h
function decode(): StatAt {
  return {
    nlink: out.getUint32(16, true),
    uid: out.getUint32(20, true),
    gid: out.getUint32(24, true),
    mode: out.getUint16(28, true),
    ino: out.getBigUint64(32, true),
    size: Number(out.getBigUint64(40, true)),
    blocks: Number(out.getBigUint64(48, true)),
    atime: time(64),
    ctime: time(96),
    mtime: time(112),
    rdevMajor: out.getUint32(128, true),
    rdevMinor: out.getUint32(132, true),
    devMajor: out.getUint32(136, true),
    devMinor: out.getUint32(140, true),
  };
}

function time(offset: number): bigint {
  return out.getBigInt64(offset, true) * 1_000_000_000n + BigInt(out.getUint32(offset + 8, true));
}

/** Sizes of the file system that holds `path`, in bytes and inodes. */
export interface FileSystemStat {
  /** f_type, linux/magic.h. */
  readonly type: number;
  readonly blockSize: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Free to those without privileges. */
  readonly availableBytes: number;
  readonly totalInodes: number;
  readonly freeInodes: number;
}

/** statfs(2) of a host path. */
export function statFileSystem(path: Text): FileSystemStat {
  const bytes = new DataView(new ArrayBuffer(120));
  check(native().statfs(path, new Uint8Array(bytes.buffer)), 'looking at the file system of', path);
  const word = (index: number): number => Number(bytes.getBigUint64(index * 8, true));
  const blockSize = word(1);
  return {
    type: word(0),
    blockSize,
    totalBytes: word(2) * blockSize,
    freeBytes: word(3) * blockSize,
    availableBytes: word(4) * blockSize,
    totalInodes: word(5),
    freeInodes: word(6),
  };
}
