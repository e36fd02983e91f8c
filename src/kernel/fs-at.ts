import { constants } from 'node:fs';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_CLOEXEC,
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from './constants.ts';
import { check } from './errno.ts';
import { native } from './native.ts';
import type { Text } from './native.ts';

/**
 * File operations relative to an open directory. `dir` is an fd (O_PATH suffices) or AT_FDCWD; `name` is taken as the
 * kernel takes it, so a hostile path goes through {@link openIn} first and only its last component comes here.
 * Nothing follows a symlink in the last place unless its comment says so. Errors: BerthError with data.errno.
 */

const how = new DataView(new ArrayBuffer(24));
const howBytes = new Uint8Array(how.buffer);
const times = new DataView(new ArrayBuffer(32));
const timeBytes = new Uint8Array(times.buffer);

/** openat2(2). `resolve` is a set of RESOLVE_* bits; O_CLOEXEC is added. Returns the fd; the caller closes it. */
export function openAt(dir: number, name: Text, flags: number, mode: number = 0, resolve: number = 0): number {
  how.setBigUint64(0, BigInt(flags | O_CLOEXEC), true);
  how.setBigUint64(8, BigInt(mode), true);
  how.setBigUint64(16, BigInt(resolve), true);
  for (let tries = 0; ; tries++) {
    const result = native().openat2(dir, name, howBytes);
    // EAGAIN: a rename raced with ".." inside the root and the kernel could not prove that we stayed in it (openat2(2)).
    if (result === -11 && tries < 32) continue;
    return check(result, 'opening', name);
  }
}

/** Opens `path` as a process chrooted to `root` would see it, magic links refused. The only way to open a path that others wrote. */
export function openIn(root: number, path: Text, flags: number, mode: number = 0): number {
  return openAt(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/** O_PATH fd of a directory inside `root` ({@link openIn}); its last component may be a symlink that stays inside. */
export function openDirIn(root: number, path: Text): number {
  return openIn(root, path, O_PATH | constants.O_DIRECTORY);
}

/** O_PATH fd of a directory below `dir`; what would lead out of it, absolute symlinks too, is EXDEV. */
export function openDirBeneath(dir: number, path: Text): number {
  return openAt(dir, path, O_PATH | constants.O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

/** O_PATH fd of a directory by host path. */
export function openDir(path: Text): number {
  return openAt(AT_FDCWD, path, O_PATH | constants.O_DIRECTORY);
}

export function closeFd(fd: number): void {
  check(native().close(fd), `closing fd ${fd}`);
}

export function mkdirAt(dir: number, name: Text, mode: number): void {
  check(native().mkdirat(dir, name, mode), 'making directory', name);
}

/** `mode` holds type and permission bits; `major` and `minor` are for devices. The umask applies. */
export function mknodAt(dir: number, name: Text, mode: number, major: number = 0, minor: number = 0): void {
  check(native().mknodat(dir, name, mode, deviceNumber(major, minor)), 'making node', name);
}

/** The kernel's 32-bit device number (include/linux/kdev_t.h, new_encode_dev): 12 bits of major, 20 of minor. */
export function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff & 0xfffff) << 12)) >>> 0;
}

export function symlinkAt(target: Text, dir: number, name: Text): void {
  check(native().symlinkat(target, dir, name), 'making symlink', name);
}

export function linkAt(fromDir: number, from: Text, toDir: number, to: Text): void {
  check(native().linkat(fromDir, from, toDir, to, 0), 'making hard link', to);
}

/** `flags`: RENAME_NOREPLACE (1), RENAME_EXCHANGE (2), RENAME_WHITEOUT (4). */
export function renameAt(fromDir: number, from: Text, toDir: number, to: Text, flags: number = 0): void {
  check(native().renameat2(fromDir, from, toDir, to, flags), 'renaming to', to);
}

export function unlinkAt(dir: number, name: Text): void {
  check(native().unlinkat(dir, name, 0), 'removing', name);
}

export function rmdirAt(dir: number, name: Text): void {
  check(native().unlinkat(dir, name, AT_REMOVEDIR), 'removing directory', name);
}

/** Target of a symlink as bytes; with name '' of the symlink that `dir` is an O_PATH fd of. */
export function readlinkAt(dir: number, name: Text): Buffer {
  const out = Buffer.allocUnsafe(4096);
  return out.subarray(0, check(native().readlinkat(dir, name, out), 'reading symlink', name));
}

/** uid or gid -1 (4294967295): unchanged. With name '' the object that `dir` is an fd of. */
export function chownAt(dir: number, name: Text, uid: number, gid: number): void {
  check(native().fchownat(dir, name, uid, gid, name.length === 0 ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW), 'changing the owner of', name);
}

/** Permission bits of what is not a symlink (EOPNOTSUPP for one). Never follows. */
export function chmodAt(dir: number, name: Text, mode: number): void {
  const result = native().fchmodat2(dir, name, mode, AT_SYMLINK_NOFOLLOW);
  // Before Linux 6.6 there is no fchmodat2: pin the object with O_PATH, then go through its magic link.
  if (result === -38) chmodByMagicLink(dir, name, mode);
  else check(result, 'changing the mode of', name);
}

function chmodByMagicLink(dir: number, name: Text, mode: number): void {
  const fd = openAt(dir, name, O_PATH | constants.O_NOFOLLOW);
  try {
    check(native().fchmodat(AT_FDCWD, `/proc/self/fd/${fd}`, mode), 'changing the mode of', name);
  } finally {
    closeFd(fd);
  }
}

/** Nanoseconds since the epoch; undefined leaves that time as it is. With name '' the object that `dir` is an fd of. */
export function utimesAt(dir: number, name: Text, atime: bigint | undefined, mtime: bigint | undefined): void {
  putTime(0, atime);
  putTime(16, mtime);
  check(native().utimensat(dir, name, timeBytes, name.length === 0 ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW), 'setting the times of', name);
}

function putTime(offset: number, time: bigint | undefined): void {
  const UTIME_OMIT = 0x3ffffffen;
  const fraction = time === undefined ? 0n : ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  times.setBigInt64(offset, time === undefined ? 0n : (time - fraction) / 1_000_000_000n, true);
  times.setBigInt64(offset + 8, time === undefined ? UTIME_OMIT : fraction, true);
}

/** Frees the blocks of [offset, offset+length); the size stays. */
export function punchHole(fd: number, offset: number, length: number): void {
  check(native().fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length), `punching a hole into fd ${fd}`);
}

/** Start of the next data at or after `offset`, or undefined when only a hole follows (SEEK_DATA). Moves the file position. */
export function seekData(fd: number, offset: number): number | undefined {
  const result = native().lseek(fd, offset, 3);
  return result === -6 ? undefined : check(result, `seeking data in fd ${fd}`);
}

/** Start of the next hole at or after `offset`; the end of the file counts as one (SEEK_HOLE). Moves the file position. */
export function seekHole(fd: number, offset: number): number {
  return check(native().lseek(fd, offset, 4), `seeking a hole in fd ${fd}`);
}

/** Waits until everything written to the file system of `fd` is on disk. Blocks. */
export function syncFileSystem(fd: number): void {
  check(native().syncfs(fd), `syncing the file system of fd ${fd}`);
}
