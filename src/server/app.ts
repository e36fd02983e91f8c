import { fail, kindOf } from '#base/errors.ts';
import { encodeDocument } from '#api/encode.ts';
import { apiVersion, compareVersions, minimumApiVersion } from '#api/endpoints.ts';
import { decodeQuery } from '#api/query.ts';
import { route, splitVersion } from '#api/router.ts';
import type { AppOptions, Call, Handler, PlainEndpointId } from './call.ts';
import { answerOf } from './errors.ts';
import { handlers } from './handlers-rest.ts';
import { attach, execStart } from './hijack.ts';
import { baseHeaders, sendReply } from './reply.ts';
import { readJson } from './request-body.ts';
import { attachWebsocket } from './websocket.ts';
import type { Exchange } from './http/connection.ts';

/** Serves one request, from its head to its answer or the end of its stream. Errors become answers here and nowhere else. */
export async function serve(options: AppOptions, exchange: Exchange): Promise<void> {
  const started = performance.now();
  const { method, target } = exchange.head;
  let status = '';
  try {
    await dispatch(options, exchange);
  } catch (error) {
    status = sendError(options, exchange, error);
  }
  options.logger.debug({ method, target: target.split('?', 1)[0], error: status || undefined, ms: performance.now() - started }, 'request');
}

async function dispatch(options: AppOptions, exchange: Exchange): Promise<void> {
  const refused = options.guard?.(exchange);
  if (refused !== undefined) fail('forbidden', refused);
  if (exchange.head.method === 'OPTIONS') return exchange.response.send(200, baseHeaders());
  const { path, query } = splitTarget(exchange.head.target);
  const clean = cleanPath(path);
  if (clean !== path) return exchange.response.send(301, { Location: encodeURI(clean) });
  const { version: asked, rest } = splitVersion(path);
  const found = route(exchange.head.method, rest);
  if (found.kind === 'notFound') return exchange.response.send(404, { 'Content-Type': 'application/json' }, encodeDocument('ErrorResponse', { message: 'page not found' }));
  const version = checkVersion(exchange, asked);
  if (version === undefined) return;
  if (found.kind === 'unserved') fail('notImplemented', `${found.operation} of the Docker Engine API is not served by Berth yet`);
  const { id, endpoint, name } = found;
  if (endpoint.since !== undefined && compareVersions(version, endpoint.since) < 0) fail('notFound', 'page not found');
  const parameters = decodeQuery(endpoint.query ?? {}, query);
  const call = {
    name, query: parameters, version, head: exchange.head, signal: exchange.signal, body: undefined as unknown,
    tar: () => exchange.body.stream(),
  };
  if (id === 'ContainerAttach') return attach(options, call as unknown as Call<'ContainerAttach'>, exchange);
  if (id === 'ContainerAttachWebsocket') return attachWebsocket(options, call as unknown as Call<'ContainerAttachWebsocket'>, exchange);
  if (id === 'ExecStart') return execStart(options, call as unknown as Call<'ExecStart'>, exchange);
  call.body = await readJson(exchange, { id, document: endpoint.body, version });
  // The descriptor decoded the query and the body, so the call has the types that the handler of the same id expects.
  const handler = handlers[id as PlainEndpointId] as Handler<PlainEndpointId>;
  await sendReply(exchange, { id, endpoint, version, logger: options.logger }, await handler(options, call as unknown as Call<PlainEndpointId>));
}

function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const [beforeFragment = ''] = target.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const path = mark < 0 ? beforeFragment : beforeFragment.slice(0, mark);
  try {
    return { path: decodeURIComponent(path), query: new URLSearchParams(mark < 0 ? '' : beforeFragment.slice(mark + 1)) };
  } catch (cause) {
    return fail('invalidArgument', `malformed escape in the request path ${path}`, { cause });
  }
}

// As Go's path.Clean, which dockerd's router redirects to. A slash at the end stays.
function cleanPath(path: string): string {
  if (!/\/\/|\/\.{1,2}(\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}${path.endsWith('/') && parts.length > 0 ? '/' : ''}`;
}

// Undefined when the version is refused; the answer has been sent then, in the form that clients of that age understand.
function checkVersion({ response }: Exchange, asked: string | undefined): string | undefined {
  if (asked === undefined) return apiVersion;
  if (compareVersions(asked, minimumApiVersion) < 0) {
    const text = `client version ${asked} is too old. Minimum supported API version is ${minimumApiVersion}, please upgrade your client to a newer version`;
    response.send(400, withoutExperimental(baseHeaders('text/plain; charset=utf-8')), `${text}\n`);
    return undefined;
  }
  if (compareVersions(asked, apiVersion) > 0) {
    const message = `client version ${asked} is too new. Maximum supported API version is ${apiVersion}`;
    response.send(400, withoutExperimental(baseHeaders('application/json')), encodeDocument('ErrorResponse', { message }));
    return undefined;
  }
  return asked;
}

// dockerd looks at the version before it says whether it is experimental, and at the path before both: unknown ones get neither.
function withoutExperimental(headers: ReturnType<typeof baseHeaders>): ReturnType<typeof baseHeaders> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'Docker-Experimental'));
}

// The status sent, for the log; a client that left is no error.
function sendError({ logger }: AppOptions, exchange: Exchange, error: unknown): string {
  const answer = answerOf(error);
  const { method, target } = exchange.head;
  if (answer.bug) logger.error({ err: error, method, target }, 'unexpected error while serving a request');
  if (exchange.socket.destroyed || exchange.socket.writableEnded) return '499';
  if (exchange.response.started) {
    if (kindOf(error) !== 'cancelled') logger.warn({ method, target, error: answer.message }, 'a response was cut off');
    exchange.response.abort();
  } else if (answer.status === 304) exchange.response.send(304, baseHeaders());
  else exchange.response.send(answer.status, baseHeaders('application/json'), encodeDocument('ErrorResponse', { message: answer.message }));
  return String(answer.status);
}
