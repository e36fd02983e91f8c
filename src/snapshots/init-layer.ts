import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { constants } from 'node:fs';
import { errnoOf } from '#base/errors.ts';
import { chmodAt, closeFd, mkdirAt, openAt, openDirIn, symlinkAt, unlinkAt } from '#kernel/fs-at.ts';
import { openRootView } from '#kernel/root-view.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import { parseAbsolutePath } from '#spec/ids.ts';

/** What every container has beside its image (dockerd: daemon/initlayer/setup_unix.go): mount points, and a mark that it is one. */
const ENTRIES: readonly (readonly [path: string, kind: 'directory' | 'file' | { readonly target: string }])[] = [
  ['/.dockerenv', 'file'],
  ['/dev/console', 'file'],
  ['/dev/pts', 'directory'],
  ['/dev/shm', 'directory'],
  ['/etc/hostname', 'file'],
  ['/etc/hosts', 'file'],
  ['/etc/mtab', { target: '/proc/mounts' }],
  ['/etc/resolv.conf', 'file'],
  ['/proc', 'directory'],
  ['/sys', 'directory'],
];

/**
 * Makes the layer between an image and its containers in `<directory>/<home>/init`: what the engine puts into each root, so
 * that it does not count as a container's own change. Made once, by rename at the end; a crash leaves `init.new`.
 * `lower`: the image's layers, topmost first, relative to `directory`.
 */
export function ensureInitLayer(directory: string, home: string, lower: readonly string[]): void {
  const done = `${directory}/${home}/init`;
  if (existsSync(done)) return;
  const fresh = `${directory}/${home}/init.new`;
  rmSync(fresh, { recursive: true, force: true });
  for (const path of [fresh, `${fresh}/fs`, `${fresh}/work`]) mkdirSync(path, { mode: 0o700 });
  chmodSync(`${fresh}/fs`, 0o755);
  fill(directory, `${home}/init.new`, lower);
  renameSync(`${fresh}/fs`, done);
  rmSync(fresh, { recursive: true, force: true });
}

// Through the image's root: what is there already keeps its attributes (overlay copies them up) and decides what has to be made.
function fill(directory: string, fresh: string, lower: readonly string[]): void {
  const base = parseAbsolutePath(directory);
  using root =
    lower.length === 0
      ? openRootView({ type: 'bind', source: parseAbsolutePath(`${directory}/${fresh}/fs`), readonly: false })
      : openRootView({ type: 'overlay', base, lower, upper: `${fresh}/fs`, work: `${fresh}/work` });
  for (const [path, kind] of ENTRIES) make(root.fd, path, kind);
}

/** Takes away what is no directory on the way to `path` and at it, then makes it. */
function make(root: number, path: string, kind: 'directory' | 'file' | { readonly target: string }): void {
  const parts = path.split('/').slice(1);
  const name = parts.pop() ?? '';
  let parent = openDirIn(root, '/');
  try {
    for (const part of parts) {
      takeAway(parent, part);
      const child = childDirectory(parent, part);
      closeFd(parent);
      parent = child;
    }
    takeAway(parent, name);
    if (tryStatAt(parent, name) !== undefined) return; // a directory of the image
    if (kind === 'directory') mkdirIn(parent, name);
    else if (kind === 'file') makeFile(parent, name);
    else symlinkAt(kind.target, parent, name);
  } finally {
    closeFd(parent);
  }
}

function takeAway(dir: number, name: string): void {
  try {
    unlinkAt(dir, name);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EISDIR') throw error;
  }
}

function childDirectory(dir: number, name: string): number {
  if (tryStatAt(dir, name) === undefined) mkdirIn(dir, name);
  return openAt(dir, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

function mkdirIn(dir: number, name: string): void {
  mkdirAt(dir, name, 0o755);
  chmodAt(dir, name, 0o755);
}

function makeFile(dir: number, name: string): void {
  closeFd(openAt(dir, name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o755));
  chmodAt(dir, name, 0o755);
}
