import { constants } from 'node:fs';
import { errnoOf, fail } from '#base/errors.ts';
import { O_PATH, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT } from '#kernel/constants.ts';
import { chmodAt, closeFd, mkdirAt, openAt, openDirIn, rmdirAt, unlinkAt } from '#kernel/fs-at.ts';
import { listDir } from '#kernel/list-at.ts';
import { statAt, tryStatAt } from '#kernel/stat-at.ts';
import { setXattrAt } from '#kernel/xattr.ts';
import { toBytes, toText } from './tar/format.ts';
import type { Text } from '#kernel/native.ts';
import type { StatAt } from '#kernel/stat-at.ts';
import type { ByteString } from './tar/format.ts';

/** Descriptors kept for directories that were used last. */
const CACHE = 32;
/** Mode of directories that an archive does not mention, as Docker makes them. */
const IMPLIED_MODE = 0o755;

/**
 * The directory that a layer is unpacked into: finds directories inside it by their path in the archive, following
 * symlinks only as a process chrooted to it would, and makes room for new names.
 */
export class LayerTree implements Disposable {
  /** O_PATH fd of the top; owned by this object. */
  readonly root: number;
  readonly #removed: (bytes: number) => void;
  /** In the order of their last use. */
  readonly #open = new Map<ByteString, number>();
  /** No longer found by path, perhaps still in use until {@link settle}. */
  #retired: number[] = [];

  constructor(root: number, removed: (bytes: number) => void) {
    this.root = root;
    this.#removed = removed;
  }

  /** O_PATH fd of a directory, made with its parents where missing. Valid until {@link settle}. */
  directory(path: ByteString): number {
    return this.find(path) ?? this.#make(path);
  }

  /** O_PATH fd of a directory, or undefined. Valid until {@link settle}. */
  find(path: ByteString): number | undefined {
    if (path === '') return this.root;
    const cached = this.#open.get(path);
    if (cached !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, cached);
      return cached;
    }
    try {
      return this.#keep(path, openDirIn(this.root, asText(path)));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  #keep(path: ByteString, fd: number): number {
    if (this.#open.size >= CACHE) {
      const [oldest, oldFd] = [...this.#open][0] ?? fail('internal', 'an empty cache is full');
      this.#open.delete(oldest);
      this.#retired.push(oldFd);
    }
    this.#open.set(path, fd);
    return fd;
  }

  // A component that is there but leads nowhere (a dangling symlink, a file) is an error, as it is for Docker.
  #make(path: ByteString): number {
    const slash = path.lastIndexOf('/');
    const parent = this.directory(slash < 0 ? '' : path.slice(0, slash));
    const name = asText(path.slice(slash + 1));
    const found = tryStatAt(parent, name);
    if (found !== undefined && !isWhiteout(found)) fail('invalidArgument', `openat ${toText(path)}: not a directory`);
    if (found !== undefined) unlinkAt(parent, name);
    mkdirAt(parent, name, IMPLIED_MODE);
    chmodAt(parent, name, IMPLIED_MODE);
    if (found !== undefined) setXattrAt(parent, name, 'trusted.overlay.opaque', Buffer.from('y'));
    return this.#keep(path, openAt(parent, name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  }

  /** What has this name now. */
  kindOf(parent: number, name: Text): 'directory' | 'whiteout' | 'other' | undefined {
    const stat = tryStatAt(parent, name);
    if (stat === undefined) return undefined;
    if ((stat.mode & S_IFMT) === S_IFDIR) return 'directory';
    return isWhiteout(stat) ? 'whiteout' : 'other';
  }

  /** True when both names are the same inode. Throws notFound when the first is nothing. */
  sameFile(fromDir: number, from: Text, toDir: number, to: Text): boolean {
    const target = statAt(fromDir, from);
    return tryStatAt(toDir, to)?.ino === target.ino;
  }

  /** Makes a directory where there is none; anything else of that name is removed first. Says what was there. */
  makeDirectory(parent: number, name: Text): 'new' | 'directory' | 'whiteout' | 'replaced' {
    const found = this.kindOf(parent, name);
    if (found === 'directory') return 'directory';
    if (found !== undefined) this.#unlink(parent, name);
    mkdirAt(parent, name, 0o700);
    if (found === undefined) return 'new';
    return found === 'whiteout' ? 'whiteout' : 'replaced';
  }

  /** Runs `create`; when the name is taken, removes what has it and runs it again. */
  replacing<T>(parent: number, name: Text, create: () => T): T {
    try {
      return create();
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    this.#unlink(parent, name);
    return create();
  }

  #unlink(parent: number, name: Text): void {
    const stat = statAt(parent, name);
    const isDirectory = (stat.mode & S_IFMT) === S_IFDIR;
    if (isDirectory) this.#removeDirectory(parent, name);
    else this.#removeFile(parent, name, stat);
    // Paths through what is gone may lead elsewhere now.
    if (isDirectory || (stat.mode & S_IFMT) === S_IFLNK) this.forget();
  }

  #removeFile(parent: number, name: Text, stat: StatAt): void {
    unlinkAt(parent, name);
    if (stat.nlink === 1) this.#removed(stat.size);
  }

  #removeDirectory(parent: number, name: Text): void {
    const fd = openAt(parent, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      for (const entry of listDir(fd)) {
        const stat = statAt(fd, entry.name);
        if ((stat.mode & S_IFMT) === S_IFDIR) this.#removeDirectory(fd, entry.name);
        else this.#removeFile(fd, entry.name, stat);
      }
    } finally {
      closeFd(fd);
    }
    rmdirAt(parent, name);
  }

  /** Paths have to be looked up anew. Descriptors in use stay valid until {@link settle}. */
  forget(): void {
    this.#retired.push(...this.#open.values());
    this.#open.clear();
  }

  /** Call between entries: closes the descriptors that are no longer needed. */
  settle(): void {
    if (this.#retired.length === 0) return;
    for (const fd of this.#retired) closeFd(fd);
    this.#retired = [];
  }

  [Symbol.dispose](): void {
    this.forget();
    this.settle();
    closeFd(this.root);
  }
}

function isWhiteout(stat: StatAt): boolean {
  return (stat.mode & S_IFMT) === S_IFCHR && stat.rdevMajor === 0 && stat.rdevMinor === 0;
}

function asText(path: ByteString): Text {
  return /[\x80-\xff]/.test(path) ? toBytes(path) : path;
}
