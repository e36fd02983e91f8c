import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Engine } from '#engine/types.ts';
import { serve } from './app.ts';
import type { AppOptions } from './call.ts';
import type { Logger } from './errors.ts';
import { refuseWebPages } from './guard.ts';
import { type Exchange, serveConnection } from './http/connection.ts';
import { type Address, listenOn, parseHost } from './listen.ts';

export interface ServerOptions {
  readonly engine: Engine;
  readonly logger: Logger;
  /** The text of `/metrics`; without it the path is not found. See `metrics.ts`. */
  readonly metrics?: () => Promise<{ contentType: string; text: string }>;
  /** Owner group of unix sockets, by name or number. */
  readonly group?: string;
  /** For tcp addresses: key, certificate and how clients are verified. Without it they are plain. */
  readonly tls?: TlsOptions;
  /** Names by which clients may call a tcp listener, beside addresses, names without a dot and this machine's own. */
  readonly allowedHosts?: readonly string[];
}

/** Bounds of what a client may hold. */
const maxConnections = 10_000;
const headTimeout = 60_000; // ms

/** The API on any number of addresses. */
export interface ApiServer {
  /** Listens on `unix://…` or `tcp://…` and returns the address in the same form, with the real port. */
  listen(host: string): Promise<string>;
  /** Stops listening, ends streams that would go on, lets other requests finish until the signal aborts, then closes all connections. */
  close(signal: AbortSignal): Promise<void>;
}

export function createServer(options: ServerOptions): ApiServer {
  return new HttpApiServer(options);
}

class HttpApiServer implements ApiServer {
  readonly #options: ServerOptions;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  readonly #busy = new Map<Socket, Exchange>();
  readonly #allowedHosts: ReadonlySet<string>;
  #closing = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#allowedHosts = new Set([hostname(), ...(options.allowedHosts ?? [])].map((name) => name.toLowerCase()));
  }

  async listen(host: string): Promise<string> {
    const address = parseHost(host);
    const server = this.#createServer(address);
    server.maxConnections = maxConnections;
    await listenOn(server, address, this.#options.group);
    this.#servers.push(server);
    server.on('error', (error) => this.#options.logger.error({ err: error, host }, 'the listener failed'));
    const text = address.kind === 'unix' ? host : tcpText(server.address() as AddressInfo);
    this.#options.logger.info({ address: text }, 'API listen');
    return text;
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true;
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#connections) if (this.#busy.get(socket)?.endless !== false) socket.destroy();
    const destroyAll = (): void => this.#connections.forEach((socket) => socket.destroy());
    if (signal.aborted) destroyAll();
    else signal.addEventListener('abort', destroyAll, { once: true });
    await Promise.all(closed);
    signal.removeEventListener('abort', destroyAll);
  }

  // Half-open: the end of a client's input must not end the output.
  #createServer(address: Address): Server {
    const accept = (socket: Socket): void => void this.#accept(socket, address);
    const { tls } = this.#options;
    if (address.kind === 'tcp' && tls !== undefined) {
      return createTlsServer({ ...tls, allowHalfOpen: true, ALPNProtocols: ['http/1.1'] } as TlsOptions, accept);
    }
    return createNetServer({ allowHalfOpen: true }, accept);
  }

  async #accept(socket: Socket, address: Address): Promise<void> {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    const app: AppOptions = {
      engine: this.#options.engine, logger: this.#options.logger, metrics: this.#options.metrics,
      guard: address.kind === 'tcp' ? (exchange) => refuseWebPages(exchange, this.#allowedHosts) : undefined,
    };
    await serveConnection(socket, {
      headTimeout,
      onBug: (error) => this.#options.logger.error({ err: error }, 'unexpected error on a connection'),
      handler: async (exchange) => {
        this.#busy.set(socket, exchange);
        if (this.#closing) exchange.response.closeAfter();
        await serve(app, exchange);
        this.#busy.delete(socket);
        if (this.#closing) exchange.response.closeAfter();
      },
    });
  }
}

function tcpText({ family, address, port }: AddressInfo): string {
  return family === 'IPv6' ? `tcp://[${address}]:${port}` : `tcp://${address}:${port}`;
}
