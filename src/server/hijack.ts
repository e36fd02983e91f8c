import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { compareVersions } from '#api/endpoints.ts';
import type { AttachRequest } from '#engine/types.ts';
import type { AppOptions, Call } from './call.ts';
import { answerOf } from './errors.ts';
import type { Exchange } from './http/connection.ts';
import { responseHead } from './http/response.ts';
import { baseHeaders, frame, multiplexedStream, rawStream } from './reply.ts';
import { decodeJson } from './request-body.ts';

const maxJsonBody = 1 << 20;
const closeGrace = 2_000; // ms

/** A connection that may be taken over: what the engine's `accept` gave away, and how. */
interface Takeover {
  readonly accept: AttachRequest['accept'];
  readonly taken: () => { stream: Duplex; kind: 'raw' | 'multiplexed' } | undefined;
}

/** `POST /containers/{name}/attach`. */
export async function attach(options: AppOptions, call: Call<'ContainerAttach'>, exchange: Exchange): Promise<void> {
  const { terminator } = await exchange.body.jsonText(maxJsonBody);
  const takeover = prepare(exchange, call.version, { terminator, headers: {} });
  const { query } = call;
  await runHijacked(options, exchange, takeover, () => options.engine.containers.attach(call.name, {
    stream: query.stream, logs: query.logs, stdin: query.stdin, stdout: query.stdout, stderr: query.stderr, detachKeys: query.detachKeys,
    accept: takeover.accept,
  }), attachRefusal(exchange));
}

/** `POST /exec/{name}/start`: detached it is answered like any request, else the connection becomes the process's stdio. */
export async function execStart(options: AppOptions, call: Call<'ExecStart'>, exchange: Exchange): Promise<void> {
  const { text, terminator } = await exchange.body.jsonText(maxJsonBody);
  const shape = { id: 'ExecStart', document: 'ExecStartBody', version: call.version } as const;
  const body: Call<'ExecStart'>['body'] = text === '' ? {} : decodeJson(exchange.head, shape, text);
  const [rows, columns] = body.ConsoleSize ?? [];
  const start = {
    detach: body.Detach === true, tty: body.Tty === true,
    consoleSize: rows === undefined || columns === undefined ? undefined : ([rows, columns] as const),
  };
  if (start.detach) {
    await options.engine.execs.start(call.name, start);
    return exchange.response.send(200, baseHeaders());
  }
  const takeover = prepare(exchange, call.version, { terminator, headers: baseHeaders() });
  await runHijacked(options, exchange, takeover, () => options.engine.execs.start(call.name, start, takeover.accept));
}

function prepare(exchange: Exchange, version: string, answer: { terminator: string; headers: Record<string, string | undefined> }): Takeover {
  let taken: { stream: Duplex; kind: 'raw' | 'multiplexed' } | undefined;
  const accept = async (kind: 'raw' | 'multiplexed'): Promise<Duplex> => {
    if (taken !== undefined) throw new TypeError('accept was called twice');
    const head = takeoverHead(exchange, kind === 'multiplexed' && compareVersions(version, '1.42') >= 0, answer.headers);
    taken = { stream: exchange.hijack(head, answer.terminator), kind };
    return taken.stream;
  };
  return { accept, taken: () => taken };
}

// Only a client that asked for an upgrade is told that the stream is multiplexed, as by dockerd.
function takeoverHead(exchange: Exchange, multiplexed: boolean, headers: Record<string, string | undefined>): string {
  const upgrade = exchange.head.headers.get('upgrade');
  const { 'Content-Type': _none, ...others } = headers;
  if (upgrade === undefined) return responseHead(200, { 'Content-Type': rawStream, ...others });
  const type = multiplexed ? multiplexedStream : rawStream;
  return responseHead(101, { 'Content-Type': type, Connection: 'Upgrade', Upgrade: 'tcp', ...others }, 'UPGRADED');
}

/** Runs `work` until the stream has ended; errors after the takeover are told in the stream. */
async function runHijacked(
  options: AppOptions, exchange: Exchange, takeover: Takeover, work: () => Promise<void>, refuse?: (error: unknown) => void,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const taken = takeover.taken();
    if (taken === undefined) {
      if (refuse === undefined) throw error;
      return refuse(error);
    }
    const answer = answerOf(error);
    if (answer.bug) options.logger.error({ err: error, target: exchange.head.target }, 'unexpected error in a stream');
    const { stream, kind } = taken;
    if (stream.writable) stream.write(kind === 'multiplexed' ? frame(1, `${answer.message}\r\n`) : `${answer.message}\r\n`);
  }
  const taken = takeover.taken();
  if (taken !== undefined) await finish(taken.stream);
}

/**
 * Sends what is left and closes. What was written waits for the client as long as it takes; after that the client has a moment to close
 * its side, since closing ours with its input unread would reset the connection and could take the last output with it.
 */
async function finish(stream: Duplex): Promise<void> {
  if (stream.destroyed) return;
  stream.end();
  stream.resume();
  try {
    await finished(stream, { readable: false });
    await finished(stream, { signal: AbortSignal.timeout(closeGrace) });
  } catch {
    // The client has gone or doesn't close.
  }
  stream.destroy();
}

// dockerd refuses an attach in the form of its raw stream: plain text, with the error's status, and the connection's end.
function attachRefusal(exchange: Exchange): (error: unknown) => void {
  return (error) => {
    const { status, message, bug } = answerOf(error);
    if (bug) throw error;
    exchange.socket.write(responseHead(status, { 'Content-Type': rawStream }) + `${message}\r\n`);
    exchange.response.closeAfter();
  };
}
