import type { Socket } from 'node:net';
import { BerthError } from '#base/errors.ts';
import { apiVersion, compareVersions } from '#api/endpoints.ts';
import type { Address } from './address.ts';
import { dial, drained } from './dial.ts';
import { queryText } from './encode.ts';
import { brokenOff, isAbsent, refusal, unreachable } from './errors.ts';
import { ByteSource, framingOf, type Head, type OnData, readBody, readHead } from './http1.ts';
import type { ApiResponse, ConnectOptions, Hijacked, RawRequest } from './types.ts';

const userAgent = 'Berth-Client/0.1.0 (linux)';

interface Exchange {
  readonly head: Head;
  readonly source: ByteSource;
  /** Takes away what the request's signal would do. */
  release(): void;
}

/** Requests and answers over a unix socket or TCP, plain or TLS. Connections are kept and used again. */
export class Transport {
  readonly host: string;
  version: string;
  readonly #address: Address;
  readonly #headers: string;
  readonly #fixedVersion: boolean;
  readonly #idle: ByteSource[] = [];
  readonly #open = new Set<ByteSource>();
  readonly #autostart: ((socketPath: string) => Promise<void>) | undefined;
  #negotiated = false;

  constructor(address: Address, options: ConnectOptions) {
    this.host = address.host;
    this.#address = address;
    this.version = options.version ?? apiVersion;
    this.#fixedVersion = options.version !== undefined;
    this.#autostart = address.isDefault ? options.autostart : undefined;
    const hostHeader = address.kind === 'tcp' ? `${address.address}:${address.port}` : 'berth.localhost';
    const custom = Object.entries(options.headers ?? {}).filter(([name, value]) => /^[\w-]+$/.test(name) && !/[\r\n]/.test(value));
    this.#headers = `Host: ${hostHeader}\r\nUser-Agent: ${userAgent}\r\n${custom.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
  }

  /** Any answer, also of status 400 and more. */
  async send(request: RawRequest): Promise<ApiResponse> {
    // A body that can be sent only once must not meet a daemon that is too old.
    if (request.stream !== undefined && !this.#negotiated && !this.#fixedVersion) await this.#negotiate();
    const exchange = await this.#exchange(request, false);
    return this.#response(exchange, request.method);
  }

  /** Answers below 400 as streams; others are thrown. */
  async stream(request: RawRequest): Promise<ApiResponse> {
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
    throw refusal(response, body, request.path);
  }

  /** The body as text. */
  async text(request: RawRequest): Promise<string> {
    return (await this.stream(request)).text();
  }

  /** The body parsed; undefined when empty. */
  async json<T>(request: RawRequest): Promise<T> {
    const body = await this.text(request);
    if (body === '') return undefined as T;
    try {
      return JSON.parse(body) as T;
    } catch (error) {
      throw new BerthError('dataLoss', `the answer of ${this.host} to ${request.method} ${request.path} is not JSON: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Takes the connection over for a raw stream. */
  async hijack(request: RawRequest): Promise<Hijacked> {
    const exchange = await this.#exchange(request, true);
    const { head, source } = exchange;
    if (head.status >= 400) {
      const response = this.#response(exchange, request.method);
      const body = await response.text();
      const older = this.#olderVersion(head.status, body);
      if (older === undefined) throw refusal(response, body, request.path);
      this.version = older;
      return this.hijack(request);
    }
    return new NetHijacked(source, head.headers.get('content-type') ?? '');
  }

  /** Closes every connection, also those in use. */
  close(): void {
    for (const source of this.#open) source.socket.destroy();
    this.#open.clear();
  }

  async #negotiate(): Promise<void> {
    const response = this.#response(await this.#exchange({ method: 'GET', path: '/_ping' }, false), 'GET');
    await response.text();
    const offered = response.headers.get('api-version') ?? '';
    if (/^1\.\d+$/.test(offered) && compareVersions(offered, this.version) < 0) this.version = offered;
    this.#negotiated = true;
  }

  #olderVersion(status: number, body: string): string | undefined {
    if (status !== 400 || this.#fixedVersion) return undefined;
    const version = /client version \S+ is too new\. Maximum supported API version is (\d+\.\d+)/.exec(body)?.[1];
    return version === this.version ? undefined : version;
  }

  async #exchange(request: RawRequest, upgrade: boolean): Promise<Exchange> {
    const reused = upgrade ? undefined : this.#reusable();
    const source = reused ?? (await this.#dial());
    const { signal } = request;
    const abort = (): void => void source.socket.destroy(cancelled(signal));
    signal?.addEventListener('abort', abort, { once: true });
    // The connection outlives the request: whoever has read the answer lets go of the signal.
    const release = (): void => signal?.removeEventListener('abort', abort);
    try {
      signal?.throwIfAborted();
      const payload = request.stream === undefined ? this.#write(source.socket, request, upgrade) : this.#writeStream(source.socket, request);
      // A daemon may refuse before it has read everything: its answer counts, not our failed writing.
      const [head] = await Promise.all([readHead(source), payload.catch(() => undefined)]);
      if (head === undefined) throw new Error('EOF');
      return { head, source, release };
    } catch (error) {
      release();
      source.socket.destroy();
      this.#open.delete(source);
      if (signal?.aborted === true) throw cancelled(signal);
      // The daemon closed a kept connection in the meantime.
      if (reused !== undefined && request.stream === undefined) return this.#exchange(request, upgrade);
      throw brokenOff(error);
    }
  }

  #reusable(): ByteSource | undefined {
    for (let source = this.#idle.pop(); source !== undefined; source = this.#idle.pop()) {
      if (!source.ended) return source;
      source.socket.destroy();
      this.#open.delete(source);
    }
    return undefined;
  }

  async #write(socket: Socket, request: RawRequest, upgrade: boolean): Promise<void> {
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    let head = this.#requestLine(request);
    if (body !== '') head += 'Content-Type: application/json\r\n';
    if (upgrade) head += 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
    if (request.method !== 'GET' && request.method !== 'HEAD') head += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    socket.write(`${head}\r\n${body}`);
  }

  async #writeStream(socket: Socket, request: RawRequest): Promise<void> {
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

  #requestLine(request: RawRequest): string {
    const extra = Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const prefix = request.path === '/_ping' ? '' : `/v${this.version}`;
    return `${request.method} ${prefix}${request.path}${queryText(request.query)} HTTP/1.1\r\n${this.#headers}${extra}`;
  }

  #response(exchange: Exchange, method: string): ApiResponse {
    const { head, source, release } = exchange;
    const framing = framingOf(head, method);
    const read = async (onData: OnData): Promise<void> => {
      await readBody(source, framing, onData);
      release();
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
      socket = await dial(this.#address);
    } catch (error) {
      if (this.#autostart === undefined || !isAbsent(error)) throw unreachable(this.#address, error);
      await this.#autostart(this.#address.path as string);
      socket = await dial(this.#address).catch((again: unknown) => {
        throw unreachable(this.#address, again);
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

function cancelled(signal: AbortSignal | undefined): BerthError {
  return new BerthError('cancelled', 'the request was cancelled', { cause: signal?.reason });
}
