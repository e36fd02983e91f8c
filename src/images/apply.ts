import { constants, fchmodSync, fchownSync, ftruncateSync, writeSync } from 'node:fs';
import { errnoOf, fail } from '#base/errors.ts';
import { S_IFBLK, S_IFCHR, S_IFIFO } from '#kernel/constants.ts';
import { chmodAt, chownAt, closeFd, linkAt, mknodAt, openAt, openDir, symlinkAt, utimesAt } from '#kernel/fs-at.ts';
import { setXattr, setXattrAt } from '#kernel/xattr.ts';
import { LayerTree } from './layer-tree.ts';
import { toBytes, toText } from './tar/format.ts';
import { escapes, splitName } from './names.ts';
import type { Text } from '#kernel/native.ts';
import type { TarEvent } from './tar/decoder.ts';
import type { ByteString, TarEntry, TarTime } from './tar/format.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const META = '.wh..wh.';
const opaqueAttribute = 'trusted.overlay.opaque';
const yes = Buffer.from('y');

/**
 * Unpacks one layer into an empty directory, event by event. Blocking: runs in a worker thread.
 *
 * - Every name is resolved inside the directory as a process chrooted there would (openat2 with RESOLVE_IN_ROOT), and its
 *   last component is never followed: no absolute name, symlink or hard link leads out, and `..` that would is refused.
 * - With `whiteouts: 'overlay'` OCI whiteouts become overlay's (character device 0/0, opaque attribute); with 'drop' they
 *   are left out: the lowest layer has nothing to hide. OCI image-spec, layer.md, "Whiteouts".
 * - `size` is what Docker calls the layer's size: bytes of everything but directories, each inode once.
 */
export class LayerApplier implements Disposable {
  readonly #tree: LayerTree;
  readonly #whiteouts: 'overlay' | 'drop';
  readonly #directoryTimes = new Map<ByteString, TarTime>();
  #file: { fd: number; parent: number; name: Text; entry: TarEntry } | undefined;
  #size = 0;
  #entries = 0;

  constructor(path: string, options: { whiteouts: 'overlay' | 'drop' }) {
    this.#tree = new LayerTree(openDir(path), (bytes) => (this.#size -= bytes));
    this.#whiteouts = options.whiteouts;
  }

  get size(): number {
    return this.#size;
  }

  get entries(): number {
    return this.#entries;
  }

  apply(event: TarEvent): void {
    if (event.kind === 'data') {
      if (this.#file !== undefined) writeAll(this.#file.fd, event.bytes, event.offset);
    } else if (event.kind === 'entry') {
      this.#entries++;
      this.#start(event.entry);
    } else {
      this.#finishFile();
    }
  }

  /** Call after the last event: sets what had to wait for the contents. */
  finish(): void {
    for (const [path, time] of this.#directoryTimes) {
      this.#tree.settle();
      const { directory, name } = splitName(path);
      const parent = this.#tree.find(directory);
      if (parent === undefined) continue;
      try {
        setTime(parent, name === '' ? '.' : text(name), time);
      } catch (error) {
        // Another entry has replaced the directory or its parent.
        if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
      }
    }
  }

  #start(entry: TarEntry): void {
    this.#tree.settle();
    checkLimits(entry);
    const { directory, name } = splitName(entry.path);
    if (name === '') return this.#root(entry);
    if (name.startsWith(WHITEOUT)) return this.#whiteout(entry, directory, name);
    const parent = this.#tree.directory(directory);
    if (entry.type === 'file') this.#startFile(entry, parent, text(name));
    else if (entry.type === 'directory') this.#makeDirectory(entry, parent, directory, name);
    else this.#makeOther(entry, parent, directory, name);
  }

  #root(entry: TarEntry): void {
    if (entry.type !== 'directory')
      fail('invalidArgument', `unpacking ${JSON.stringify(toText(entry.path))}: the root must be a directory`);
    setAttributes(this.#tree.root, '.', entry);
    this.#directoryTimes.set('', entry.mtime);
  }

  #startFile(entry: TarEntry, parent: number, name: Text): void {
    const create = (): number =>
      openAt(parent, name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    this.#file = { fd: this.#tree.replacing(parent, name, create), parent, name, entry };
  }

  #finishFile(): void {
    if (this.#file === undefined) return;
    const { fd, entry } = this.#file;
    this.#file = undefined;
    try {
      if (entry.sparse !== undefined) ftruncateSync(fd, entry.size);
      fchownSync(fd, entry.uid, entry.gid);
      for (const [key, value] of entry.xattrs) setAttribute(key, () => setXattr(fd, toBytes(key), value));
      fchmodSync(fd, entry.mode);
      setTime(fd, '', entry.mtime);
      this.#size += entry.size;
    } finally {
      closeFd(fd);
    }
  }

  #makeDirectory(entry: TarEntry, parent: number, directory: ByteString, name: ByteString): void {
    const found = this.#tree.makeDirectory(parent, text(name));
    // The layer both removes what was below and has a directory of that name: nothing of the old one may show.
    if (found === 'whiteout') setXattrAt(parent, text(name), opaqueAttribute, yes);
    setAttributes(parent, text(name), entry);
    this.#directoryTimes.set(directory === '' ? name : `${directory}/${name}`, entry.mtime);
  }

  #makeOther(entry: TarEntry, parent: number, directory: ByteString, name: ByteString): void {
    const at = text(name);
    if (entry.type === 'link') return this.#makeLink(entry, parent, at);
    const create = (): void => {
      if (entry.type === 'symlink') symlinkAt(text(entry.linkPath), parent, at);
      else if (entry.type === 'fifo') mknodAt(parent, at, S_IFIFO | 0o600);
      else mknodAt(parent, at, (entry.type === 'char' ? S_IFCHR : S_IFBLK) | 0o600, entry.devMajor, entry.devMinor);
    };
    this.#tree.replacing(parent, at, create);
    this.#directoryTimes.delete(directory === '' ? name : `${directory}/${name}`);
    if (entry.type === 'symlink') this.#size += entry.linkPath.length;
    setAttributes(parent, at, entry);
    setTime(parent, at, entry.mtime);
  }

  // The attributes of an inode are those of its first name; a link entry only adds a name.
  #makeLink(entry: TarEntry, parent: number, at: Text): void {
    const target = splitName(entry.linkPath);
    const from = target.name === '' ? undefined : this.#tree.find(target.directory);
    if (from === undefined) fail('invalidArgument', `linkat ${toText(entry.linkPath)} ${toText(entry.path)}: no such file or directory`);
    try {
      if (this.#tree.sameFile(from, text(target.name), parent, at)) return;
      this.#tree.replacing(parent, at, () => linkAt(from, text(target.name), parent, at));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EPERM') throw error;
      fail(
        'invalidArgument',
        `linkat ${toText(entry.linkPath)} ${toText(entry.path)}: ${errnoOf(error) === 'EPERM' ? 'operation not permitted' : 'no such file or directory'}`,
        { cause: error },
      );
    }
  }

  #whiteout(entry: TarEntry, directory: ByteString, name: ByteString): void {
    if (name !== OPAQUE && name.startsWith(META)) return; // aufs' own files
    const hidden = name.slice(WHITEOUT.length);
    if (name !== OPAQUE && (hidden === '' || hidden === '.' || hidden === '..'))
      fail('invalidArgument', `invalid whiteout entry ${quoted(entry.path)}`);
    if (this.#whiteouts === 'drop') return;
    const parent = this.#tree.directory(directory);
    if (name === OPAQUE) {
      setXattrAt(parent, '.', opaqueAttribute, yes);
      return;
    }
    const at = text(hidden);
    // A whiteout hides lower layers only. What this layer itself has of that name stays, but a directory shows nothing from below.
    const kind = this.#tree.kindOf(parent, at);
    if (kind === 'directory') setXattrAt(parent, at, opaqueAttribute, yes);
    if (kind !== undefined) return;
    mknodAt(parent, at, S_IFCHR, 0, 0);
    chownAt(parent, at, entry.uid, entry.gid);
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeFd(this.#file.fd);
    this.#file = undefined;
    this.#tree[Symbol.dispose]();
  }
}

const MAX_PATH = 4095;
const MAX_ID = 0xffff_fffe;

function checkLimits(entry: TarEntry): void {
  const refuse = (why: string): never => fail('invalidArgument', `unpacking ${JSON.stringify(toText(entry.path).slice(0, 200))}: ${why}`);
  if (escapes(entry.path)) fail('invalidArgument', `invalid entry name ${quoted(entry.path)}`);
  if (entry.type === 'link' && escapes(entry.linkPath)) fail('invalidArgument', `invalid hardlink target ${quoted(entry.linkPath)}`);
  if (entry.path.length > MAX_PATH || entry.linkPath.length > MAX_PATH) refuse('file name too long');
  for (const id of [entry.uid, entry.gid]) if (id < 0 || id > MAX_ID) refuse(`impossible owner ${id}`);
  for (const key of entry.xattrs.keys()) if (key === '' || key.length > 255 || key.includes('\0')) refuse('impossible extended attribute');
}

function quoted(path: ByteString): string {
  return JSON.stringify(toText(path).slice(0, 500));
}

/** A kernel's file name of a byte string: ASCII names pass as they are. */
function text(name: ByteString): Text {
  return /[\x80-\xff]/.test(name) ? toBytes(name) : name;
}

function setAttributes(parent: number, name: Text, entry: TarEntry): void {
  chownAt(parent, name, entry.uid, entry.gid);
  for (const [key, value] of entry.xattrs) setAttribute(key, () => setXattrAt(parent, name, toBytes(key), value));
  if (entry.type !== 'symlink') chmodAt(parent, name, entry.mode);
}

/** Overlay's own attributes never come from an archive: they could make one layer show another's files. */
function setAttribute(key: ByteString, set: () => void): void {
  if (/^(trusted|user)\.overlay\./.test(key)) return;
  try {
    set();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EOPNOTSUPP' || errno === 'ENOTSUP') return;
    // user.* exists only on files and directories (xattr(7)).
    if (errno === 'EPERM' && key.startsWith('user.')) return;
    throw error;
  }
}

function setTime(dir: number, name: Text, time: TarTime): void {
  const ns = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanos);
  utimesAt(dir, name, ns, ns);
}

function writeAll(fd: number, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}
