import { mkdirSync, mkdtempSync, openSync, closeSync, ftruncateSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from './command.ts';

/** A directory on a file system of its own, gone with everything in it on disposal. */
export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

/**
 * A tmpfs, or a journalled ext4 on a loop device (`ext4`, for benchmarks and full-disk tests: the root disk of a
 * development machine may lack a journal). Needs root.
 */
export async function makeScratch(id: string, kind: 'tmpfs' | 'ext4', sizeMiB = 2048): Promise<Scratch> {
  const base = mkdtempSync(join(tmpdir(), `berth-${id}-`));
  const path = join(base, 'disk');
  mkdirSync(path);
  const dispose = async (): Promise<void> => {
    // Lazily: a dead engine may have left mounts or processes in it, and the next test must not stumble over them.
    await run('umount', ['--recursive', '--lazy', path]);
    rmSync(base, { recursive: true, force: true });
  };
  try {
    if (kind === 'tmpfs') await must('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=755`, `berth-${id}`, path]);
    else await mountImage(join(base, 'disk.img'), path, sizeMiB);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: dispose };
}

async function mountImage(image: string, path: string, sizeMiB: number): Promise<void> {
  const fd = openSync(image, 'wx');
  ftruncateSync(fd, sizeMiB * 1024 * 1024);
  closeSync(fd);
  await must('mkfs.ext4', ['-q', '-F', '-O', 'has_journal', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image]);
  await must('mount', ['-o', 'loop', image, path]);
}
