import { fail } from '#base/errors.ts';
import { check } from './errno.ts';
import { closeFd } from './fs-at.ts';
import { native } from './native.ts';

const waiting = new Map<number, () => void>();
let started = false;

function onReady(fds: readonly number[]): void {
  for (const fd of fds) {
    const tell = waiting.get(fd);
    waiting.delete(fd);
    tell?.();
  }
}

/**
 * Resolves when `fd` becomes readable (a pidfd: when its process ended). One epoll set serves all, so thousands cost one
 * handle of the event loop; no thread is used. One waiter per fd; the fd must stay open until this settles. Rejects with the signal's reason.
 */
export function readable(fd: number, signal?: AbortSignal): Promise<void> {
  const api = native();
  if (!started) check(api.watchStart(onReady), 'preparing to wait for processes');
  started = true;
  if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
  if (waiting.has(fd)) fail('internal', `waiting twice for fd ${fd}`);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      waiting.delete(fd);
      api.watchDrop(fd);
      reject(signal?.reason as Error);
    };
    check(api.watchAdd(fd), `waiting for fd ${fd}`);
    waiting.set(fd, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** A process held by a pidfd: signals cannot hit a successor with the same number. Dispose closes the pidfd. */
export class Pidfd {
  readonly pid: number;
  readonly #fd: number;
  #closed = false;

  constructor(pid: number, fd: number) {
    this.pid = pid;
    this.#fd = fd;
  }

  /** Sends a signal; false when the process has ended. 0 only asks. */
  signal(signal: number): boolean {
    const result = native().pidfdSendSignal(this.#fd, signal, 0);
    if (result === -3) return false;
    check(result, `sending signal ${signal} to process ${this.pid}`);
    return true;
  }

  /** Resolves when the process has ended (it may still be a zombie). At most one wait at a time. */
  exited(signal?: AbortSignal): Promise<void> {
    return readable(this.#fd, signal);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    if (waiting.delete(this.#fd)) native().watchDrop(this.#fd);
    closeFd(this.#fd);
  }
}

/** Opens a pidfd, or undefined when there is no such process. */
export function openPidfd(pid: number): Pidfd | undefined {
  const result = native().pidfdOpen(pid, 0);
  if (result === -3) return undefined;
  return new Pidfd(pid, check(result, `opening process ${pid}`));
}
