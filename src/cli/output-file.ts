import { closeSync, openSync, renameSync, rmSync, statSync, write } from 'node:fs';
import { basename, dirname } from 'node:path';
import { quote } from '#base/go-quote.ts';
import type { ApiResponse } from '#client/types.ts';
import { errorText } from './go-errors.ts';

/** Throws, with `what` in front, when no file can be made under this name. */
export function checkOutput(path: string, what: string): void {
  const directory = dirname(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`${what}: invalid output path: stat ${directory}: no such file or directory`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error(`${what}: invalid output path: ${quote(path)} must not be a directory`);
}

/** Writes a body to a file; the name appears only when it is complete. */
export async function writeFile(response: ApiResponse, path: string): Promise<void> {
  const temporary = `${dirname(path)}/.tmp-${basename(path)}${process.pid}`;
  let fd: number;
  try {
    fd = openSync(temporary, 'wx', 0o600);
  } catch (error) {
    throw new Error(errorText(error, 'open', temporary), { cause: error });
  }
  try {
    await response.read((chunk) => writeAll(fd, chunk));
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function writeAll(fd: number, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    at += await new Promise<number>((resolve, reject) => {
      write(fd, chunk, at, chunk.length - at, null, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
  }
}
