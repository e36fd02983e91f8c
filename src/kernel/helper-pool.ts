import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BerthError, fail } from '#base/errors.ts';
import type { ErrorKind } from '#base/errors.ts';
import { FRAME, FRAME_HEAD, MAX_FRAME, frameHead, jsonFrame } from './helper-frames.ts';
import type { Frame } from './helper-frames.ts';

export interface HelperCallOptions {
  readonly input?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** Helper processes that are not busy stay this long. */
const IDLE_MS = 2_000;
const MAX_IDLE = 2;
/** More at a time wait for their turn: each is a process of some 40 MB. */
const MAX_BUSY = 32;
/** A helper that says nothing for so long while we listen is given up. */
const SILENCE_MS = 600_000;

/**
 * Runs what may block for ever or look at hostile files in processes of its own ({@link serveHelper} in the entry module): one
 * call at a time each, killed when the caller's signal fires, when it falls silent, or when it fails midway. They end when idle.
 */
export class HelperPool implements Disposable {
  readonly #entry: string;
  readonly #idle: Helper[] = [];
  readonly #busy = new Set<Helper>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(entry: URL) {
    this.#entry = fileURLToPath(entry);
  }

  /** A call without output beside its result. */
  async call<T>(call: string, request: unknown, options: HelperCallOptions = {}): Promise<T> {
    const helper = await this.#take(options.signal);
    try {
      const frames = helper.exchange({ call, request }, options);
      for await (const frame of frames) if (frame.kind === FRAME.done) return parse(frame) as T;
      return fail('internal', `${call}: the helper process gave no result`);
    } finally {
      this.#release(helper);
    }
  }

  /** A call whose output is a stream; resolves with its head as soon as that is known. The stream must be read or destroyed. */
  async open<H>(call: string, request: unknown, options: HelperCallOptions = {}): Promise<{ head: H; body: Readable }> {
    const helper = await this.#take(options.signal);
    const frames = helper.exchange({ call, request }, options);
    try {
      const first = await frames.next();
      if (first.done === true || first.value.kind !== FRAME.head) fail('internal', `${call}: the helper process gave no head`);
      const body = Readable.from(output(frames), { objectMode: false, highWaterMark: 1 << 20 });
      body.once('close', () => this.#release(helper));
      return { head: parse(first.value) as H, body };
    } catch (error) {
      this.#release(helper);
      throw error;
    }
  }

  async #take(signal: AbortSignal | undefined): Promise<Helper> {
    while (this.#busy.size >= MAX_BUSY) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (signal?.aborted === true || this.#closed) fail('cancelled', 'the caller went away');
    const helper = this.#idle.pop() ?? new Helper(this.#entry, () => this.#forget(helper));
    this.#busy.add(helper);
    return helper;
  }

  #release(helper: Helper): void {
    if (!this.#busy.delete(helper)) return;
    if (helper.clean && this.#idle.length < MAX_IDLE && !this.#closed) {
      this.#idle.push(helper);
      helper.rest(IDLE_MS);
    } else helper.kill();
    this.#waiting.shift()?.();
  }

  #forget(helper: Helper): void {
    const index = this.#idle.indexOf(helper);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const helper of [...this.#idle, ...this.#busy]) helper.kill();
  }
}

async function* output(frames: AsyncGenerator<Frame, void, undefined>): AsyncGenerator<Buffer, void, undefined> {
  for await (const frame of frames) if (frame.kind === FRAME.data) yield frame.payload;
}

function parse(frame: Frame): unknown {
  return JSON.parse(frame.payload.toString('utf8'));
}

/** One helper process. */
class Helper {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #frames: AsyncGenerator<Frame, void, undefined>;
  #timer: NodeJS.Timeout | undefined;
  /** The last exchange came to its regular end: another can follow. */
  clean = true;

  constructor(entry: string, ended: () => void) {
    const { BERTH_NATIVE, TZ } = process.env;
    const env = { ...(BERTH_NATIVE === undefined ? {} : { BERTH_NATIVE }), ...(TZ === undefined ? {} : { TZ }) };
    this.#child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/', env });
    this.#frames = framesOf(this.#child.stdout);
    // Its death shows in what we read; writing to it may still be going on.
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', () => this.#child.stdout.destroy());
    this.#child.once('exit', () => {
      this.clean = false;
      ended();
    });
  }

  kill(): void {
    clearTimeout(this.#timer);
    this.clean = false;
    this.#child.kill('SIGKILL');
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
  }

  rest(ms: number): void {
    this.#timer = setTimeout(() => this.kill(), ms).unref();
  }

  /** Sends a call and its input; yields the answer's frames up to `done`. Throws the helper's error. */
  async *exchange(call: { call: string; request: unknown }, { input, signal }: HelperCallOptions): AsyncGenerator<Frame, void, undefined> {
    clearTimeout(this.#timer);
    this.clean = false;
    const stop = (): void => this.kill();
    signal?.addEventListener('abort', stop, { once: true });
    const sent = this.#send(call, input);
    let sending = input !== undefined;
    let failure: Error | undefined;
    void sent.then(
      () => (sending = false),
      (error: unknown) => {
        failure = error instanceof Error ? error : new Error(String(error));
        this.kill();
      },
    );
    try {
      for (;;) {
        const next = await this.#next(call.call);
        if (next === undefined) throw endOf(call.call, signal, failure);
        if (next.kind === FRAME.error || next.kind === FRAME.done) this.clean = !sending;
        if (next.kind === FRAME.error) throw revive(next);
        yield next;
        if (next.kind === FRAME.done) return;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      if (!this.clean) this.kill();
    }
  }

  async #next(call: string): Promise<Frame | undefined> {
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      this.kill();
    }, SILENCE_MS);
    try {
      const next = await this.#frames.next();
      return next.done === true ? undefined : next.value;
    } catch (cause) {
      if (silent) fail('deadline', `${call}: no answer within ${SILENCE_MS / 1000} seconds`, { cause });
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(call: object, input: AsyncIterable<Uint8Array> | undefined): Promise<void> {
    await this.#write(jsonFrame(FRAME.request, call));
    if (input === undefined) return;
    for await (const piece of input) {
      for (let at = 0; at < piece.length; at += MAX_FRAME) {
        const bytes = piece.subarray(at, at + MAX_FRAME);
        await this.#write(frameHead(FRAME.data, bytes.length));
        await this.#write(bytes);
        if (this.#child.stdin.destroyed) return;
      }
    }
    await this.#write(frameHead(FRAME.end, 0));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { stdin } = this.#child;
    if (stdin.destroyed || stdin.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stdin.off('drain', done).off('close', done);
        resolve();
      };
      stdin.on('drain', done).on('close', done);
    });
  }
}

async function* framesOf(stream: Readable): AsyncGenerator<Frame, void, undefined> {
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of stream as AsyncIterable<Buffer>) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    while (held.length >= FRAME_HEAD) {
      const length = held.readUInt32LE(1);
      if (length > MAX_FRAME) fail('internal', 'a frame of the helper process is too long');
      if (held.length < FRAME_HEAD + length) break;
      const payload = held.subarray(FRAME_HEAD, FRAME_HEAD + length);
      const kind = held[0] ?? 0;
      held = held.subarray(FRAME_HEAD + length);
      yield { kind, payload };
    }
  }
}

/** Why an answer came to its end early: the caller left, its input failed, or the process died. */
function endOf(call: string, signal: AbortSignal | undefined, failure: Error | undefined): Error {
  if (signal?.aborted === true) return new BerthError('cancelled', `${call}: the caller went away`);
  return failure ?? new BerthError('internal', `${call}: the helper process ended`);
}

function revive(frame: Frame): BerthError {
  const { kind, message, hint, data, stack } = parse(frame) as { kind: ErrorKind; message: string; hint?: string; data: Record<string, unknown>; stack?: string };
  const error = new BerthError(kind, message, { data, ...(hint === undefined ? {} : { hint }) });
  if (stack !== undefined) error.stack = stack;
  return error;
}
