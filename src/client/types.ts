import type { Body, Catalogue, EndpointId, Query } from '#api/endpoints.ts';
import type { Document, Tables } from '#api/schema.ts';

/** The contracts of the client: requests and answers by endpoint, and the untyped level below them. */

/** Endpoints that {@link Client.call} serves: all but those that only a WebSocket can speak to. */
export type CallId = { [Id in EndpointId]: Catalogue[Id]['answer'] extends { stream: 'websocket' } ? never : Id }[EndpointId];

type Named<Id extends EndpointId> = Catalogue[Id]['path'] extends `${string}{name}${string}` ? { readonly name: string } : unknown;
type WithBody<Id extends EndpointId> = Catalogue[Id] extends { body: infer B }
  ? B extends 'tar' ? { readonly stream?: AsyncIterable<Uint8Array> | undefined } : { readonly body: Body<Id> }
  : unknown;
// A moment may also be given as it travels: seconds with up to nine decimals.
type QueryInput<Id extends EndpointId> = { readonly [K in keyof Query<Id>]?: (bigint extends Query<Id>[K] ? Query<Id>[K] | string : Query<Id>[K]) | undefined };

/** What an endpoint is asked: `name` fills the path; absent parameters are left out, so that the daemon's defaults hold. */
export type CallRequest<Id extends EndpointId> = Named<Id> & WithBody<Id> & {
  readonly query?: QueryInput<Id>;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Ends the request and its stream. */
  readonly signal?: AbortSignal | undefined;
};

/** The request, which may be left out when the endpoint needs nothing. */
export type CallArguments<Id extends EndpointId> = Record<never, never> extends CallRequest<Id> ? [request?: CallRequest<Id>] : [request: CallRequest<Id>];

/** A document, a list of them, a stream, a connection taken over, or nothing, as the descriptor says. */
export type CallAnswer<Id extends EndpointId> = Catalogue[Id]['answer'] extends { stream: infer S }
  ? S extends 'hijack' ? Hijacked : ApiResponse
  : Catalogue[Id]['answer'] extends { document: infer D extends keyof Tables }
    ? Document<D>
    : Catalogue[Id]['answer'] extends { list: infer L extends keyof Tables } ? Document<L>[] : undefined;

/** A request by method and path, for what no descriptor tells. Paths are without host and version prefix. */
export interface RawRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Values that are undefined are left out; those of a list are repeated. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent chunked as application/x-tar. Instead of `body`. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body's pieces as they come. The consumer's speed is the sender's: a promise from `onData` holds back reading. */
  read(onData: (chunk: Buffer) => void | Promise<void>): Promise<void>;
  text(): Promise<string>;
}

/** A connection taken over for a raw stream (attach, exec). */
export interface Hijacked {
  /** "application/vnd.docker.raw-stream" or "…multiplexed-stream"; empty when the daemon is too old to say. */
  readonly mediaType: string;
  /** Reads until the other side ends. As {@link ApiResponse.read}. */
  read(onData: (chunk: Buffer) => void | Promise<void>): Promise<void>;
  /** Sends input; settles when more may be sent. */
  write(chunk: Uint8Array): Promise<void>;
  /** No more input; output goes on. */
  closeWrite(): void;
  destroy(): void;
}

/** How a client connects. */
export interface ConnectOptions {
  /** The API version to speak; undefined: the newest that both sides know. */
  readonly version?: string | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called when nobody listens on the default socket: starts the daemon and settles when it answers. */
  readonly autostart?: ((socketPath: string) => Promise<void>) | undefined;
}
