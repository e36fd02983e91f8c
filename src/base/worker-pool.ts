import { Worker, parentPort } from 'node:worker_threads';
import { BerthError, kindOf, messageOf } from './errors.ts';
import type { ErrorKind } from './errors.ts';

/** What a handler in a worker gets beside its input. */
export interface WorkerContext {
  readonly signal: AbortSignal;
  /** Sends a value to the caller's `onEvent`. */
  readonly emit: (event: unknown) => void;
}

export type WorkerHandler = (input: never, context: WorkerContext) => unknown;

type Request = { id: number; call: string; input: unknown } | { id: number; cancel: true };
type Answer =
  | { id: number; event: unknown }
  | { id: number; value: unknown }
  | { id: number; error: { kind: ErrorKind; message: string; hint?: string; data: Record<string, unknown>; stack?: string } };

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onEvent: ((event: unknown) => void) | undefined;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  idle: NodeJS.Timeout | undefined;
}

/** Threads without work are ended after this time. */
const IDLE_MS = 10_000;

/**
 * Up to `size` worker threads that run the handlers of one entry module ({@link serveWorker}). They start when first
 * needed and end when idle; they never keep the process alive by themselves when nothing is pending.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #entry: URL;
  readonly #size: number;
  readonly #threads: Thread[] = [];
  #nextId = 1;

  constructor(entry: URL, size: number) {
    this.#entry = entry;
    this.#size = size;
  }

  /** Runs a handler. Rejects with its error (kind kept), `cancelled` when the signal fires, or `internal` when the thread dies. */
  run<T>(
    call: string,
    input: unknown,
    options: { signal?: AbortSignal; onEvent?: (event: unknown) => void; transfer?: ArrayBuffer[] } = {},
  ): Promise<T> {
    if (options.signal?.aborted === true) return Promise.reject(new BerthError('cancelled', `${call}: cancelled`));
    const thread = this.#pick();
    const id = this.#nextId++;
    clearTimeout(thread.idle);
    thread.worker.ref();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    thread.pending.set(id, { resolve, reject, onEvent: options.onEvent });
    thread.worker.postMessage({ id, call, input } satisfies Request, options.transfer ?? []);
    const cancel = (): void => thread.worker.postMessage({ id, cancel: true } satisfies Request);
    options.signal?.addEventListener('abort', cancel, { once: true });
    return promise.finally(() => options.signal?.removeEventListener('abort', cancel)) as Promise<T>;
  }

  #pick(): Thread {
    const least = this.#threads.toSorted((a, b) => a.pending.size - b.pending.size)[0];
    return least !== undefined && (least.pending.size === 0 || this.#threads.length >= this.#size) ? least : this.#start();
  }

  #start(): Thread {
    const thread: Thread = { worker: new Worker(this.#entry), pending: new Map(), idle: undefined };
    thread.worker.on('message', (answer: Answer) => this.#take(thread, answer));
    const ended = (error: unknown): void => {
      this.#drop(thread);
      const reason = new BerthError('internal', `a worker thread ended: ${messageOf(error)}`, { cause: error });
      for (const { reject } of thread.pending.values()) reject(reason);
      thread.pending.clear();
    };
    thread.worker.once('error', ended);
    thread.worker.once('exit', (code) => ended(new Error(`exit code ${code}`)));
    this.#threads.push(thread);
    return thread;
  }

  #drop(thread: Thread): void {
    const index = this.#threads.indexOf(thread);
    if (index >= 0) this.#threads.splice(index, 1);
  }

  #take(thread: Thread, answer: Answer): void {
    const pending = thread.pending.get(answer.id);
    if (pending === undefined) return;
    if ('event' in answer) return pending.onEvent?.(answer.event);
    thread.pending.delete(answer.id);
    if ('value' in answer) pending.resolve(answer.value);
    else pending.reject(revive(answer.error));
    if (thread.pending.size > 0) return;
    thread.worker.unref();
    thread.idle = setTimeout(() => {
      this.#drop(thread);
      void thread.worker.terminate();
    }, IDLE_MS).unref();
  }

  /** Ends the threads; pending calls reject. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const thread of this.#threads) clearTimeout(thread.idle);
    await Promise.all(this.#threads.map((thread) => thread.worker.terminate()));
  }
}

function revive(error: Extract<Answer, { error: unknown }>['error']): BerthError {
  const revived = new BerthError(error.kind, error.message, {
    data: error.data,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
  if (error.kind === 'internal' && error.stack !== undefined) revived.stack = error.stack;
  return revived;
}

/** Call once in a worker's entry module: answers the pool's calls with these handlers. */
export function serveWorker(handlers: Readonly<Record<string, WorkerHandler>>): void {
  const port =
    parentPort ??
    (() => {
      throw new BerthError('internal', 'not in a worker thread');
    })();
  const running = new Map<number, AbortController>();
  const answer = (message: Answer): void => port.postMessage(message);
  port.on('message', (request: Request) => {
    if ('cancel' in request) return running.get(request.id)?.abort();
    void serve(request.id, request.call, request.input);
  });
  async function serve(id: number, call: string, input: unknown): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler =
        handlers[call] ??
        (() => {
          throw new BerthError('internal', `no worker handler ${call}`);
        });
      answer({ id, value: await handler(input as never, { signal: controller.signal, emit: (event) => answer({ id, event }) }) });
    } catch (error) {
      answer({ id, error: flatten(error, controller.signal.aborted) });
    } finally {
      running.delete(id);
    }
  }
}

function flatten(error: unknown, aborted: boolean): Extract<Answer, { error: unknown }>['error'] {
  const known = error instanceof BerthError ? error : undefined;
  const data = Object.fromEntries(
    Object.entries(known?.data ?? {}).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)),
  );
  return {
    kind: aborted ? 'cancelled' : kindOf(error),
    message: messageOf(error),
    data,
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
  };
}
