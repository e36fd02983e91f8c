import type { Readable } from 'node:stream';
import type { Body, EndpointId, Query } from '#api/endpoints.ts';
import type { Engine } from '#engine/types.ts';
import type { Logger } from './errors.ts';
import type { Exchange } from './http/connection.ts';
import type { RequestHead } from './http/head.ts';

/** A request after decoding, as handlers get it. */
export interface Call<Id extends EndpointId> {
  /** What stood for `{name}` in the path. */
  readonly name: string;
  readonly query: Query<Id>;
  readonly body: Body<Id>;
  /** The request's raw body; only for endpoints that take a tar. */
  readonly tar: () => Readable;
  readonly head: RequestHead;
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * What a handler answers. `value`: the document or list of the endpoint's descriptor, or nothing. `later`: the head goes out when
 * `accepted` settles, the document when `value` does. `lines`: JSON lines, each sent at once; an error becomes an error line when
 * something was written already or `errorsInBand`; `untyped`: without a content type, as dockerd's statistics. `frames`: container
 * output, in pieces that last until the next one is asked for; it ends with the call's signal.
 */
export type Reply =
  | { readonly kind: 'value'; readonly value?: unknown; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'later'; readonly accepted: Promise<void>; readonly value: Promise<unknown> }
  | { readonly kind: 'text'; readonly type: string; readonly text: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'lines'; readonly errorsInBand: boolean; readonly atOnce: boolean; readonly untyped?: boolean; readonly run: (write: WriteLine) => Promise<void> }
  | { readonly kind: 'tar'; readonly body: Readable; readonly type?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'frames'; readonly multiplexed: boolean; readonly body: AsyncIterable<Buffer> };

export type WriteLine = (line: string) => Promise<void> | undefined;

/** What the handlers work with. */
export interface Services {
  readonly engine: Engine;
  /** The text of `/metrics`. */
  readonly metrics?: () => Promise<{ contentType: string; text: string }>;
}

export interface AppOptions extends Services {
  readonly logger: Logger;
  /** Refuses a request by its head (Host and Origin on TCP), saying why; undefined: it may pass. */
  readonly guard?: (exchange: Exchange) => string | undefined;
}

export type Handler<Id extends EndpointId> = (services: Services, call: Call<Id>) => Promise<Reply>;

/** Endpoints that take the connection over; they are served by `hijack.ts` and `websocket.ts`. */
export type StreamEndpointId = 'ContainerAttach' | 'ExecStart' | 'ContainerAttachWebsocket';
export type PlainEndpointId = Exclude<EndpointId, StreamEndpointId>;

/** Shorthand for an answer by descriptor. */
export function value(document?: unknown): Reply {
  return { kind: 'value', value: document };
}
