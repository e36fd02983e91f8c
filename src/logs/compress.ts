import { closeSync, createReadStream, createWriteStream, fstatSync, openSync, renameSync, rmSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { errnoOf } from '#base/errors.ts';
import { tryFlock } from '#kernel/flock.ts';

/**
 * Compresses the rotated files of one json-file log (`path.1` → `path.1.gz`), as the option compress=true asks for. The shim
 * rotates, and goes on doing so while no daemon runs; what it left uncompressed is taken up by the next one.
 *
 * A file is compressed beside the log and then takes the place that the original has by then. Whoever holds the flock of the
 * current file changes names: the shim waits a moment and then puts its rotation off, so it is held only over two renames.
 */
export class LogCompressor {
  readonly #path: string;
  readonly #rotated: number;
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  #watcher: FSWatcher | undefined;
  #work: Promise<void> | undefined;
  #again = false;

  /** `rotated`: how many rotated files there may be. `onError` hears of what failed; the file stays as it is. */
  constructor(path: string, rotated: number, onError: (error: unknown) => void) {
    this.#path = path;
    this.#rotated = rotated;
    this.#onError = onError;
  }

  /** Compresses now, and at each rotation until {@link unwatch}. */
  watch(): void {
    const first = `${basename(this.#path)}.1`;
    this.#watcher ??= watch(dirname(this.#path), (_event, name) => {
      if (name === first) this.compress();
    }).on('error', this.#onError).unref();
    this.compress();
  }

  /** The task has ended: once more, then no longer. */
  unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.compress();
  }

  /** Compresses what is there, after what is under way. */
  compress(): void {
    this.#again = true;
    this.#work ??= this.#run().catch(this.#onError).finally(() => {
      this.#work = undefined;
      if (this.#again && !this.#stop.signal.aborted) this.compress();
    });
  }

  /** Gives up what is under way; resolves when no file is touched any more. */
  async close(): Promise<void> {
    this.#watcher?.close();
    this.#stop.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      // Oldest first, so that none is pushed out of the row while it waits for its turn.
      for (let index = this.#rotated; index > 0 && !this.#stop.signal.aborted; index--) await this.#one(`${this.#path}.${index}`);
    }
  }

  async #one(name: string): Promise<void> {
    const temporary = `${this.#path}.compressing`;
    const fd = open(name);
    if (fd === undefined) return;
    const { ino } = fstatSync(fd);
    try {
      await pipeline(createReadStream('', { fd }), createGzip(), createWriteStream(temporary, { mode: 0o640 }), { signal: this.#stop.signal });
      await this.#replace(ino, temporary);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  async #replace(ino: number, temporary: string): Promise<void> {
    const lock = await this.#lock();
    try {
      for (let index = 1; index <= this.#rotated; index++) {
        const name = `${this.#path}.${index}`;
        if (inodeOf(name) !== ino) continue;
        renameSync(temporary, `${name}.gz`);
        rmSync(name);
        return;
      }
    } finally {
      if (lock !== undefined) closeSync(lock);
    }
  }

  /** The flock of the current file, which is still the current one once we have it. undefined: there is none, and nobody rotates. */
  async #lock(): Promise<number | undefined> {
    for (;;) {
      const fd = open(this.#path);
      if (fd === undefined) return undefined;
      if (tryFlock(fd) && fstatSync(fd).ino === inodeOf(this.#path)) return fd;
      closeSync(fd);
      await delay(1, undefined, { signal: this.#stop.signal });
    }
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
