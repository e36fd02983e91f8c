import { fail } from '#base/errors.ts';
import { decodeBody } from '#api/decode.ts';
import type { Body, Endpoint, EndpointId } from '#api/endpoints.ts';
import type { Exchange } from './http/connection.ts';
import type { RequestHead } from './http/head.ts';
import { upgradeRequest } from './versions.ts';

/** Bodies with JSON are bounded; archives are not, they are streamed. */
const maxJsonBody = 8 << 20;

/** What a body has to be. */
export interface BodyShape<Id extends EndpointId> {
  readonly id: Id;
  readonly document: Endpoint['body'];
  readonly version: string;
}

/** Reads and decodes a request's JSON body, brought up to the newest version. An absent body is an empty document, except for create. */
export async function readJson<Id extends EndpointId>(exchange: Exchange, shape: BodyShape<Id>): Promise<Body<Id> | undefined> {
  if (shape.document === undefined || shape.document === 'tar') return undefined;
  if (exchange.body.absent && shape.document === 'ContainerCreateBody') fail('invalidArgument', 'invalid JSON: got EOF while reading request body');
  if (exchange.body.absent) return {} as unknown as Body<Id>;
  checkContentType(exchange.head);
  return decodeJson(exchange.head, shape, await exchange.body.text(maxJsonBody));
}

/** Decodes the text of a JSON body. */
export function decodeJson<Id extends EndpointId>(head: RequestHead, { id, document, version }: BodyShape<Id>, text: string): Body<Id> {
  checkContentType(head);
  // The decoder has checked every field against the table that this type is made from.
  return upgradeRequest(id, version, decodeBody(document ?? '', text)) as unknown as Body<Id>;
}

function checkContentType(head: RequestHead): void {
  const contentType = head.headers.get('content-type') ?? '';
  if (contentType.trim() === '') fail('invalidArgument', 'malformed Content-Type header (): mime: no media type');
  const media = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (media !== 'application/json') fail('invalidArgument', `unsupported Content-Type header (${contentType}): must be 'application/json'`);
}
