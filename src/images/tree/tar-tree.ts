import { constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '#base/errors.ts';
import { O_PATH, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '#kernel/constants.ts';
import { closeFd, openAt, openDirIn, readlinkAt } from '#kernel/fs-at.ts';
import { listDir } from '#kernel/list-at.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import { getXattrAt } from '#kernel/xattr.ts';
import { encodeHeader, endOfArchive } from '../tar/encoder.ts';
import { fromBytes, fromText, padding } from '../tar/format.ts';
import type { Text } from '#kernel/native.ts';
import type { StatAt } from '#kernel/stat-at.ts';
import type { NewEntry } from '../tar/encoder.ts';
import type { ByteString, TarType } from '../tar/format.ts';

const PIECE = 1 << 18;
/** No path that the kernel takes is deeper. */
const MAX_DEPTH = 2048;
const TYPES: ReadonlyMap<number, TarType> = new Map([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFLNK, 'symlink'],
  [S_IFCHR, 'char'],
  [S_IFBLK, 'block'],
  [S_IFIFO, 'fifo'],
]);

/**
 * Writes a tree as dockerd's archives have it (moby/go-archive `Tarballer`): sorted, parents first, times in whole seconds,
 * numeric owners, hard links within the tree, of the extended attributes only security.capability; no sockets. A tree that is
 * changed meanwhile gives a well-formed archive all the same: what has gone is left out, what shrinks is filled up with
 * zeros, what grows is cut. Blocks while a piece is made: of trees that others write it runs in a helper process.
 */
export class TreeArchive {
  /** First name of each inode that has several. */
  readonly #links = new Map<string, ByteString>();

  /** A directory with all that is in it. `name` is what it is called in the archive, '' leaves its own entry out. */
  *tree(root: number, path: string, name: ByteString): Generator<Buffer, void, undefined> {
    const dir = openDirIn(root, path);
    try {
      const stat = tryStatAt(dir, '');
      if (stat !== undefined && name !== '') yield encodeHeader({ ...attributes(stat), ...capability(dir, '.'), path: name, type: 'directory' });
      yield* this.#children(dir, name === '' || name.endsWith('/') ? name : `${name}/`, 0);
    } finally {
      closeFd(dir);
    }
    yield endOfArchive;
  }

  /** One thing that is no directory. */
  *single(root: number, directory: string, name: string, archived: ByteString): Generator<Buffer, void, undefined> {
    const dir = openDirIn(root, directory);
    try {
      yield* this.#entry(dir, name, archived, 0);
    } finally {
      closeFd(dir);
    }
    yield endOfArchive;
  }

  *#children(dir: number, prefix: ByteString, depth: number): Generator<Buffer, void, undefined> {
    if (depth >= MAX_DEPTH) return;
    const names = listDir(dir).map(({ name }) => ({ name, bytes: typeof name === 'string' ? fromText(name) : fromBytes(name) }));
    names.sort((a, b) => (a.bytes < b.bytes ? -1 : 1));
    for (const { name, bytes } of names) {
      try {
        yield* this.#entry(dir, name, prefix + bytes, depth);
      } catch (error) {
        // dockerd logs what it cannot read and goes on.
        if (!GONE.includes(errnoOf(error) ?? '')) throw error;
      }
    }
  }

  *#entry(dir: number, name: Text, path: ByteString, depth: number): Generator<Buffer, void, undefined> {
    const stat = tryStatAt(dir, name);
    const type = TYPES.get((stat?.mode ?? 0) & S_IFMT);
    if (stat === undefined || type === undefined) return;
    const entry: NewEntry = { ...attributes(stat), path, type };
    if (type !== 'directory' && stat.nlink > 1) {
      const key = `${stat.devMajor}:${stat.devMinor}:${stat.ino}`;
      const first = this.#links.get(key);
      if (first !== undefined) {
        yield encodeHeader({ ...entry, ...capability(dir, name), type: 'link', linkPath: first });
        return;
      }
      this.#links.set(key, path);
    }
    if (type === 'directory') yield* this.#directory(dir, name, entry, depth);
    else if (type === 'file') yield* this.#file(dir, name, entry, stat);
    else if (type === 'symlink') yield encodeHeader({ ...entry, linkPath: fromBytes(readlinkAt(dir, name)) });
    else yield encodeHeader({ ...entry, ...(type === 'fifo' ? {} : { devMajor: stat.rdevMajor, devMinor: stat.rdevMinor }) });
  }

  *#directory(dir: number, name: Text, entry: NewEntry, depth: number): Generator<Buffer, void, undefined> {
    const child = openAt(dir, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      yield encodeHeader({ ...entry, ...capability(dir, name) });
      yield* this.#children(child, `${entry.path}/`, depth + 1);
    } finally {
      closeFd(child);
    }
  }

  *#file(dir: number, name: Text, entry: NewEntry, stat: StatAt): Generator<Buffer, void, undefined> {
    const fd = openRegular(dir, name);
    if (fd === undefined) return;
    try {
      yield encodeHeader({ ...entry, ...capability(dir, name), size: stat.size });
      let offset = 0;
      while (offset < stat.size) {
        const piece = Buffer.allocUnsafe(Math.min(PIECE, stat.size - offset));
        const length = readOr(fd, piece, offset);
        yield length === 0 ? piece.fill(0) : piece.subarray(0, length);
        offset += length === 0 ? piece.length : length;
      }
      if (padding(stat.size) > 0) yield Buffer.alloc(padding(stat.size));
    } finally {
      closeFd(fd);
    }
  }
}

// The header is out: the promised bytes have to follow whatever happens to the file.
function readOr(fd: number, piece: Buffer, offset: number): number {
  try {
    return readSync(fd, piece, 0, piece.length, offset);
  } catch {
    return 0;
  }
}

/** Looked at before it is opened: another process may have put a fifo or a device in its place. */
function openRegular(dir: number, name: Text): number | undefined {
  const found = openAt(dir, name, O_PATH | constants.O_NOFOLLOW);
  try {
    return fstatSync(found).isFile() ? openSync(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK) : undefined;
  } finally {
    closeFd(found);
  }
}

const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE', 'EACCES', 'EPERM', 'EIO', 'ENXIO', 'ENAMETOOLONG', 'EMFILE'];

function attributes(stat: StatAt): Pick<Required<NewEntry>, 'mode' | 'uid' | 'gid' | 'mtime'> {
  const nanos = ((stat.mtime % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: { seconds: Number((stat.mtime - nanos) / 1_000_000_000n), nanos: 0 } };
}

const CAPABILITY = 'security.capability';

// A capability of a user namespace (revision 3) means nothing outside: its root id is cut off (linux/capability.h).
function capability(dir: number, name: Text): { xattrs?: Map<ByteString, Buffer> } {
  const value = getXattrAt(dir, name, CAPABILITY);
  if (value === undefined) return {};
  if (value[3] !== 3) return { xattrs: new Map([[CAPABILITY, value]]) };
  const revision2 = Buffer.from(value.subarray(0, 20));
  revision2[3] = 2;
  return { xattrs: new Map([[CAPABILITY, revision2]]) };
}
