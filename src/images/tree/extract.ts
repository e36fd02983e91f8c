import { constants, fchmodSync, fchownSync, ftruncateSync, writeSync } from 'node:fs';
import { posix } from 'node:path';
import { BerthError, errnoOf, fail } from '#base/errors.ts';
import { S_IFBLK, S_IFCHR, S_IFIFO } from '#kernel/constants.ts';
import { chmodAt, chownAt, closeFd, linkAt, mkdirAt, mknodAt, openAt, symlinkAt, utimesAt } from '#kernel/fs-at.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import { setXattr, setXattrAt } from '#kernel/xattr.ts';
import { decompress } from '../compression.ts';
import { TarDecoder } from '../tar/decoder.ts';
import { escapes } from '../names.ts';
import { toBytes, toText } from '../tar/format.ts';
import type { Text } from '#kernel/native.ts';
import type { StatAt } from '#kernel/stat-at.ts';
import type { TarEvent } from '../tar/decoder.ts';
import type { ByteString, TarEntry, TarTime } from '../tar/format.ts';
import { Destination, latin } from './destination.ts';
import { asGo } from './go-error.ts';
import { isDirectory } from './paths.ts';
import { removeIn } from './remove.ts';

export interface ExtractOptions {
  readonly noOverwriteDirNonDir: boolean;
  /** Changes every name of the archive. */
  readonly rename?: (path: ByteString) => ByteString;
  /** Everything gets this owner; undefined: the archive's; 'keep': that of whoever unpacks. */
  readonly owner: 'keep' | { readonly uid: number; readonly gid: number } | undefined;
}

/** Unpacks an archive (plain, gzip or zstd) into a directory inside the root as dockerd does (moby/go-archive `Untar`). */
export async function extractArchive(root: number, destination: string, input: Iterable<Buffer> | AsyncIterable<Buffer>, options: ExtractOptions): Promise<void> {
  const extractor = new Extractor(root, destination, options);
  try {
    const decoder = new TarDecoder();
    for await (const piece of decompress(iterate(input))) for (const event of decoder.push(piece)) extractor.apply(event);
    decoder.end();
    extractor.finish();
  } catch (error) {
    // What is wrong with the archive is a failure of the operation for dockerd, not of the request.
    throw error instanceof BerthError && error.kind === 'invalidArgument' ? new BerthError('internal', error.message, { cause: error, data: error.data }) : error;
  } finally {
    extractor.close();
  }
}

async function* iterate(input: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield* input;
}

/**
 * Applies entries one by one; every path is found anew ({@link Destination}). Names in errors are those of the archive, operations those of Go's os.Root, with which dockerd unpacks.
 */
class Extractor {
  readonly #destination: string;
  readonly #tree: Destination;
  readonly #options: ExtractOptions;
  readonly #directories: { path: ByteString; time: TarTime }[] = [];
  #file: { fd: number; entry: TarEntry; path: ByteString } | undefined;

  constructor(root: number, destination: string, options: ExtractOptions) {
    this.#destination = destination;
    this.#tree = new Destination(root, destination);
    this.#options = options;
  }

  apply(event: TarEvent): void {
    if (event.kind === 'entry') this.#start(this.#renamed(event.entry));
    else if (this.#file === undefined) return;
    else if (event.kind === 'data') writeAll(this.#file, event.bytes, event.offset);
    else this.#finishFile();
  }

  /** Sets the times of directories, which their contents have changed. */
  finish(): void {
    for (const { path, time } of this.#directories) this.#at('chtimesat', path, (dir, name) => setTime(dir, name, time));
  }

  close(): void {
    if (this.#file !== undefined) closeFd(this.#file.fd);
    this.#file = undefined;
    this.#tree[Symbol.dispose]();
  }

  #renamed(entry: TarEntry): TarEntry {
    const { rename } = this.#options;
    if (rename === undefined) return entry;
    return { ...entry, path: rename(entry.path), linkPath: entry.type === 'link' ? rename(entry.linkPath) : entry.linkPath };
  }

  #start(entry: TarEntry): void {
    if (escapes(entry.path)) fail('internal', `invalid entry name ${quote(entry.path)}`);
    const path = posix.join('.', entry.path).replace(/\/+$/, '').replace(/^\/+/, '') || '.';
    asGo('mkdirat', toText(posix.dirname(path)), () => this.#tree.makeParents(path));
    const found = this.#find(path);
    if (found !== undefined) {
      const [was, is] = [isDirectory(found), entry.type === 'directory'];
      if (was !== is) this.#refuseOverwrite(path, was);
      if (was && path === '.') return;
      if (!(was && is)) this.#at('RemoveAll', path, removeIn);
    }
    if (entry.type === 'file') this.#startFile(entry, path);
    else this.#make(entry, path, found !== undefined && isDirectory(found));
  }

  #refuseOverwrite(path: ByteString, wasDirectory: boolean): void {
    if (!this.#options.noOverwriteDirNonDir) return;
    const [old, fresh] = wasDirectory ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
    fail('internal', `cannot overwrite ${old} ${quote(path)} with ${fresh} ${JSON.stringify(this.#destination)}`);
  }

  /** Runs `body` with the directory of a path and its last name. */
  #at<T>(operation: string, path: ByteString, body: (dir: number, name: Text) => T): T {
    return asGo(operation, toText(path), () => this.#tree.in(path, body));
  }

  /** What has the name now; a path that can't be looked at shows when something is made there. */
  #find(path: ByteString): StatAt | undefined {
    try {
      return this.#tree.in(path, (dir, name) => tryStatAt(dir, name));
    } catch {
      return undefined;
    }
  }

  #startFile(entry: TarEntry, path: ByteString): void {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    this.#file = { fd: this.#at('openat', path, (dir, name) => openAt(dir, name, flags, 0o600)), entry, path };
  }

  #finishFile(): void {
    if (this.#file === undefined) return;
    const { fd, entry, path } = this.#file;
    this.#file = undefined;
    try {
      const owner = this.#ownerOf(entry);
      asGo('write', toText(path), () => {
        if (entry.sparse !== undefined) ftruncateSync(fd, entry.size);
        if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
        for (const [key, value] of entry.xattrs) setXattrOf(key, () => setXattr(fd, toBytes(key), value));
        fchmodSync(fd, entry.mode);
        setTime(fd, '', entry.mtime);
      });
    } finally {
      closeFd(fd);
    }
  }

  #make(entry: TarEntry, path: ByteString, merge: boolean): void {
    if (entry.type === 'link') return this.#link(entry, path);
    const operation = entry.type === 'directory' ? 'mkdirat' : entry.type === 'symlink' ? `symlinkat ${toText(entry.linkPath)}` : '';
    this.#at(operation, path, (dir, name) => {
      if (entry.type === 'directory') {
        if (!merge) mkdirAt(dir, name, 0o700);
      } else if (entry.type === 'symlink') symlinkAt(latin(entry.linkPath), dir, name);
      else if (entry.type === 'fifo') mknodAt(dir, name, S_IFIFO | 0o600);
      else mknodAt(dir, name, (entry.type === 'char' ? S_IFCHR : S_IFBLK) | 0o600, entry.devMajor, entry.devMinor);
    });
    const owner = this.#ownerOf(entry);
    this.#at('chownat', path, (dir, name) => {
      if (owner !== undefined) chownAt(dir, name, owner.uid, owner.gid);
      for (const [key, value] of entry.xattrs) setXattrOf(key, () => setXattrAt(dir, name, toBytes(key), value));
      if (entry.type !== 'symlink') chmodAt(dir, name, entry.mode);
    });
    if (entry.type === 'directory') this.#directories.push({ path, time: entry.mtime });
    else this.#at('chtimesat', path, (dir, name) => setTime(dir, name, entry.mtime));
  }

  // The attributes of an inode are those of its first name.
  #link(entry: TarEntry, path: ByteString): void {
    if (escapes(entry.linkPath)) fail('internal', `invalid hardlink target ${quote(entry.linkPath)}`);
    const target = posix.join('.', entry.linkPath).replace(/^\/+/, '') || '.';
    asGo(`linkat ${toText(target)}`, toText(path), () => this.#tree.in(target, (from, old) => this.#tree.in(path, (to, name) => linkAt(from, old, to, name))));
  }

  #ownerOf(entry: TarEntry): { uid: number; gid: number } | undefined {
    return this.#options.owner === 'keep' ? undefined : this.#options.owner ?? { uid: entry.uid, gid: entry.gid };
  }
}

function quote(text: ByteString): string {
  return JSON.stringify(toText(text));
}

function writeAll(file: { fd: number; path: ByteString }, bytes: Buffer, offset: number): void {
  asGo('write', toText(file.path), () => {
    for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done, bytes.length - done, offset + done);
  });
}

/** Overlay's own attributes never come from an archive; what may not be set is left away, as dockerd does. */
function setXattrOf(key: ByteString, set: () => void): void {
  if (/^(trusted|user)\.overlay\./.test(key)) return;
  try {
    set();
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
  }
}

const MAX_SECONDS = 2n ** 33n;

function setTime(dir: number, name: Text, time: TarTime): void {
  const seconds = BigInt(time.seconds);
  const ns = seconds < 0n || seconds > MAX_SECONDS ? 0n : seconds * 1_000_000_000n + BigInt(time.nanos);
  utimesAt(dir, name, ns, ns);
}
