import type { Readable } from 'node:stream';
import { isKind, kindOf, messageOf } from '#base/errors.ts';
import { encodeDocument, encodeLine, encodeList } from '#api/encode.ts';
import { apiVersion, compareVersions, type Endpoint, type EndpointId } from '#api/endpoints.ts';
import type { Reply } from './call.ts';
import type { Logger } from './errors.ts';
import type { Exchange } from './http/connection.ts';
import { downgradeAnswer } from './versions.ts';

export const serverName = 'Berth/0.1.0 (linux)';
export const rawStream = 'application/vnd.docker.raw-stream';
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** The headers of every answer, in dockerd's order. */
export function baseHeaders(contentType?: string): Record<string, string | undefined> {
  return { 'Api-Version': apiVersion, 'Content-Type': contentType, 'Docker-Experimental': 'false', Ostype: 'linux', Server: serverName };
}

/** What the form of an answer depends on beside the reply. */
export interface ReplyContext {
  readonly id: EndpointId;
  readonly endpoint: Endpoint;
  readonly version: string;
  readonly logger: Logger;
}

/** Writes a reply. Errors of streams that have begun are told in the stream's own way, or by cutting it off. */
export async function sendReply(exchange: Exchange, context: ReplyContext, reply: Reply): Promise<void> {
  const { response } = exchange;
  switch (reply.kind) {
    case 'value': return sendValue(exchange, context, reply);
    case 'text': return response.send(context.endpoint.answer.status, { ...baseHeaders(reply.type), ...reply.headers }, reply.text);
    case 'later': return sendLater(exchange, context, reply);
    case 'lines': return sendLines(exchange, context, reply);
    case 'tar': return sendStream(exchange, { ...baseHeaders(reply.type ?? 'application/x-tar'), ...reply.headers }, reply.body);
    case 'frames': return sendFrames(exchange, context, reply);
  }
}

function sendValue({ response }: Exchange, context: ReplyContext, reply: Extract<Reply, { kind: 'value' }>): void {
  const text = encodeAnswer(context, reply.value);
  response.send(reply.status ?? context.endpoint.answer.status, { ...baseHeaders(text === undefined ? undefined : 'application/json'), ...reply.headers }, text ?? '');
}

function encodeAnswer({ id, endpoint, version }: ReplyContext, value: unknown): string | undefined {
  const { document, list } = endpoint.answer;
  if (document !== undefined) return encodeDocument(document, downgradeAnswer(id, version, value));
  if (list !== undefined) return encodeList(list, downgradeAnswer(id, version, value) as readonly unknown[]);
  return undefined;
}

// Clients start the container only when they have seen this head, so that they can't miss its end.
async function sendLater(exchange: Exchange, context: ReplyContext, reply: Extract<Reply, { kind: 'later' }>): Promise<void> {
  const { response } = exchange;
  // Whichever of the two fails first is the answer; the other one's failure must not go unhandled.
  reply.value.catch(() => undefined);
  await reply.accepted;
  exchange.endless = true;
  response.begin(context.endpoint.answer.status, baseHeaders('application/json'));
  try {
    await response.write(encodeAnswer(context, await reply.value) ?? '');
  } catch (error) {
    if (isKind(error, 'cancelled')) throw error;
    await response.write(encodeDocument('ContainerWaitResponse', { Error: { Message: messageOf(error) }, StatusCode: -1 }));
  }
  response.end();
}

async function sendLines(exchange: Exchange, { endpoint, logger }: ReplyContext, reply: Extract<Reply, { kind: 'lines' }>): Promise<void> {
  const { response, signal } = exchange;
  exchange.endless = reply.atOnce;
  const begin = (): void => {
    if (!response.started) response.begin(endpoint.answer.status, baseHeaders(reply.untyped === true ? undefined : 'application/json'));
  };
  if (reply.atOnce) begin();
  try {
    await reply.run((line) => {
      begin();
      return response.write(line);
    });
  } catch (error) {
    if (signal.aborted || isKind(error, 'cancelled') || (!response.started && !reply.errorsInBand)) throw error;
    if (kindOf(error) === 'internal') logger.error({ err: error }, 'unexpected error in a progress stream');
    begin();
    const message = messageOf(error);
    await response.write(encodeLine({ errorDetail: { message }, error: message }));
  }
  begin();
  response.end();
}

async function sendStream({ response }: Exchange, headers: Readonly<Record<string, string | undefined>>, body: Readable): Promise<void> {
  try {
    response.begin(200, headers);
    for await (const piece of body) await response.write(piece as Buffer);
    response.end();
  } finally {
    body.destroy();
  }
}

async function sendFrames(exchange: Exchange, { version }: ReplyContext, reply: Extract<Reply, { kind: 'frames' }>): Promise<void> {
  const { response, signal } = exchange;
  const type = reply.multiplexed && compareVersions(version, '1.42') >= 0 ? multiplexedStream : rawStream;
  exchange.endless = true;
  response.begin(200, baseHeaders(type));
  try {
    for await (const piece of reply.body) await response.writeThrough(piece);
  } catch (error) {
    if (signal.aborted || isKind(error, 'cancelled')) throw error;
    const text = `Error grabbing logs: ${messageOf(error)}\n`;
    await response.write(reply.multiplexed ? frame(1, text) : text);
  }
  response.end();
}

/** One frame of Docker's multiplexed stream: stream number (1 stdout, 2 stderr), three zeros, length as u32 big endian, bytes. */
export function frame(stream: 1 | 2, text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}
