import { posix } from 'node:path';
import { BerthError, fail } from '#base/errors.ts';
import { S_IFDIR, S_IFLNK, S_IFMT } from '#kernel/constants.ts';
import { closeFd, openDirIn, readlinkAt } from '#kernel/fs-at.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import type { Text } from '#kernel/native.ts';
import type { StatAt } from '#kernel/stat-at.ts';
import { asGo, goError } from './go-error.ts';

/** As many symlinks in one path as Go's filepath.EvalSymlinks follows. */
const MAX_LINKS = 255;

/** Runs `body` with an O_PATH fd of a directory inside the root. */
export function inDirectory<T>(root: number, path: Text, body: (dir: number) => T): T {
  const dir = openDirIn(root, path.length === 0 ? '/' : path);
  try {
    return body(dir);
  } finally {
    closeFd(dir);
  }
}

/** lstat inside the root, as a process chrooted there would do it: a slash or dot at the end follows. Text of errors as Go's. */
export function lstatIn(root: number, path: string): StatAt {
  return asGo('lstat', path, () => {
    if (path === '') goError('lstat', path, 'ENOENT');
    const { directory, name } = split(path);
    if (name === '' || name === '.' || name === '..') return inDirectory(root, path, (dir) => tryStatAt(dir, '') ?? goError('lstat', path, 'ENOENT'));
    return inDirectory(root, directory, (dir) => tryStatAt(dir, name) ?? goError('lstat', path, 'ENOENT'));
  });
}

function split(path: string): { directory: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { directory: slash <= 0 ? '/' : path.slice(0, slash), name: path.slice(slash + 1) };
}

export function isDirectory(stat: StatAt): boolean {
  return (stat.mode & S_IFMT) === S_IFDIR;
}

export function isSymlink(stat: StatAt): boolean {
  return (stat.mode & S_IFMT) === S_IFLNK;
}

/**
 * The path with every symlink followed inside the root. `partial`: what does not exist is taken as it stands (for showing where
 * a broken link leads); otherwise it is Go's error. The result is a text: opening it goes through openat2 like any other path.
 */
export function followIn(root: number, path: string, partial: boolean): string {
  let done = '/';
  let links = 0;
  const rest = path.split('/').reverse();
  while (rest.length > 0) {
    const part = rest.pop() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done = posix.dirname(done);
      continue;
    }
    const next = posix.join(done, part);
    const target = linkAt(root, next, partial);
    if (target === undefined) {
      done = next;
      continue;
    }
    if (++links > MAX_LINKS) {
      if (partial) fail('internal', `evalSymlinksInScope: too many links in ${path}`);
      fail('internal', 'EvalSymlinks: too many links');
    }
    if (target.startsWith('/')) done = '/';
    rest.push(...target.split('/').reverse());
  }
  return done;
}

function dataErrno(error: unknown): unknown {
  return error instanceof BerthError ? error.data['errno'] : undefined;
}

function linkAt(root: number, path: string, partial: boolean): string | undefined {
  let stat: StatAt;
  try {
    stat = lstatIn(root, path);
  } catch (error) {
    if (partial) return undefined;
    if (dataErrno(error) === 'ENOTDIR') fail('internal', 'not a directory', { cause: error });
    throw error;
  }
  const { directory, name } = split(path);
  return isSymlink(stat) ? inDirectory(root, directory, (dir) => readlinkAt(dir, name).toString('utf8')) : undefined;
}
