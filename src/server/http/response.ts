import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { fail } from '#base/errors.ts';

export type Headers = Readonly<Record<string, string | undefined>>;

/** How a response's body is delimited on the wire. */
type BodyMode = 'none' | 'length' | 'chunked' | 'close';

/** One response on a connection: a head, then a body of known length or in pieces. */
export class Response {
  readonly #socket: Socket;
  readonly #bodiless: boolean;
  readonly #minor: 0 | 1;
  #mode: BodyMode | undefined;
  #keepAlive: boolean;

  constructor(socket: Socket, request: { method: string; minor: 0 | 1; keepAlive: boolean }) {
    this.#socket = socket;
    this.#bodiless = request.method === 'HEAD';
    this.#minor = request.minor;
    this.#keepAlive = request.keepAlive;
  }

  get started(): boolean {
    return this.#mode !== undefined;
  }

  /** The connection can take another request after this response. */
  get keepAlive(): boolean {
    return this.#keepAlive && this.#mode !== 'close';
  }

  /** The connection will be closed after this response; the head says so if it is not sent yet. */
  closeAfter(): void {
    this.#keepAlive = false;
  }

  /** A whole response in one write. */
  send(status: number, headers: Headers, body: string | Buffer = ''): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const noBody = status === 204 || status === 304;
    this.#mode = noBody ? 'none' : 'length';
    const head = this.#head(status, { ...headers, 'Content-Length': noBody ? undefined : String(bytes.length) });
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    if (!noBody && !this.#bodiless && bytes.length > 0) this.#socket.write(bytes);
    this.#socket.uncork();
  }

  /** The head of a response whose body comes in pieces; it is sent at once. */
  begin(status: number, headers: Headers): void {
    this.#mode = this.#minor === 1 ? 'chunked' : 'close';
    this.#socket.write(this.#head(status, { ...headers, 'Transfer-Encoding': this.#mode === 'chunked' ? 'chunked' : undefined }), 'latin1');
  }

  /** A piece of the body, sent at once. Settles when more may be sent. Throws `cancelled` when the client has gone. */
  write(piece: string | Buffer): Promise<void> | undefined {
    this.#writePiece(typeof piece === 'string' ? Buffer.from(piece) : piece);
    return this.#socket.writableNeedDrain ? this.#untilClosed((signal) => once(this.#socket, 'drain', { signal })) : undefined;
  }

  /** {@link write} that settles when the kernel has taken the piece: its memory may then be used for the next one. */
  writeThrough(piece: Buffer): Promise<void> {
    return this.#untilClosed((signal) => new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      if (!this.#writePiece(piece, (error) => (error ? reject(error) : resolve()))) resolve();
    }));
  }

  /** False when there is nothing to write. */
  #writePiece(bytes: Buffer, taken?: (error?: Error | null) => void): boolean {
    if (this.#socket.destroyed || this.#socket.writableEnded) return fail('cancelled', 'the client closed the connection');
    if (this.#bodiless || bytes.length === 0) return false;
    if (this.#mode === 'chunked') {
      this.#socket.cork();
      this.#socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
      this.#socket.write(bytes);
      this.#socket.write('\r\n', 'latin1', taken);
      this.#socket.uncork();
    } else this.#socket.write(bytes, taken);
    return true;
  }

  /** The body of {@link begin} is complete. */
  end(): void {
    if (this.#mode === 'chunked' && !this.#bodiless && !this.#socket.destroyed) this.#socket.write('0\r\n\r\n', 'latin1');
  }

  /** The body can't be completed: the client must see that it is cut off. */
  abort(): void {
    this.#keepAlive = false;
    this.#socket.destroy();
  }

  /** Waits for what `wait` gives, but not longer than the connection lasts. */
  async #untilClosed(wait: (closed: AbortSignal) => Promise<unknown>): Promise<void> {
    const closed = new AbortController();
    const onClose = (): void => closed.abort();
    this.#socket.once('close', onClose);
    try {
      await wait(closed.signal);
    } catch (cause) {
      fail('cancelled', 'the client closed the connection', { cause });
    } finally {
      this.#socket.off('close', onClose);
    }
  }

  #head(status: number, headers: Headers): string {
    return responseHead(status, {
      ...headers, Date: new Date().toUTCString(), Connection: this.keepAlive ? undefined : 'close',
    });
  }
}

/** The text of a response's head. Line breaks in values are replaced: they would start another header. */
export function responseHead(status: number, headers: Headers, reason: string = STATUS_CODES[status] ?? ''): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) text += `${name}: ${value.replace(/[\r\n\0]/g, ' ')}\r\n`;
  }
  return `${text}\r\n`;
}
