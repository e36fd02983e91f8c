import { fail } from '#base/errors.ts';
import { parseDigest } from '#spec/ids.ts';
import { decompress } from './compression.ts';
import { cleanPath, escapes } from './names.ts';
import { readTar } from './tar/reader.ts';
import { toText } from './tar/format.ts';
import type { ContentStore } from '#content/types.ts';
import type { Digest } from '#spec/ids.ts';
import type { Lease } from './leases.ts';
import type { TarMember } from './tar/reader.ts';

/** What a path of an image archive holds: a blob in the content store, or a small file that is not stored yet. */
export type ArchiveFile =
  | { readonly digest: Digest; readonly size: number; readonly bytes?: undefined }
  | { readonly bytes: Buffer; readonly digest?: undefined };

/** Files up to this size stay in memory until something refers to them: old archives are full of small ones that nobody needs. */
const SMALL = 64 << 10;
/** All of them together. */
const SMALL_TOTAL = 64 << 20;
/** manifest.json and index.json. */
const METADATA_LIMIT = 8 << 20;
const MAX_FILES = 100_000;
const MAX_LINKS = 8;

/**
 * The files of an archive of images, read once from a stream: blobs go to the content store, links stay names. Nothing of
 * the archive is ever written under a name that it chose.
 */
export class ImageArchive {
  readonly #files = new Map<string, ArchiveFile>();
  readonly #links = new Map<string, string>();

  /** Reads an archive, plain, gzip or zstd. Throws invalidArgument, or dataLoss for a blob whose digest is not its name. */
  static async read(
    source: AsyncIterable<Uint8Array>,
    content: ContentStore,
    lease: Lease,
    signal: AbortSignal | undefined,
  ): Promise<ImageArchive> {
    const archive = new ImageArchive();
    let small = 0;
    for await (const member of readTar(decompress(source))) {
      if (signal?.aborted === true) fail('cancelled', 'loading images: cancelled');
      const path = nameOf(member);
      if (archive.#files.size + archive.#links.size >= MAX_FILES)
        fail('invalidArgument', `loading images: the archive has more than ${MAX_FILES} files`);
      const file = await archive.#take(member, path, content, lease, signal);
      small += file?.bytes?.length ?? 0;
      if (small > SMALL_TOTAL) fail('invalidArgument', 'loading images: the archive has too many small files');
    }
    return archive;
  }

  async #take(
    member: TarMember,
    path: string,
    content: ContentStore,
    lease: Lease,
    signal: AbortSignal | undefined,
  ): Promise<ArchiveFile | undefined> {
    const { entry } = member;
    if (entry.type === 'link') this.#links.set(path, toText(cleanPath(entry.linkPath)));
    if (entry.type === 'symlink') this.#links.set(path, symlinkTarget(path, toText(entry.linkPath)));
    if (entry.type !== 'file') return undefined;
    this.#links.delete(path);
    const file = await readFile(member, path, content, lease, signal);
    this.#files.set(path, file);
    return file;
  }

  /** The file at a path, links followed. Throws invalidArgument when there is none, with the text Docker has. */
  file(path: string): ArchiveFile {
    return this.find(path) ?? fail('invalidArgument', `open ${path}: no such file or directory`);
  }

  find(path: string): ArchiveFile | undefined {
    if (escapes(path)) fail('invalidArgument', `invalid path ${JSON.stringify(path)} in the archive: it leads out of it`);
    let name = cleanPath(path);
    for (let hops = 0; hops < MAX_LINKS; hops++) {
      const file = this.#files.get(name);
      if (file !== undefined) return file;
      const link = this.#links.get(name);
      if (link === undefined) return undefined;
      name = link;
    }
    return undefined;
  }

  /** Makes sure that a file is in the content store. */
  async blob(path: string, content: ContentStore): Promise<{ digest: Digest; size: number }> {
    const file = this.file(path);
    if (file.bytes === undefined) return file;
    return { digest: await content.put(file.bytes), size: file.bytes.length };
  }

  /** The bytes of a small file. */
  async bytes(path: string, content: ContentStore): Promise<Buffer> {
    const file = this.file(path);
    return file.bytes ?? content.readAll(file.digest, METADATA_LIMIT);
  }
}

function nameOf(member: TarMember): string {
  const path = toText(member.entry.path);
  if (escapes(path)) fail('invalidArgument', `invalid entry name ${JSON.stringify(path.slice(0, 500))}`);
  return cleanPath(path);
}

// Resolved by text: inside the archive there are only its own names.
function symlinkTarget(path: string, target: string): string {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  return cleanPath(target.startsWith('/') ? target : `${folder}/${target}`);
}

async function readFile(
  member: TarMember,
  path: string,
  content: ContentStore,
  lease: Lease,
  signal: AbortSignal | undefined,
): Promise<ArchiveFile> {
  const { size } = member.entry;
  if (member.entry.sparse !== undefined) fail('invalidArgument', `loading images: ${JSON.stringify(path)} is a sparse file`);
  const named = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(path);
  const digest = named === null ? undefined : parseDigest(`${named[1]}:${named[2]}`);
  if (digest !== undefined) {
    lease.hold(digest);
    // It was verified when it was stored; the bytes here need not be looked at.
    if (content.has(digest) && content.size(digest) === size) return { digest, size };
  }
  if (digest === undefined && size <= SMALL) return { bytes: await collect(member.data) };
  if (!path.includes('/') && path.endsWith('.json') && size > METADATA_LIMIT)
    fail('invalidArgument', `loading images: ${path} is larger than ${METADATA_LIMIT} bytes`);
  const stored = await content.ingest(member.data, digest === undefined ? { size } : { digest, size }, {
    deferred: true,
    ...(signal === undefined ? {} : { signal }),
  });
  lease.hold(stored.digest);
  return stored;
}

async function collect(data: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of data) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
