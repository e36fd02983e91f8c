import { writeSync, writev } from 'node:fs';

/**
 * Standard output and error as plain file descriptors. Short texts go out at once; streams go through
 * {@link Sink.push}, which writes in order in the background and tells when its reader falls behind.
 * (process.stdout costs more start-up time than a whole `ps` has.)
 */
export class Sink {
  readonly fd: number;
  readonly #queue: Uint8Array[] = [];
  readonly #waiters: (() => void)[] = [];
  #queued = 0;
  #writing = false;
  /** Set once writing failed for good (the reader is gone); later output is dropped. */
  broken = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Writes a text now, after what was pushed before it. */
  text(text: string): void {
    if (text === '') return;
    const bytes = Buffer.from(text);
    if (this.#queue.length > 0) {
      this.push(bytes);
      return;
    }
    this.#writeNow(bytes);
  }

  line(text: string): void {
    this.text(`${text}\n`);
  }

  /** Queues bytes, which the caller must not change any more. Returns false when it should wait for {@link drained}. */
  push(bytes: Uint8Array): boolean {
    if (this.broken) return true;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (!this.#writing) this.#next();
    return this.#queued < 4 << 20;
  }

  /** Settles when everything pushed has been written. */
  drained(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  #next(): void {
    if (this.#queue.length === 0) {
      this.#writing = false;
      for (const resolve of this.#waiters.splice(0)) resolve();
      return;
    }
    this.#writing = true;
    const batch = this.#queue.length === 1 ? this.#queue : this.#queue.slice(0, 128);
    writev(this.fd, batch, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#next(), 2);
        return;
      }
      if (error !== null) {
        this.#fail();
        return;
      }
      this.#consume(written);
      this.#next();
    });
  }

  #consume(written: number): void {
    this.#queued -= written;
    let left = written;
    let done = 0;
    while (left > 0) {
      const chunk = this.#queue[done] as Uint8Array;
      if (left < chunk.length) {
        this.#queue[done] = chunk.subarray(left);
        break;
      }
      left -= chunk.length;
      done++;
    }
    this.#queue.splice(0, done);
  }

  #fail(): void {
    this.broken = true;
    this.#queue.length = 0;
    this.#queued = 0;
    this.#next();
  }

  #writeNow(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.broken) {
      try {
        at += writeSync(this.fd, bytes, at);
      } catch (error) {
        // A descriptor that somebody else made non-blocking: wait for its reader.
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        else this.broken = true;
      }
    }
  }
}
