import { openSync, closeSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BerthError, errnoOf, messageOf } from '#base/errors.ts';
import type { PlanFailure } from '#runtime/plan.ts';
import { FRAME, FrameParser, parseFailure, parseJson } from './protocol.ts';
import type { Frame, ShimEvent } from './protocol.ts';

/** A request that the shim answered with ERROR. `failure.step` is -1 when no plan step is meant. */
export class ShimFailure extends Error {
  readonly failure: PlanFailure;

  constructor(failure: PlanFailure) {
    super(`the shim answered with errno ${failure.errno}${failure.detail === '' ? '' : ` (${failure.detail})`}`);
    this.failure = failure;
  }
}

interface Waiter {
  readonly stream: boolean;
  resolve(frame: Frame): void;
  reject(error: unknown): void;
}

/** One connection to a shim: requests with their answers by tag, events, and the turn into a raw stream. */
export class ShimConnection {
  readonly #socket: Socket;
  readonly #parser = new FrameParser();
  readonly #waiting = new Map<number, Waiter>();
  #tag = 0;
  #ended: BerthError | undefined;
  /** Called with every EVENT frame. */
  onEvent: (event: ShimEvent) => void = () => undefined;
  /** Called once when the shim's side is gone, unless the connection became a stream. */
  onClose: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('error', this.#onEnd);
    socket.on('close', this.#onEnd);
    // Half-open sockets do not close by themselves when the shim ends.
    socket.on('end', this.#onEnd);
  }

  /** Sends one request; resolves with the OK frame, rejects with {@link ShimFailure} or `unavailable` when the shim is gone. */
  request(build: (tag: number) => Buffer, stream: boolean = false): Promise<Frame> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const tag = ++this.#tag;
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    this.#waiting.set(tag, { stream, resolve, reject });
    this.#socket.write(build(tag));
    return promise;
  }

  /** Sends requests in one write, so that the shim wakes up once. */
  cork<T>(body: () => T): T {
    this.#socket.cork();
    try {
      return body();
    } finally {
      this.#socket.uncork();
    }
  }

  /** The raw connection after the OK to ATTACH or EXEC. */
  stream(): Duplex {
    return this.#socket;
  }

  unref(): void {
    this.#socket.unref();
  }

  close(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#parser.push(chunk);
      for (let frame = this.#parser.next(); frame !== undefined; frame = this.#parser.next()) {
        if (this.#dispatch(frame)) return;
      }
    } catch (error) {
      this.#socket.destroy(error instanceof Error ? error : new Error(messageOf(error)));
    }
  };

  /** Returns true when the connection became a stream. */
  #dispatch(frame: Frame): boolean {
    if (frame.type === FRAME.event) {
      this.onEvent(parseJson(frame) as ShimEvent);
      return false;
    }
    const waiter = this.#waiting.get(frame.tag);
    if (waiter === undefined) return false;
    this.#waiting.delete(frame.tag);
    if (frame.type !== FRAME.ok) {
      waiter.reject(new ShimFailure(parseFailure(frame)));
      return false;
    }
    if (!waiter.stream) {
      waiter.resolve(frame);
      return false;
    }
    this.#socket.pause();
    for (const [event, listener] of [['data', this.#onData], ['error', this.#onEnd], ['close', this.#onEnd], ['end', this.#onEnd]] as const) this.#socket.off(event, listener);
    const rest = this.#parser.rest();
    if (rest.length > 0) this.#socket.unshift(rest);
    waiter.resolve(frame);
    return true;
  }

  readonly #onEnd = (error?: Error | boolean): void => {
    if (this.#ended !== undefined) return;
    const cause = error instanceof Error ? error : undefined;
    this.#ended = new BerthError('unavailable', `the shim closed its connection${cause === undefined ? '' : `: ${cause.message}`}`, { cause });
    for (const waiter of this.#waiting.values()) waiter.reject(this.#ended);
    this.#waiting.clear();
    this.#socket.destroy();
    this.onClose();
  };
}

/** Connects to the socket `s` of a shim in `directory`. Rejects with `unavailable` when nobody listens there. */
export async function connectShim(directory: string): Promise<ShimConnection> {
  const path = `${directory}/s`;
  // sun_path holds 107 bytes; through a descriptor of the directory the name is short however deep it lies.
  const fd = Buffer.byteLength(path) > 107 ? openSync(directory, 'r') : -1;
  const { promise, resolve, reject } = Promise.withResolvers<ShimConnection>();
  const socket = connect({ path: fd < 0 ? path : `/proc/self/fd/${fd}/s`, allowHalfOpen: true });
  const refuse = (error: Error): void => reject(new BerthError('unavailable', `connecting to the shim at ${path}: ${errnoOf(error) ?? error.message}`, { cause: error }));
  socket.once('error', refuse);
  socket.once('connect', () => {
    socket.off('error', refuse);
    resolve(new ShimConnection(socket));
  });
  try {
    return await promise;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}
