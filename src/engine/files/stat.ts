import { posix } from 'node:path';
import { formatTime } from '#base/clock.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK } from '#kernel/constants.ts';
import { followIn, isSymlink, lstatIn } from '#images/tree/paths.ts';
import type { PathStat } from './types.ts';

/** What dockerd tells of a path; throws Go's errors. */
export function pathStat(root: number, path: string): PathStat {
  const stat = lstatIn(root, path);
  return {
    name: posix.basename(path) || (path.startsWith('/') ? '/' : '.'),
    size: stat.size,
    mode: goMode(stat.mode),
    mtime: formatTime(stat.mtime),
    linkTarget: isSymlink(stat) ? followIn(root, path, true) : '',
  };
}

const TYPES: ReadonlyMap<number, number> = new Map([
  [S_IFDIR, 2 ** 31],
  [S_IFLNK, 2 ** 27],
  [S_IFBLK, 2 ** 26],
  [S_IFIFO, 2 ** 25],
  [S_IFSOCK, 2 ** 24],
  [S_IFCHR, 2 ** 26 + 2 ** 21],
]);

/** Go's os.FileMode of a mode of the kernel (io/fs: ModeDir, ModeSymlink, …). */
export function goMode(mode: number): number {
  const bits = (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0);
  return (TYPES.get(mode & S_IFMT) ?? 0) + bits + (mode & 0o777);
}
