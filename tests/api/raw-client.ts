import { connect, type Socket } from 'node:net';

/** A client that sends exactly the bytes it is told, and looks at what comes back. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  ended = false;
  readonly #waiting = new Set<() => void>();

  constructor(target: string | { host: string; port: number }) {
    this.socket = connect({ ...(typeof target === 'string' ? { path: target } : target), allowHalfOpen: true });
    this.socket.on('data', (chunk) => { this.received += chunk.toString('latin1'); this.#wake(); });
    for (const event of ['end', 'close', 'error']) this.socket.on(event, () => { this.ended = true; this.#wake(); });
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Waits until what was received matches; throws when the connection ends first. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.received);
      if (match !== null) return match;
      if (this.ended) throw new Error(`the connection ended without ${String(pattern)}: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Everything until the other side ended. */
  async rest(): Promise<string> {
    while (!this.ended) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    this.socket.destroy();
    return this.received;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** A request with a JSON body. */
export function jsonRequest(method: string, path: string, body: string, headers = ''): string {
  return `${method} ${path} HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

export const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
