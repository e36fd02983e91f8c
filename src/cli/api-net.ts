import type { Socket } from 'node:net';
import { ApiError, type ApiPort, type ApiRequest, type ApiResponse, ConnectionError, type Hijacked, type Query } from './api-port.ts';
import type { Endpoint } from './host.ts';
import { ByteSource, framingOf, type Head, type OnData, readBody, readHead } from './http1.ts';

/** The newest API version that this client speaks. */
export const apiVersion = '1.51';
const userAgent = 'Berth-Client/0.1.0 (linux)';

interface Exchange {
  readonly head: Head;
  readonly source: ByteSource;
}

/** {@link ApiPort} over a unix socket or TCP, plain or TLS. Connections are kept and used again. */
export class NetApi implements ApiPort {
  readonly host: string;
  version: string;
  readonly #endpoint: Endpoint;
  readonly #headers: string;
  readonly #fixedVersion: boolean;
  readonly #idle: ByteSource[] = [];
  readonly #open = new Set<ByteSource>();
  readonly #autostart: ((socketPath: string) => Promise<void>) | undefined;
  #negotiated = false;

  constructor(endpoint: Endpoint, options: {
    version: string | undefined;
    headers: Readonly<Record<string, string>>;
    autostart?: (socketPath: string) => Promise<void>;
  }) {
    this.host = endpoint.host;
    this.#endpoint = endpoint;
    this.version = options.version ?? apiVersion;
    this.#fixedVersion = options.version !== undefined;
    this.#autostart = endpoint.isDefault ? options.autostart : undefined;
    const hostHeader = endpoint.kind === 'tcp' ? `${endpoint.address}:${endpoint.port}` : 'berth.localhost';
    const custom = Object.entries(options.headers).filter(([name, value]) => /^[\w-]+$/.test(name) && !/[\r\n]/.test(value));
    this.#headers = `Host: ${hostHeader}\r\nUser-Agent: ${userAgent}\r\n${custom.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    // A body that can be sent only once must not meet a daemon that is too old.
    if (request.stream !== undefined && !this.#negotiated && !this.#fixedVersion) await this.#negotiate();
    const exchange = await this.#exchange(request, false);
    return this.#response(exchange, request.method);
  }

  async stream(request: ApiRequest): Promise<ApiResponse> {
    const response = await this.send(request);
    if (response.status < 400) {
      this.#negotiated = true;
      return response;
    }
    const body = await response.text();
    const older = this.#olderVersion(response.status, body);
    if (older !== undefined && request.stream === undefined) {
      this.version = older;
      return this.stream(request);
    }
    throw apiError(response, body, request.path);
  }

  async text(request: ApiRequest): Promise<string> {
    return (await this.stream(request)).text();
  }

  async json<T>(request: ApiRequest): Promise<T> {
    const body = await this.text(request);
    if (body === '') return undefined as T;
    try {
      return JSON.parse(body) as T;
    } catch (error) {
      throw new Error(`the answer of ${this.host} to ${request.method} ${request.path} is not JSON: ${(error as Error).message}`, { cause: error });
    }
  }

  async hijack(request: ApiRequest): Promise<Hijacked> {
    const { head, source } = await this.#exchange(request, true);
    if (head.status >= 400) {
      const response = this.#response({ head, source }, request.method);
      const body = await response.text();
      const older = this.#olderVersion(head.status, body);
      if (older === undefined) throw apiError(response, body, request.path);
      this.version = older;
      return this.hijack(request);
    }
    return new NetHijacked(source, head.headers.get('content-type') ?? '');
  }

  close(): void {
    for (const source of this.#open) source.socket.destroy();
    this.#open.clear();
  }

  async #negotiate(): Promise<void> {
    const response = this.#response(await this.#exchange({ method: 'GET', path: '/_ping' }, false), 'GET');
    await response.text();
    const offered = response.headers.get('api-version') ?? '';
    if (/^1\.\d+$/.test(offered) && Number(offered.slice(2)) < Number(this.version.slice(2))) this.version = offered;
    this.#negotiated = true;
  }

  #olderVersion(status: number, body: string): string | undefined {
    if (status !== 400 || this.#fixedVersion) return undefined;
    const version = /client version \S+ is too new\. Maximum supported API version is (\d+\.\d+)/.exec(body)?.[1];
    return version === this.version ? undefined : version;
  }

  async #exchange(request: ApiRequest, upgrade: boolean): Promise<Exchange> {
    const reused = upgrade ? undefined : this.#idle.pop();
    const source = reused ?? (await this.#dial());
    const abort = (): void => void source.socket.destroy(new Error('cancelled'));
    request.signal?.addEventListener('abort', abort, { once: true });
    try {
      const payload = request.stream === undefined ? this.#write(source.socket, request, upgrade) : this.#writeStream(source.socket, request);
      // A daemon may refuse before it has read everything: its answer counts, not our failed writing.
      const [head] = await Promise.all([readHead(source), payload.catch(() => undefined)]);
      if (head === undefined) throw new Error('EOF');
      return { head, source };
    } catch (error) {
      source.socket.destroy();
      this.#open.delete(source);
      if (request.signal?.aborted === true) throw error;
      // The daemon closed a kept connection in the meantime.
      if (reused !== undefined && request.stream === undefined) return this.#exchange(request, upgrade);
      throw new ConnectionError(`error during connect: ${(error as Error).message}`, { cause: error });
    }
  }

  async #write(socket: Socket, request: ApiRequest, upgrade: boolean): Promise<void> {
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    let head = this.#requestLine(request);
    if (body !== '') head += 'Content-Type: application/json\r\n';
    if (upgrade) head += 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
    if (request.method !== 'GET' && request.method !== 'HEAD') head += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    socket.write(`${head}\r\n${body}`);
  }

  async #writeStream(socket: Socket, request: ApiRequest): Promise<void> {
    socket.write(`${this.#requestLine(request)}Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for await (const chunk of request.stream ?? []) {
      if (chunk.length === 0) continue;
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      if (!socket.write('\r\n')) await drained(socket);
      if (socket.destroyed) return;
    }
    socket.write('0\r\n\r\n');
  }

  #requestLine(request: ApiRequest): string {
    const extra = Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const prefix = request.path === '/_ping' ? '' : `/v${this.version}`;
    return `${request.method} ${prefix}${request.path}${queryText(request.query)} HTTP/1.1\r\n${this.#headers}${extra}`;
  }

  #response(exchange: Exchange, method: string): ApiResponse {
    const { head, source } = exchange;
    const framing = framingOf(head, method);
    const read = async (onData: OnData): Promise<void> => {
      await readBody(source, framing, onData);
      if (framing.kind === 'close' || head.headers.get('connection')?.toLowerCase() === 'close') {
        source.socket.destroy();
        this.#open.delete(source);
      } else this.#idle.push(source);
    };
    const text = async (): Promise<string> => {
      const parts: Buffer[] = [];
      await read((chunk) => void parts.push(chunk));
      return (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).toString();
    };
    return { status: head.status, reason: head.reason, headers: head.headers, read, text };
  }

  async #dial(): Promise<ByteSource> {
    let socket: Socket;
    try {
      socket = await dial(this.#endpoint);
    } catch (error) {
      if (this.#autostart === undefined || !isAbsent(error)) throw connectionError(this.#endpoint, error);
      await this.#autostart(this.#endpoint.path as string);
      socket = await dial(this.#endpoint).catch((again: unknown) => {
        throw connectionError(this.#endpoint, again);
      });
    }
    const source = new ByteSource(socket);
    this.#open.add(source);
    return source;
  }
}

class NetHijacked implements Hijacked {
  readonly mediaType: string;
  readonly #source: ByteSource;

  constructor(source: ByteSource, mediaType: string) {
    this.#source = source;
    this.mediaType = mediaType;
  }

  async read(onData: OnData): Promise<void> {
    await readBody(this.#source, { kind: 'close' }, onData);
  }

  async write(chunk: Uint8Array): Promise<void> {
    const { socket } = this.#source;
    if (!socket.destroyed && !socket.write(chunk)) await drained(socket);
  }

  closeWrite(): void {
    this.#source.socket.end();
  }

  destroy(): void {
    this.#source.socket.destroy();
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}

async function dial(endpoint: Endpoint): Promise<Socket> {
  const { tls } = endpoint;
  if (tls !== undefined) {
    const { connect } = process.getBuiltinModule('node:tls');
    return connected(connect({
      host: endpoint.address, port: endpoint.port, servername: /^[\d.:]+$/.test(endpoint.address ?? '') ? '' : endpoint.address,
      rejectUnauthorized: tls.verify, ca: tls.ca, cert: tls.cert, key: tls.key,
    }), 'secureConnect');
  }
  // Not import(): that would set up the whole ES module loader in a program that is one script.
  const net = process.getBuiltinModule('node:net');
  // The other half stays open after we finished sending: input may end before output.
  const target = endpoint.path === undefined ? { host: endpoint.address, port: endpoint.port as number } : { path: endpoint.path };
  return connected(net.connect({ ...target, allowHalfOpen: true }), 'connect');
}

function connected(socket: Socket, event: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once(event, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

function connectionError(endpoint: Endpoint, error: unknown): ConnectionError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    return new ConnectionError(`permission denied while trying to connect to the Berth daemon socket at ${endpoint.host}`, { cause: error });
  }
  if (isAbsent(error) || code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return new ConnectionError(`Cannot connect to the Berth daemon at ${endpoint.host}. Is the berth daemon running?`, { cause: error });
  }
  return new ConnectionError(`error during connect: ${endpoint.host}: ${message}`, { cause: error });
}

function queryText(query: Query | undefined): string {
  if (query === undefined) return '';
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function apiError(response: ApiResponse, body: string, path: string): ApiError {
  if (body.trim() === '') {
    return new ApiError(response.status, `request returned ${response.status} ${response.reason} for API route ${path}, check if the server supports the requested API version`);
  }
  if ((response.headers.get('content-type') ?? '').startsWith('application/json')) {
    try {
      const message = (JSON.parse(body) as { message?: unknown }).message;
      if (typeof message === 'string') return new ApiError(response.status, message.trim());
    } catch { /* shown as it is */ }
  }
  return new ApiError(response.status, body.trim());
}

/** A name as part of a path: slashes and colons of image references stay. */
export function segment(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@');
}
