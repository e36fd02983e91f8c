import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** A daemon of canned answers on a unix socket: both clients are pointed at it and must behave the same. */

export interface Canned {
  readonly status?: number;
  /** Strings and buffers go out as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For taken-over streams: sent raw after the 101. `echo` sends input back until it ends. */
  readonly stream?: Buffer;
  readonly echo?: boolean;
}

export type Answer = Canned | ((request: Recorded) => Canned | Promise<Canned>);

export interface Recorded {
  readonly method: string;
  /** Without the version prefix. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FakeDaemon extends AsyncDisposable {
  readonly requests: Recorded[];
  readonly socket: string;
}

/** Keys are "GET /containers/json"; a path may be a pattern with `*` for one segment. */
export type Routes = Readonly<Record<string, Answer>>;

export async function fakeDaemon(socket: string, routes: Routes): Promise<FakeDaemon> {
  const requests: Recorded[] = [];
  const find = (method: string, path: string): Answer | undefined => {
    for (const [key, answer] of Object.entries(routes)) {
      const [wantMethod, pattern] = key.split(' ') as [string, string];
      if (wantMethod !== method) continue;
      const expression = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('[^/]+');
      if (new RegExp(`^${expression}$`).test(path)) return answer;
    }
    return undefined;
  };
  const record = (method: string, url: string, body: string): Recorded => {
    const parsed = new URL(url, 'http://x');
    const path = decodeURIComponent(parsed.pathname).replace(/^\/v1\.\d+(?=\/)/, '');
    const entry = { method, path, query: Object.fromEntries(parsed.searchParams), body };
    if (path !== '/_ping') requests.push(entry);
    return entry;
  };
  const answerFor = async (request: Recorded): Promise<Canned> => {
    if (request.path === '/_ping') return { body: request.method === 'HEAD' ? '' : 'OK', type: 'text/plain' };
    const answer = find(request.method, request.path);
    if (answer === undefined) return { status: 404, body: { message: `page not found: ${request.method} ${request.path}` } };
    return typeof answer === 'function' ? answer(request) : answer;
  };
  const server: Server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const request = record(incoming.method ?? '', incoming.url ?? '', Buffer.concat(parts).toString('latin1'));
    const canned = await answerFor(request);
    const raw = typeof canned.body === 'string' || Buffer.isBuffer(canned.body);
    outgoing.writeHead(canned.status ?? 200, { 'Content-Type': canned.type ?? 'application/json', 'Api-Version': '1.50', 'Ostype': 'linux', ...canned.headers });
    outgoing.end(canned.body === undefined ? undefined : raw ? canned.body : `${JSON.stringify(canned.body)}\n`);
  });
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', async (incoming, stream: Duplex, head: Buffer) => {
    stream.on('error', () => undefined);
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const canned = await answerFor(record(incoming.method ?? '', incoming.url ?? '', Buffer.concat(parts).toString('latin1')));
    if ((canned.status ?? 200) >= 400) {
      const text = `${JSON.stringify(canned.body)}\n`;
      stream.end(`HTTP/1.1 ${canned.status} X\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
      return;
    }
    stream.write(`HTTP/1.1 101 UPGRADED\r\nContent-Type: ${canned.type ?? 'application/vnd.docker.multiplexed-stream'}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
    if (canned.stream !== undefined) stream.write(canned.stream);
    if (canned.echo !== true) {
      stream.end();
      return;
    }
    stream.write(head);
    stream.on('data', (chunk: Buffer) => stream.write(chunk));
    stream.on('end', () => stream.end());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    requests,
    socket,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** One frame of a multiplexed stream. */
export function frame(stream: 1 | 2, text: string): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}
