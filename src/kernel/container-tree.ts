import { constants } from 'node:fs';
import { errnoOf, fail } from '#base/errors.ts';
import type { ProcessIdentity } from '#spec/exit-record.ts';
import type { RootMount } from '#spec/mount.ts';
import {
  AT_FDCWD,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  MS_PRIVATE,
  O_PATH,
  S_IFDIR,
  S_IFMT,
} from './constants.ts';
import { check } from './errno.ts';
import { closeFd, mkdirAt, openAt, openDir, openDirIn, openIn } from './fs-at.ts';
import { attachTree, cloneTree, cloneTreeOf, setMountAttributes } from './mounts.ts';
import { native } from './native.ts';
import { inMountsOf, inPrivateMounts } from './own-namespace.ts';
import { isRunning } from './procfs.ts';
import { openRootView } from './root-view.ts';
import { statAt } from './stat-at.ts';
import type { RootView } from './types.ts';

/** Where the root of a container is: still to be mounted, or the one that a running process has. */
export type TreeRoot = { readonly type: 'stopped'; readonly mount: RootMount } | { readonly type: 'running'; readonly process: ProcessIdentity };

/** A volume, bind mount or generated file of a container. Of a running one only `destination` is looked at. */
export interface TreeMount {
  readonly source: string;
  /** Path inside `source`, resolved there; '' for `source` itself. */
  readonly subpath: string;
  readonly destination: string;
  readonly readonly: boolean;
  readonly recursive: boolean;
}

const ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/**
 * A container's root with these mounts over it, as one detached tree: nothing appears in any mount table, devices in it
 * can't be opened, and paths are resolved inside with openat2(RESOLVE_IN_ROOT). Of a running container root and mounts are
 * cloned out of its own mount namespace, so host paths that it could have changed are not followed again, and files are
 * those that it sees. Missing mount points are made, as dockerd does. Only for helper processes ({@link inPrivateMounts}).
 * Throws notFound with errno ESRCH when the process has ended.
 */
export function openContainerTree(root: TreeRoot, mounts: readonly TreeMount[]): RootView {
  using fds = new FdSet();
  const { rootFd, clones } = root.type === 'running' ? runningParts(root.process, mounts, fds) : stoppedParts(root.mount, mounts, fds);
  const tree = clones.length === 0 ? fds.keep(rootFd) : inPrivateMounts(() => assemble(rootFd, clones, fds));
  setMountAttributes(tree, ATTRIBUTES, 0, true, MS_PRIVATE);
  return { fd: tree, [Symbol.dispose]: () => closeFd(tree) };
}

interface Clone {
  readonly fd: number;
  readonly destination: string;
}

/** Fds that are closed together, except those that somebody keeps. */
class FdSet implements Disposable {
  readonly #fds = new Set<number>();

  add(fd: number): number {
    this.#fds.add(fd);
    return fd;
  }

  keep(fd: number): number {
    this.#fds.delete(fd);
    return fd;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds) closeFd(fd);
  }
}

function stoppedParts(root: RootMount, mounts: readonly TreeMount[], fds: FdSet): { rootFd: number; clones: Clone[] } {
  const rootFd = fds.add(openRootView(root).fd);
  const clones = mounts.map((mount) => {
    const fd = fds.add(sourceClone(mount));
    setMountAttributes(fd, mount.readonly ? MOUNT_ATTR_RDONLY : 0, 0, mount.recursive, MS_PRIVATE);
    return { fd, destination: mount.destination };
  });
  return { rootFd, clones };
}

function sourceClone({ source, subpath, recursive }: TreeMount): number {
  if (subpath === '') return cloneTree(source, recursive);
  const volume = openDir(source);
  try {
    const inside = openIn(volume, subpath, O_PATH);
    try {
      return cloneTreeOf(inside, recursive);
    } finally {
      closeFd(inside);
    }
  } finally {
    closeFd(volume);
  }
}

function runningParts(identity: ProcessIdentity, mounts: readonly TreeMount[], fds: FdSet): { rootFd: number; clones: Clone[] } {
  const gone = (): never => fail('notFound', `looking into the root of process ${identity.pid}: it has ended`, { data: { errno: 'ESRCH' } });
  const opened = native().pidfdOpen(identity.pid, 0);
  const pidfd = opened === -3 ? gone() : fds.add(check(opened, `opening process ${identity.pid}`));
  // Asked after opening: the pidfd is of the recorded process or, when that has ended, of nobody that we want.
  if (!isRunning(identity)) gone();
  return inMountsOf(pidfd, () => {
    const top = fds.add(openAt(AT_FDCWD, '/', O_PATH | constants.O_DIRECTORY));
    const rootFd = fds.add(cloneTreeOf(top, false));
    // A read-only root is refused by name before anything is written; mount points have to be made all the same.
    setMountAttributes(rootFd, 0, MOUNT_ATTR_RDONLY, false, MS_PRIVATE);
    return { rootFd, clones: mounts.flatMap(({ destination }) => cloneInside(top, destination, fds)) };
  });
}

// What the container itself has taken away is not there.
function cloneInside(top: number, destination: string, fds: FdSet): Clone[] {
  const found = ifThere(() => fds.add(openIn(top, destination, O_PATH)));
  if (found === undefined) return [];
  const fd = fds.add(cloneTreeOf(found, true));
  setMountAttributes(fd, 0, 0, true, MS_PRIVATE);
  return [{ fd, destination }];
}

function assemble(rootFd: number, clones: readonly Clone[], fds: FdSet): number {
  check(native().moveMount(rootFd, '', AT_FDCWD, '/', MOVE_MOUNT_F_EMPTY_PATH), 'attaching a root');
  for (const { fd, destination } of clones) {
    const isDirectory = (statAt(fd, '').mode & S_IFMT) === S_IFDIR;
    attachTree(fd, fds.add(mountPoint(rootFd, destination, isDirectory)));
  }
  return cloneTreeOf(rootFd, true);
}

/** Opens a mount point, made with its parents where it is missing. */
function mountPoint(root: number, destination: string, isDirectory: boolean): number {
  const found = ifThere(() => openIn(root, destination, O_PATH));
  if (found !== undefined) return found;
  const parts = destination.split('/').filter((part) => part !== '');
  const name = parts.pop() ?? '';
  const parent = makeParents(root, parts);
  try {
    if (isDirectory) mkdirAt(parent, name, 0o755);
    else closeFd(openAt(parent, name, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o755));
    return openAt(parent, name, O_PATH | constants.O_NOFOLLOW);
  } finally {
    closeFd(parent);
  }
}

function makeParents(root: number, parts: readonly string[]): number {
  let path = '';
  let parent = openDirIn(root, '/');
  for (const part of parts) {
    path += `/${part}`;
    const next = ifThere(() => openDirIn(root, path));
    try {
      if (next === undefined) mkdirAt(parent, part, 0o755);
    } finally {
      closeFd(parent);
    }
    parent = next ?? openDirIn(root, path);
  }
  return parent;
}

function ifThere<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
