import { constants } from 'node:fs';
import { errnoOf } from '#base/errors.ts';
import { kernelError } from '#kernel/errno.ts';
import { closeFd, openAt, rmdirAt, unlinkAt } from '#kernel/fs-at.ts';
import { listDir } from '#kernel/list-at.ts';
import { isMountRoot } from '#kernel/stat-at.ts';
import type { Text } from '#kernel/native.ts';

const EBUSY = 16;

/**
 * Removes one name of a directory, with all that is below it; what is gone already is no error. A mount point is EBUSY: in a
 * detached tree the kernel would let it go, and take the mount away in the container as well.
 */
export function removeIn(dir: number, name: Text): void {
  if (isMountRoot(dir, name)) throw kernelError(EBUSY, 'removing a mount point');
  try {
    unlinkAt(dir, name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    if (errnoOf(error) !== 'EISDIR') throw error;
    removeDirectory(dir, name);
  }
}

function removeDirectory(dir: number, name: Text): void {
  const child = openAt(dir, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    for (const entry of listDir(child)) removeIn(child, entry.name);
  } finally {
    closeFd(child);
  }
  rmdirAt(dir, name);
}
