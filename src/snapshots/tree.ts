import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { errnoOf } from '#base/errors.ts';
import { S_IFDIR, S_IFMT } from '#kernel/constants.ts';
import { closeFd, openAt, openDir, renameAt, rmdirAt, unlinkAt } from '#kernel/fs-at.ts';
import { listDir } from '#kernel/list-at.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import type { Text } from '#kernel/native.ts';

/**
 * Removal and measuring of trees that others wrote: by file descriptors only, no symlink is followed, names may be any
 * bytes and trees of any depth. Blocking: all but {@link removeSmallTree} run in a worker thread.
 */

/** Deeper directories are moved up before they are removed, so that open descriptors stay few. */
const MAX_DEPTH = 64;

/** Removes a directory with everything in it. What is already gone is no error. */
export function removeTree(path: string): void {
  const slash = path.lastIndexOf('/');
  const parent = openDir(path.slice(0, slash) || '/');
  try {
    emptyAndRemove(parent, path.slice(slash + 1));
  } finally {
    closeFd(parent);
  }
}

/** What a tree may hold to be removed at once: more would be felt by whoever else waits for the daemon's thread. */
const SMALL = { entries: 128, bytes: 1 << 20, depth: 16 };

/** Removes a tree if it is small (most containers change next to nothing), and says whether it did. */
export function removeSmallTree(path: string): boolean {
  const top = openDir(path);
  try {
    if (!fits(top, { entries: SMALL.entries, bytes: SMALL.bytes }, 0)) return false;
  } finally {
    closeFd(top);
  }
  removeTree(path);
  return true;
}

function fits(dir: number, left: { entries: number; bytes: number }, depth: number): boolean {
  if (depth > SMALL.depth) return false;
  for (const entry of listDir(dir)) {
    const stat = tryStatAt(dir, entry.name);
    if (--left.entries < 0 || (left.bytes -= stat?.size ?? 0) < 0) return false;
    if (stat === undefined || (stat.mode & S_IFMT) !== S_IFDIR) continue;
    const child = tryOpen(dir, entry.name);
    if (child === undefined) continue;
    try {
      if (!fits(child, left, depth + 1)) return false;
    } finally {
      closeFd(child);
    }
  }
  return true;
}

function emptyAndRemove(parent: number, name: Text): void {
  const top = tryOpen(parent, name);
  if (top === undefined) {
    ignoreMissing(() => unlinkAt(parent, name));
    return;
  }
  try {
    const state = { moved: 0 };
    // Every round removes at least MAX_DEPTH levels and hangs what lies deeper directly below the top.
    do {
      state.moved = 0;
      emptyDirectory(top, top, 0, state);
    } while (state.moved > 0);
  } finally {
    closeFd(top);
  }
  ignoreMissing(() => rmdirAt(parent, name));
}

function emptyDirectory(top: number, dir: number, depth: number, state: { moved: number }): void {
  for (const entry of listDir(dir)) {
    if (entry.type !== 'directory' && entry.type !== 'unknown') {
      ignoreMissing(() => unlinkAt(dir, entry.name));
    } else if (depth >= MAX_DEPTH) {
      renameAt(dir, entry.name, top, randomBytes(16).toString('hex'));
      state.moved++;
    } else {
      removeChild(top, dir, entry.name, depth, state);
    }
  }
}

function removeChild(top: number, dir: number, name: Text, depth: number, state: { moved: number }): void {
  const child = tryOpen(dir, name);
  if (child === undefined) return ignoreMissing(() => unlinkAt(dir, name));
  try {
    emptyDirectory(top, child, depth + 1, state);
  } finally {
    closeFd(child);
  }
  ignoreMissing(() => rmdirAt(dir, name));
}

function tryOpen(dir: number, name: Text): number | undefined {
  try {
    return openAt(dir, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (['ENOTDIR', 'ELOOP', 'ENOENT'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

function ignoreMissing(body: () => void): void {
  try {
    body();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Directories below this depth are not measured: each level holds a descriptor. */
const MAX_MEASURED = 256;

/** Bytes of a tree as Docker counts them: sizes of everything but directories, each inode once. */
export function treeSize(path: string): number {
  const top = openDir(path);
  try {
    return sizeOf(top, new Set(), 0);
  } finally {
    closeFd(top);
  }
}

function sizeOf(dir: number, seen: Set<bigint>, depth: number): number {
  let total = 0;
  for (const entry of listDir(dir)) {
    // The container may be running and removing files while we look.
    const stat = tryStatAt(dir, entry.name);
    if (stat === undefined) continue;
    if ((stat.mode & S_IFMT) === S_IFDIR) total += depth < MAX_MEASURED ? sizeOfChild(dir, entry.name, seen, depth) : 0;
    else if (stat.nlink === 1 || !seen.has(stat.ino)) {
      if (stat.nlink > 1) seen.add(stat.ino);
      total += stat.size;
    }
  }
  return total;
}

function sizeOfChild(dir: number, name: Text, seen: Set<bigint>, depth: number): number {
  const child = tryOpen(dir, name);
  if (child === undefined) return 0;
  try {
    return sizeOf(child, seen, depth + 1);
  } finally {
    closeFd(child);
  }
}
