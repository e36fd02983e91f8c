import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf } from '#base/errors.ts';

const block = 64 * 1024;
const NEWLINE = 10;

/** A place in the chain of log files: `path.N` … `path.1`, `path`, oldest first. */
export interface LogChain {
  readonly files: FileHandle[];
  /** Where to begin in the first of them. */
  readonly offset: number;
}

/** Opens a log and its rotated predecessors; with `tail` ≥ 0 only as many as hold that many lines. The caller closes them. */
export async function openChain(path: string, tail: number): Promise<LogChain> {
  const newest = await openIfThere(path);
  const files = newest === undefined ? [] : [newest];
  let missing = tail;
  let offset = 0;
  if (tail >= 0 && newest !== undefined) ({ offset, missing } = await tailOffset(newest, tail));
  for (let index = 1; (tail < 0 || missing > 0) && existsSync(`${path}.${index}`); index++) {
    const older = await openIfThere(`${path}.${index}`);
    if (older === undefined) break;
    files.unshift(older);
    if (tail >= 0) ({ offset, missing } = await tailOffset(older, missing));
  }
  return { files, offset };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the last `lines` lines begin; `missing` is how many the file has too few. Reads backwards in blocks. */
async function tailOffset(file: FileHandle, lines: number): Promise<{ offset: number; missing: number }> {
  const { size } = await file.stat();
  if (lines === 0) return { offset: size, missing: 0 };
  const buffer = Buffer.allocUnsafe(block);
  let found = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; ) {
      at = buffer.lastIndexOf(NEWLINE, at);
      if (at < 0) break;
      // The newline at the very end closes the last line.
      if (start + at !== size - 1 && ++found === lines) return { offset: start + at + 1, missing: 0 };
      at--;
    }
    end = start;
  }
  return { offset: 0, missing: size === 0 ? lines : lines - found - 1 };
}
