import type { Socket } from 'node:net';

/** More than this unread and the sender is held back. */
const maxQueued = 256 << 10;
const nothing: Buffer = Buffer.alloc(0);

/**
 * Bytes of a connection in order, by pulling. Unlike a stream it can look ahead, and be given up at any byte: what was not consumed
 * goes to the next owner of the connection ({@link release}).
 */
export class ByteReader {
  readonly #socket: Socket;
  #queue: Buffer[] = [];
  #length = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  #onEnd: (() => void) | undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#queue.push(chunk);
    this.#length += chunk.length;
    if (this.#length > maxQueued) this.#socket.pause();
    this.#notify();
  };
  readonly #onEof = (): void => {
    this.#ended = true;
    this.#notify();
    this.#onEnd?.();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEof);
    socket.on('close', this.#onEof);
  }

  get length(): number {
    return this.#length;
  }

  /** The other side sends no more (what it sent may still be unread). */
  get ended(): boolean {
    return this.#ended;
  }

  /** The first piece of what is here, without consuming or copying it. */
  front(): Buffer {
    return this.#queue[0] ?? nothing;
  }

  /** Everything that is here, without consuming it. */
  peek(): Buffer {
    if (this.#queue.length > 1) this.#queue = [Buffer.concat(this.#queue, this.#length)];
    return this.#queue[0] ?? nothing;
  }

  /** Up to `limit` bytes of what is here, without copying. */
  take(limit: number): Buffer {
    const first = this.#queue[0];
    if (first === undefined) return nothing;
    const piece = first.length <= limit ? first : first.subarray(0, limit);
    this.skip(piece.length);
    return piece;
  }

  /** Consumes `count` bytes that are here. */
  skip(count: number): void {
    let left = count;
    while (left > 0) {
      const first = this.#queue[0];
      if (first === undefined) break;
      if (first.length <= left) {
        this.#queue.shift();
        left -= first.length;
      } else {
        this.#queue[0] = first.subarray(left);
        left = 0;
      }
    }
    this.#length -= count - left;
    if (this.#length <= maxQueued && this.#socket.isPaused()) this.#socket.resume();
  }

  /** Waits for more bytes than are here now; false when there will be none. */
  async more(): Promise<boolean> {
    if (this.#ended) return false;
    this.#socket.resume();
    const before = this.#length;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#length > before;
  }

  /** Calls `listener` once the other side has ended, at once if it has. */
  whenEnded(listener: () => void): void {
    this.#onEnd = listener;
    if (this.#ended) listener();
  }

  /** Stops reading and gives back what was not consumed; the socket is paused and free for another reader. */
  release(): Buffer {
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEof);
    this.#socket.off('close', this.#onEof);
    this.#socket.pause();
    const rest = this.peek();
    this.#queue = [];
    this.#length = 0;
    this.#onEnd = undefined;
    return rest;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
