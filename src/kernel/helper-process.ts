import { readSync, writeSync } from 'node:fs';
import { BerthError, errnoOf, fail, kindOf, messageOf } from '#base/errors.ts';
import { FRAME, FRAME_HEAD, MAX_FRAME, frameHead, jsonFrame } from './helper-frames.ts';
import { native } from './native.ts';
import type { Frame } from './helper-frames.ts';

/** What a handler in a helper process works with. Everything blocks: the process does one thing at a time and may be killed in it. */
export interface HelperIo {
  /** The call's input, to its end. */
  input(): Generator<Buffer, void, undefined>;
  /** Tells what is to be known before the output. Once, before {@link send}. */
  head(value: unknown): void;
  /** Sends a piece of the output. */
  send(bytes: Buffer): void;
}

export type HelperHandler = (request: never, io: HelperIo) => unknown;

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const PIECE = 1 << 18;

/** Call once in a helper's entry module: answers the daemon's calls one after the other, until the daemon closes the pipe or ends. */
export async function serveHelper(handlers: Readonly<Record<string, HelperHandler>>): Promise<void> {
  native().prctl(PR_SET_PDEATHSIG, SIGKILL);
  const input = new BlockingInput();
  for (;;) {
    const frame = input.frame();
    if (frame === undefined) return;
    if (frame.kind !== FRAME.request) continue; // what is left of the input of a call that failed
    const { call, request } = JSON.parse(frame.payload.toString('utf8')) as { call: string; request: unknown };
    writeAll(await answer(handlers, call, request, input));
  }
}

async function answer(handlers: Readonly<Record<string, HelperHandler>>, call: string, request: unknown, input: BlockingInput): Promise<Buffer> {
  const io: HelperIo = {
    input: () => inputOf(input),
    head: (value) => writeAll(jsonFrame(FRAME.head, value)),
    send: (bytes) => {
      for (let at = 0; at < bytes.length; at += PIECE) {
        const piece = bytes.subarray(at, at + PIECE);
        writeAll(frameHead(FRAME.data, piece.length));
        writeAll(piece);
      }
    },
  };
  try {
    const handler = handlers[call] ?? fail('internal', `no helper handler ${call}`);
    return jsonFrame(FRAME.done, await handler(request as never, io));
  } catch (error) {
    const known = error instanceof BerthError ? error : undefined;
    const errno = errnoOf(error);
    return jsonFrame(FRAME.error, {
      kind: kindOf(error),
      message: messageOf(error),
      hint: known?.hint,
      data: { ...known?.data, ...(errno === undefined ? {} : { errno }) },
      stack: known === undefined && error instanceof Error ? error.stack : undefined,
    });
  }
}

function* inputOf(input: BlockingInput): Generator<Buffer, void, undefined> {
  for (;;) {
    const frame = input.frame() ?? fail('cancelled', 'the daemon went away');
    if (frame.kind === FRAME.end) return;
    if (frame.kind === FRAME.data) yield frame.payload;
  }
}

class BlockingInput {
  #held: Buffer = Buffer.alloc(0);

  /** The next frame, or undefined at the end. */
  frame(): Frame | undefined {
    const head = this.#take(FRAME_HEAD);
    if (head === undefined) return undefined;
    const length = head.readUInt32LE(1);
    if (length > MAX_FRAME) fail('internal', 'a frame for the helper is too long');
    return { kind: head[0] ?? 0, payload: this.#take(length) ?? fail('cancelled', 'the daemon went away') };
  }

  #take(length: number): Buffer | undefined {
    while (this.#held.length < length) {
      const piece = Buffer.allocUnsafe(Math.max(PIECE, length - this.#held.length));
      const count = retried(() => readSync(0, piece));
      if (count === 0) return undefined;
      this.#held = this.#held.length === 0 ? piece.subarray(0, count) : Buffer.concat([this.#held, piece.subarray(0, count)]);
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}

function writeAll(bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += retried(() => writeSync(1, bytes, done));
}

const nap = new Int32Array(new SharedArrayBuffer(4));

// The pipes block, unless whoever started us made them otherwise.
function retried(body: () => number): number {
  for (;;) {
    try {
      return body();
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') process.exit(1);
      if (errnoOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}
