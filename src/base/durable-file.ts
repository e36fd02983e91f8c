import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file as a whole: temp file beside it, rename. With `sync` also fsync of the file and of its directory. */
export function replaceFile(path: string, data: string | Uint8Array, options: { mode?: number; sync?: boolean } = {}): void {
  const temp = `${path}.tmp`;
  const fd = openSync(temp, 'w', options.mode ?? 0o600);
  try {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
    if (options.sync === true) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temp, path);
  if (options.sync === true) syncDirectory(dirname(path));
}

/** fsync of a directory: makes renames and new names in it durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
