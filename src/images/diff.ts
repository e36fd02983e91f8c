import { constants, readSync } from 'node:fs';
import { BerthError, fail } from '#base/errors.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '#kernel/constants.ts';
import { closeFd, openAt, openDir, readlinkAt } from '#kernel/fs-at.ts';
import { listDir } from '#kernel/list-at.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import { getXattrAt, listXattrAt } from '#kernel/xattr.ts';
import { encodeHeader, endOfArchive } from './tar/encoder.ts';
import { fromBytes, fromText, padding } from './tar/format.ts';
import type { Text } from '#kernel/native.ts';
import type { StatAt } from '#kernel/stat-at.ts';
import type { NewEntry } from './tar/encoder.ts';
import type { ByteString, TarType } from './tar/format.ts';

const PIECE = 1 << 20;
const MAX_DEPTH = 1024;
const TYPES: ReadonlyMap<number, TarType> = new Map([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFLNK, 'symlink'],
  [S_IFCHR, 'char'],
  [S_IFBLK, 'block'],
  [S_IFIFO, 'fifo'],
]);

/**
 * The OCI layer of an overlay's upper directory: what a container changed, whiteouts and opaque directories as OCI writes
 * them (layer.md). Entries are sorted, parents first; hard links among the changed files are kept; sockets are left out.
 * With `whole` the directory is a complete root and has no whiteouts. Throws notImplemented for an upper directory that
 * was written with `redirect_dir` or `metacopy`: its files are not all in it.
 */
export async function* layerOf(directory: string, options: { whole?: boolean } = {}): AsyncGenerator<Buffer, void, undefined> {
  const root = openDir(directory);
  try {
    yield* new Walker(options.whole === true).directory(root, '', 0);
    yield endOfArchive;
  } finally {
    closeFd(root);
  }
}

class Walker {
  readonly #whole: boolean;
  /** First name of each inode that has several. */
  readonly #links = new Map<bigint, ByteString>();

  constructor(whole: boolean) {
    this.#whole = whole;
  }

  async *directory(dir: number, path: ByteString, depth: number): AsyncGenerator<Buffer, void, undefined> {
    if (depth > MAX_DEPTH) fail('invalidArgument', `reading a layer: directories are nested more than ${MAX_DEPTH} deep`);
    if (!this.#whole) yield* this.#opaque(dir, path);
    const names = listDir(dir).map((entry) => ({
      name: entry.name,
      bytes: typeof entry.name === 'string' ? fromText(entry.name) : fromBytes(entry.name),
    }));
    names.sort((a, b) => (a.bytes < b.bytes ? -1 : 1));
    for (const { name, bytes } of names) {
      const stat = tryStatAt(dir, name);
      if (stat !== undefined) yield* this.#entry(dir, name, path === '' ? bytes : `${path}/${bytes}`, stat, depth);
    }
  }

  *#opaque(dir: number, path: ByteString): Generator<Buffer, void, undefined> {
    const attribute = (key: string): string => getXattrAt(dir, '.', key)?.toString('latin1') ?? '';
    if (attribute('trusted.overlay.redirect') !== '') {
      throw new BerthError(
        'notImplemented',
        `reading the layer directory ${JSON.stringify(path)}: it was renamed with overlay's redirect_dir`,
        { hint: 'mount container roots with redirect_dir=off' },
      );
    }
    if (attribute('trusted.overlay.opaque') !== 'y') return;
    yield encodeHeader({ path: `${path === '' ? '' : `${path}/`}.wh..wh..opq`, type: 'file', mode: 0o600 });
  }

  async *#entry(dir: number, name: Text, path: ByteString, stat: StatAt, depth: number): AsyncGenerator<Buffer, void, undefined> {
    const type = TYPES.get(stat.mode & S_IFMT);
    if (type === undefined) return;
    if (!this.#whole && type === 'char' && stat.rdevMajor === 0 && stat.rdevMinor === 0) {
      const slash = path.lastIndexOf('/');
      yield encodeHeader({
        ...attributes(stat),
        path: `${path.slice(0, slash + 1)}.wh.${path.slice(slash + 1)}`,
        type: 'file',
        mode: 0o600,
      });
      return;
    }
    const first = type === 'directory' || stat.nlink < 2 ? undefined : this.#links.get(stat.ino);
    if (first !== undefined) {
      yield encodeHeader({ ...attributes(stat), path, type: 'link', linkPath: first });
      return;
    }
    if (type !== 'directory' && stat.nlink > 1) this.#links.set(stat.ino, path);
    yield* this.#content(dir, name, { ...attributes(stat), path, type, xattrs: xattrsOf(dir, name) }, stat, depth);
  }

  async *#content(dir: number, name: Text, entry: NewEntry, stat: StatAt, depth: number): AsyncGenerator<Buffer, void, undefined> {
    if (entry.type === 'file') {
      yield* fileOf(dir, name, { ...entry, size: stat.size });
    } else if (entry.type === 'directory') {
      yield encodeHeader(entry);
      const child = openAt(dir, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      try {
        yield* this.directory(child, entry.path, depth + 1);
      } finally {
        closeFd(child);
      }
    } else if (entry.type === 'symlink') {
      yield encodeHeader({ ...entry, linkPath: fromBytes(readlinkAt(dir, name)) });
    } else {
      const isDevice = entry.type === 'char' || entry.type === 'block';
      yield encodeHeader({ ...entry, ...(isDevice ? { devMajor: stat.rdevMajor, devMinor: stat.rdevMinor } : {}) });
    }
  }
}

function attributes(stat: StatAt): Pick<Required<NewEntry>, 'mode' | 'uid' | 'gid' | 'mtime'> {
  const nanos = ((stat.mtime % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return {
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    mtime: { seconds: Number((stat.mtime - nanos) / 1_000_000_000n), nanos: Number(nanos) },
  };
}

/** What belongs to the file itself: not overlay's own marks, nor the labels that this host's policy gave it. */
function xattrsOf(dir: number, name: Text): Map<ByteString, Buffer> {
  const found = new Map<ByteString, Buffer>();
  for (const attribute of listXattrAt(dir, name)) {
    const key = typeof attribute === 'string' ? fromText(attribute) : fromBytes(attribute);
    if (key === 'trusted.overlay.metacopy')
      throw new BerthError('notImplemented', `reading a layer: a file was written with overlay's metacopy`, {
        hint: 'mount container roots with metacopy=off',
      });
    if (/^(trusted|user)\.overlay\.|^security\.(selinux|ima|evm)$/.test(key)) continue;
    const value = getXattrAt(dir, name, attribute);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

// The size in the header is a promise: a file that shrinks meanwhile is filled up, one that grows is cut.
async function* fileOf(dir: number, name: Text, entry: NewEntry & { size: number }): AsyncGenerator<Buffer, void, undefined> {
  const fd = openAt(dir, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    yield encodeHeader(entry);
    for (let offset = 0; offset < entry.size;) {
      const piece = Buffer.alloc(Math.min(PIECE, entry.size - offset));
      const length = readSync(fd, piece, 0, piece.length, offset);
      yield length === 0 ? piece : piece.subarray(0, length);
      offset += length === 0 ? piece.length : length;
    }
    if (padding(entry.size) > 0) yield Buffer.alloc(padding(entry.size));
  } finally {
    closeFd(fd);
  }
}
