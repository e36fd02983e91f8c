import { posix } from 'node:path';
import { errnoOf } from '#base/errors.ts';
import { chmodAt, closeFd, mkdirAt, openDirBeneath, openDirIn, readlinkAt } from '#kernel/fs-at.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import { fromBytes, toBytes, toText } from '../tar/format.ts';
import type { Text } from '#kernel/native.ts';
import type { ByteString } from '../tar/format.ts';
import { goError } from './go-error.ts';
import { isDirectory, isSymlink } from './paths.ts';

/** As many symlinks as are followed on one path. */
const MAX_LINKS = 255;

/**
 * The directory that an archive is unpacked into. Names of the archive are found in it as dockerd finds them: symlinks in
 * between are followed, absolute ones as if the directory were the root; what leads above it is refused. What is opened in the end
 * is a path without symlinks, and beneath the directory for the kernel too (openat2, RESOLVE_BENEATH), so that a container
 * that moves things about meanwhile wins nothing.
 */
export class Destination implements Disposable {
  readonly #top: number;

  constructor(root: number, path: string) {
    this.#top = openDirIn(root, path);
  }

  /** Runs `body` with the directory that holds the path's last name, and that name, never followed. '.' is the top itself. */
  in<T>(path: ByteString, body: (dir: number, name: Text) => T): T {
    return this.#open(this.#parent(path, false), (dir) => body(dir, latin(posix.basename(path))));
  }

  /** Makes the directories on the way to a path that are missing, as root's and mode 0755. */
  makeParents(path: ByteString): void {
    this.#parent(path, true);
  }

  [Symbol.dispose](): void {
    closeFd(this.#top);
  }

  #open<T>(path: ByteString, body: (dir: number) => T): T {
    const dir = openDirBeneath(this.#top, latin(path));
    try {
      return body(dir);
    } finally {
      closeFd(dir);
    }
  }

  /** The directory of a path with its symlinks followed. */
  #parent(path: ByteString, make: boolean): ByteString {
    let done: ByteString = '.';
    let links = 0;
    const rest = posix.dirname(path).split('/').reverse();
    while (rest.length > 0) {
      const part = rest.pop() ?? '';
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (done === '.') goError('statat', toText(posix.dirname(path)), 'EXDEV');
        done = posix.dirname(done);
        continue;
      }
      const target = this.#step(done, part, make);
      if (target === undefined) {
        done = posix.join(done, part);
        continue;
      }
      if (++links > MAX_LINKS) goError('statat', toText(posix.dirname(path)), 'ELOOP');
      if (target.startsWith('/')) done = '.';
      rest.push(...target.split('/').reverse());
    }
    return done;
  }

  /** Target of a symlink; undefined for what is none. */
  #step(directory: ByteString, name: ByteString, make: boolean): ByteString | undefined {
    return this.#open(directory, (dir) => {
      const stat = tryStatAt(dir, latin(name));
      if (stat === undefined && make) makeDirectory(dir, latin(name));
      if (stat === undefined || isDirectory(stat) || !isSymlink(stat)) return undefined;
      return fromBytes(readlinkAt(dir, latin(name)));
    });
  }
}

function makeDirectory(dir: number, name: Text): void {
  try {
    mkdirAt(dir, name, 0o755);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return;
  }
  chmodAt(dir, name, 0o755);
}

/** A kernel's file name of a byte string: ASCII names pass as they are. */
export function latin(name: ByteString): Text {
  return /[\x80-\xff]/.test(name) ? toBytes(name) : name;
}
