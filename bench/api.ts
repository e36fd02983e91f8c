import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';

/** A keep-alive connection to one engine's socket, as a program that starts many containers would hold it. */
export class Api implements Disposable {
  readonly #socketPath: string;
  readonly #agent: Agent;

  constructor(socketPath: string, connections = 1) {
    this.#socketPath = socketPath;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** Sends a request and returns the answer's document; an error status is an error. */
  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
      const sent = request({ socketPath: this.#socketPath, agent: this.#agent, method, path: `/v1.44${path}`, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          if ((response.statusCode ?? 500) >= 300) reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`));
          else resolve(answer === '' ? undefined : JSON.parse(answer));
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** The number of bytes that an answer's body has. */
  count(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath: this.#socketPath, agent: this.#agent, path: `/v1.44${path}` }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(bytes);
          else reject(new Error(`GET ${path}: ${response.statusCode}`));
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Takes a connection over, as the docker client does for attach and exec, calls `begin`, and counts the bytes that come until it ends. */
  hijack(path: string, body: unknown, begin?: () => Promise<unknown>): Promise<number> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const headers = { Connection: 'Upgrade', Upgrade: 'tcp', 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
      const sent = request({ socketPath: this.#socketPath, method: 'POST', path: `/v1.44${path}`, headers });
      sent.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
        let bytes = head.length;
        socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
        socket.on('end', () => {
          socket.end();
          resolve(bytes);
        });
        socket.on('error', reject);
        begin?.().catch(reject);
      });
      sent.on('response', (response) => reject(new Error(`POST ${path}: ${response.statusCode} instead of 101`)));
      sent.on('error', reject);
      sent.end(text);
    });
  }

  async create(body: Readonly<Record<string, unknown>>): Promise<string> {
    return ((await this.call('POST', '/containers/create', { Image: 'berth/base', ...body })) as { Id: string }).Id;
  }
}
