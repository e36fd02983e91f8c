import { constants } from 'node:fs';
import { S_IFCHR, S_IFMT } from '#kernel/constants.ts';
import { closeFd, openAt, openDir } from '#kernel/fs-at.ts';
import { listDir } from '#kernel/list-at.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import { getXattrAt } from '#kernel/xattr.ts';
import { fromBytes, fromText, toText } from '#images/tar/format.ts';
import type { Text } from '#kernel/native.ts';
import type { StatAt } from '#kernel/stat-at.ts';
import type { ByteString } from '#images/tar/format.ts';
import { isDirectory } from '#images/tree/paths.ts';
import type { Change } from './types.ts';

const MAX_DEPTH = 2048;

/**
 * What an overlay's upper directory changes in the root below it (`lower`), judged as dockerd judges it
 * by comparing both roots (moby/go-archive `ChangesDirs`): type, mode, owner and device number; of what is no directory also
 * size and time. A directory with changes in it counts as changed. Sorted, parents first. Blocks; runs in a helper process.
 */
export function changesOf(upper: string, lower: number): Change[] {
  const changes: Change[] = [];
  const dir = openDir(upper);
  try {
    compareDirectory(dir, lower, '', false, changes, 0);
  } finally {
    closeFd(dir);
  }
  return changes;
}

/** `added`: the directory itself is told of already. */
function compareDirectory(upper: number, lower: number | undefined, path: ByteString, told: boolean, changes: Change[], depth: number): void {
  if (depth >= MAX_DEPTH) return;
  const before = changes.length;
  const seen = new Set<ByteString>();
  for (const { name, bytes } of sorted(upper)) {
    seen.add(bytes);
    const stat = tryStatAt(upper, name);
    if (stat !== undefined) compareEntry({ upper, lower, name, path: `${path}/${bytes}`, stat, depth }, changes);
  }
  if (lower !== undefined && isOpaque(upper)) {
    for (const { bytes } of sorted(lower)) if (!seen.has(bytes)) changes.push({ Path: toText(`${path}/${bytes}`), Kind: 2 });
  }
  if (changes.length > before && !told && path !== '') changes.splice(before, 0, { Path: toText(path), Kind: 0 });
}

interface Entry {
  readonly upper: number;
  readonly lower: number | undefined;
  readonly name: Text;
  readonly path: ByteString;
  readonly stat: StatAt;
  readonly depth: number;
}

function compareEntry({ upper, lower, name, path, stat, depth }: Entry, changes: Change[]): void {
  const old = lower === undefined ? undefined : tryStatAt(lower, name);
  if (isWhiteout(stat)) {
    if (old !== undefined) changes.push({ Path: toText(path), Kind: 2 });
    return;
  }
  const changed = old !== undefined && differs(old, stat, capability(lower, name), capability(upper, name));
  if (old === undefined) changes.push({ Path: toText(path), Kind: 1 });
  else if (changed) changes.push({ Path: toText(path), Kind: 0 });
  if (!isDirectory(stat)) return;
  const inside = openChild(upper, name);
  const below = old !== undefined && isDirectory(old) && lower !== undefined ? openChild(lower, name) : undefined;
  try {
    if (inside !== undefined) compareDirectory(inside, below, path, old === undefined || changed, changes, depth + 1);
  } finally {
    for (const fd of [inside, below]) if (fd !== undefined) closeFd(fd);
  }
}

function openChild(dir: number, name: Text): number | undefined {
  try {
    return openAt(dir, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch {
    return undefined; // replaced meanwhile
  }
}

function sorted(dir: number): { name: Text; bytes: ByteString }[] {
  const names = listDir(dir).map(({ name }) => ({ name, bytes: typeof name === 'string' ? fromText(name) : fromBytes(name) }));
  return names.sort((a, b) => (a.bytes < b.bytes ? -1 : 1));
}

function isWhiteout(stat: StatAt): boolean {
  return (stat.mode & S_IFMT) === S_IFCHR && stat.rdevMajor === 0 && stat.rdevMinor === 0;
}

function isOpaque(dir: number): boolean {
  return getXattrAt(dir, '.', 'trusted.overlay.opaque')?.toString('latin1') === 'y';
}

function capability(dir: number | undefined, name: Text): string {
  return dir === undefined ? '' : (getXattrAt(dir, name, 'security.capability')?.toString('latin1') ?? '');
}

function differs(old: StatAt, fresh: StatAt, oldCapability: string, freshCapability: string): boolean {
  const same = old.mode === fresh.mode && old.uid === fresh.uid && old.gid === fresh.gid && old.rdevMajor === fresh.rdevMajor && old.rdevMinor === fresh.rdevMinor;
  if (!same || oldCapability !== freshCapability) return true;
  return !isDirectory(old) && (!sameTime(old.mtime, fresh.mtime) || old.size !== fresh.size);
}

// File systems that keep whole seconds only give a copy without a fraction.
function sameTime(a: bigint, b: bigint): boolean {
  const second = 1_000_000_000n;
  return a === b || (a / second === b / second && (a % second === 0n || b % second === 0n));
}
