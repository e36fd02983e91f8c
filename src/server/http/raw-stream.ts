import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ByteReader } from './reader.ts';

/**
 * Takes over a connection for raw bytes in both directions. Usually that is the socket itself, with bytes that came early put back.
 * When the client had already finished sending, or may still send the end of a chunked body (`terminator`), it is a stream around it.
 */
export function takeOver(socket: Socket, reader: ByteReader, terminator: string): Duplex {
  const ended = reader.ended;
  const early = reader.release();
  if (!ended && terminator === '') {
    if (early.length > 0) socket.unshift(early);
    flowWhenHeard(socket);
    return socket;
  }
  return new RawStream(socket, { early, ended, terminator });
}

// A stream that was paused stays so when it gets a new 'data' listener; its next owner expects a fresh one, which would flow.
function flowWhenHeard(socket: Socket): void {
  const heard = (event: string | symbol): void => {
    if (event !== 'data') return;
    socket.off('newListener', heard);
    process.nextTick(() => socket.resume());
  };
  socket.on('newListener', heard);
}

/** A socket's raw bytes, without a leading `terminator` if one comes. */
class RawStream extends Duplex {
  readonly #socket: Socket;
  readonly #terminator: Buffer;
  #head: Buffer;
  #ended: boolean;
  #decided: boolean;

  constructor(socket: Socket, start: { early: Buffer; ended: boolean; terminator: string }) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#terminator = Buffer.from(start.terminator, 'latin1');
    this.#head = start.early;
    this.#ended = start.ended;
    this.#decided = start.terminator === '';
    socket.on('close', () => this.destroy());
    socket.on('end', () => {
      this.#ended = true;
      this.#flush(true);
    });
    socket.on('data', (chunk: Buffer) => {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      this.#flush(false);
    });
    socket.pause();
    this.#flush(this.#ended);
  }

  override _read(): void {
    if (!this.#ended) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  #flush(atEnd: boolean): void {
    if (!this.#decided && this.#head.length > 0) {
      const compared = Math.min(this.#head.length, this.#terminator.length);
      const same = this.#head.subarray(0, compared).equals(this.#terminator.subarray(0, compared));
      if (same && compared < this.#terminator.length && !atEnd) return;
      if (same && compared === this.#terminator.length) this.#head = this.#head.subarray(compared);
      this.#decided = true;
    }
    const bytes = this.#head;
    if (bytes.length > 0) {
      this.#head = Buffer.alloc(0);
      if (!this.push(bytes)) this.#socket.pause();
    }
    if (atEnd) this.push(null);
  }
}
