import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import { O_PATH } from '#kernel/constants.ts';
import { closeFd, openDirIn, openIn } from '#kernel/fs-at.ts';
import { openProcessRoot, openRootView } from '#kernel/root-view.ts';
import type { RootMount } from '#spec/mount.ts';
import type { RootFiles, RunningRoot } from './context.ts';

/** Opens a root without mounting it anywhere that others see; every path is resolved inside it. */
export function openRootFiles(root: RootMount | RunningRoot): RootFiles {
  const view = root.type === 'process' ? openProcessRoot(root.pid) : openRootView(root, true);
  return {
    read: (path, limit) => readIn(view.fd, path, limit)?.toString('utf8'),
    head: (path, limit) => readIn(view.fd, path, limit),
    blocker: (path) => blockerIn(view.fd, path),
    [Symbol.dispose]: () => view[Symbol.dispose](),
  };
}

function readIn(root: number, path: string, limit: number): Buffer | undefined {
  let fd: number;
  try {
    fd = openRegular(root, path);
  } catch (error) {
    if (error instanceof BerthError && ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENXIO'].includes(String(error.data['errno']))) return undefined;
    throw error;
  }
  if (fd < 0) return undefined;
  try {
    const buffer = Buffer.alloc(Math.min(limit, fstatSync(fd).size));
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) count = readSync(fd, buffer, length, buffer.length - length, length);
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

// Looked at before it is opened: opening a fifo waits, and opening a device of a running container can already do something.
function openRegular(root: number, path: string): number {
  const found = openIn(root, path, O_PATH);
  try {
    return fstatSync(found).isFile() ? openSync(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK) : -1;
  } finally {
    closeFd(found);
  }
}

function blockerIn(root: number, path: string): string | undefined {
  try {
    closeFd(openDirIn(root, path));
  } catch (error) {
    if (error instanceof BerthError && error.data['errno'] === 'ENOTDIR') return path;
    if (!(error instanceof BerthError)) throw error;
  }
  return undefined;
}
