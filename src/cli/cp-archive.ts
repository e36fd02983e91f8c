import { posix } from 'node:path';
import { PassThrough } from 'node:stream';
import { closeFd, openDir } from '#kernel/fs-at.ts';
import { extractArchive } from '#images/tree/extract.ts';
import { TreeArchive } from '#images/tree/tar-tree.ts';
import { fromText } from '#images/tar/format.ts';
import type { ApiResponse } from '#client/types.ts';
import { type CopyInfo, type Rename, splitEntry } from './cp-paths.ts';

/** The local halves of `cp`: an archive of what is on this machine, and the other way round. */

/** A tar of a local file or directory, renamed on the way. */
export async function* archiveOf(source: CopyInfo, rename: Rename | undefined, counted: (bytes: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  const { directory, base } = splitEntry(source.path);
  const own = source.rebaseName === '' ? base : source.rebaseName;
  const name = fromText(rename === undefined ? own : own.replace(rename.from, () => rename.to));
  const root = openDir('/');
  try {
    const out = new TreeArchive();
    for (const piece of source.isDirectory ? out.tree(root, source.path, name) : out.single(root, directory, base, name)) {
      counted(piece.length);
      yield piece;
    }
  } finally {
    closeFd(root);
  }
}

/** Unpacks an answer's archive into a local directory; owners are ours. */
export async function unpack(response: ApiResponse, directory: string, renames: readonly Rename[], counted: (bytes: number) => void): Promise<void> {
  const root = openDir('/');
  const stream = new PassThrough({ highWaterMark: 1 << 20 });
  const received = response.read((chunk) => {
    counted(chunk.length);
    if (stream.write(Buffer.from(chunk)) || stream.destroyed) return undefined;
    return new Promise<void>((resolve) => {
      stream.once('drain', resolve).once('close', resolve);
    });
  }).then(() => stream.end(), (error: unknown) => stream.destroy(error as Error));
  try {
    const rename = (path: string): string => renames.reduce((name, { from, to }) => name.replace(fromText(from), () => fromText(to)), path);
    await extractArchive(root, posix.resolve(directory), stream, { noOverwriteDirNonDir: true, owner: 'keep', rename });
  } finally {
    stream.destroy();
    closeFd(root);
    await received;
  }
}
