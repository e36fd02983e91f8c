import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RequestBody } from './body.ts';
import { BadRequest, type Framing, framingOf, readHead, type RequestHead } from './head.ts';
import { takeOver } from './raw-stream.ts';
import { ByteReader } from './reader.ts';
import { Response, responseHead } from './response.ts';

/** One request with the means to answer it. */
export interface Exchange {
  readonly head: RequestHead;
  readonly body: RequestBody;
  readonly response: Response;
  readonly socket: Socket;
  /** Aborted when the client has gone or finished sending while the request is served (as Go's server does). */
  readonly signal: AbortSignal;
  /** Set while the answer may go on for ever (attach, events, wait): a server that closes doesn't wait for it. */
  endless: boolean;
  /** Writes `head` and gives the connection away. `terminator`: see {@link takeOver}. */
  hijack(head: string, terminator: string): Duplex;
}

export interface ConnectionOptions {
  /** Serves one request. Whatever it throws is a bug: the connection is destroyed. */
  readonly handler: (exchange: Exchange) => Promise<void>;
  /** ms from the first byte of a head to its last, and from the connection's begin to its first byte. */
  readonly headTimeout: number;
  readonly onBug: (error: unknown) => void;
}

/** What is read and thrown away of a body that nobody wanted, before the connection is closed instead. */
const maxDiscard = 256 << 10;

/**
 * Serves a connection: requests one after the other, until either side closes it or a handler takes it over. Not node:http, because
 * an attach or exec may come on a connection that has been used before, without `Upgrade`, and with input right behind its head:
 * only the owner of the parser can then give every byte to the stream.
 */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  // Errors of a socket end in 'close'; without a listener they would end the process.
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  const reader = new ByteReader(socket);
  let hijacked = false;
  try {
    for (let first = true; ; first = false) {
      const head = await readHeadInTime(socket, reader, { timeout: options.headTimeout, first });
      if (head === undefined) break;
      const outcome = await serveRequest(socket, reader, head, options);
      hijacked = outcome === 'hijacked';
      if (outcome !== 'next') break;
    }
  } catch (error) {
    if (error instanceof BadRequest) refuse(socket, error);
    else {
      options.onBug(error);
      socket.destroy();
    }
  }
  if (!hijacked && !socket.destroyed) close(socket, reader);
}

async function readHeadInTime(
  socket: Socket, reader: ByteReader, limits: { timeout: number; first: boolean },
): Promise<RequestHead | undefined> {
  // An idle connection between requests may stay; a head that has begun must be finished.
  if (!limits.first && reader.length === 0 && !(await reader.more())) return undefined;
  const timer = setTimeout(() => socket.destroy(), limits.timeout);
  try {
    return await readHead(reader);
  } catch (error) {
    if (socket.destroyed) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function serveRequest(
  socket: Socket, reader: ByteReader, head: RequestHead, options: ConnectionOptions,
): Promise<'next' | 'close' | 'hijacked'> {
  const framing: Framing = framingOf(head);
  const connection = head.headers.get('connection')?.toLowerCase() ?? '';
  const keepAlive = head.minor === 1 && !connection.includes('close');
  const response = new Response(socket, { method: head.method, minor: head.minor, keepAlive });
  const expectsContinue = head.headers.get('expect')?.toLowerCase() === '100-continue';
  const body = new RequestBody(reader, framing, () => {
    if (expectsContinue && !response.started) socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
  });
  const gone = new AbortController();
  reader.whenEnded(() => gone.abort());
  let hijacked = false;
  const exchange: Exchange = {
    head, body, response, socket, signal: gone.signal, endless: false,
    hijack: (text, terminator) => {
      hijacked = true;
      exchange.endless = true;
      const stream = takeOver(socket, reader, terminator);
      socket.write(text, 'latin1');
      return stream;
    },
  };
  await options.handler(exchange);
  if (hijacked) return 'hijacked';
  if (socket.destroyed || !response.keepAlive) return 'close';
  // A client that waits for "100 Continue" and got its answer instead won't send the body.
  if (!body.done && expectsContinue && !body.started) return 'close';
  try {
    return (await body.discard(maxDiscard)) ? 'next' : 'close';
  } catch {
    return 'close';
  }
}

function refuse(socket: Socket, error: BadRequest): void {
  if (!socket.writable) return;
  const text = `${error.status} ${error.message}`;
  socket.write(responseHead(error.status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }, error.message) + text, 'latin1');
}

// Closing while the client still sends would reset the connection and could take our answer with it: finish sending, then read on for a moment.
function close(socket: Socket, reader: ByteReader): void {
  reader.release();
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), 1_000);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroySoon());
}
