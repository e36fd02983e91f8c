import { Duplex, pipeline, Transform } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { fail, messageOf } from '#base/errors.ts';
import type { AppOptions, Call } from './call.ts';
import type { Exchange } from './http/connection.ts';

/** Bytes of input that a client may send in one message. */
const maxMessage = 1 << 20;

/** `GET /containers/{name}/attach/ws`: stdio as binary messages, stdout and stderr together, as dockerd does. */
export async function attachWebsocket(options: AppOptions, call: Call<'ContainerAttachWebsocket'>, exchange: Exchange): Promise<void> {
  const { headers } = exchange.head;
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') fail('invalidArgument', 'not websocket protocol');
  const { query } = call;
  let connection: Duplex | undefined;
  try {
    await options.engine.containers.attach(call.name, {
      stream: query.stream, logs: query.logs, stdin: query.stdin, stdout: query.stdout, stderr: query.stderr, detachKeys: query.detachKeys,
      accept: async (kind) => {
        connection = quiet(await upgrade(exchange));
        return kind === 'raw' ? connection : quiet(withoutFrames(connection));
      },
    });
  } catch (error) {
    if (connection === undefined) throw error;
    if (connection.writable) connection.write(`${messageOf(error)}\r\n`);
  }
  connection?.end();
}

async function upgrade(exchange: Exchange): Promise<Duplex> {
  // Loaded at its first use: few clients attach by WebSocket.
  const { WebSocketServer, createWebSocketStream } = await import('ws');
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessage });
  const raw = exchange.hijack('', '');
  // All that ws reads of a request.
  const headers = Object.fromEntries(exchange.head.headers);
  const request = { method: 'GET', url: exchange.head.target, headers, socket: raw } as unknown as IncomingMessage;
  return new Promise((resolve, reject) => {
    raw.once('close', () => reject(new Error('the client closed the connection')));
    server.handleUpgrade(request, raw, Buffer.alloc(0), (socket) => resolve(createWebSocketStream(socket)));
  });
}

// Writing to a client that has left is an error of the stream; without a listener it would end the process. Its end is seen by reading.
function quiet(stream: Duplex): Duplex {
  return stream.on('error', () => undefined);
}

/** The connection for a writer that writes Docker's frames: only their payloads are passed on. */
function withoutFrames(connection: Duplex): Duplex {
  let header = Buffer.alloc(0);
  let left = 0;
  const payloads = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      let rest = chunk;
      while (rest.length > 0) {
        if (left === 0) {
          const wanted = 8 - header.length;
          header = Buffer.concat([header, rest.subarray(0, wanted)]);
          rest = rest.subarray(wanted);
          if (header.length < 8) break;
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
        }
        const piece = rest.subarray(0, left);
        if (piece.length > 0) this.push(piece);
        left -= piece.length;
        rest = rest.subarray(piece.length);
      }
      callback();
    },
  });
  pipeline(payloads, connection, () => undefined);
  // Node takes a pair of streams here; its types know only one half of it.
  return Duplex.from({ readable: connection, writable: payloads } as unknown as Iterable<never>);
}
