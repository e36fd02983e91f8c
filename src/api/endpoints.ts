import { containerEndpoints } from './endpoints-containers.ts';
import { restEndpoints } from './endpoints-rest.ts';
import type { Document, Tables } from './schema.ts';

/**
 * One descriptor per endpoint; router, decoding, version checks and `/openapi.json` follow from it.
 *
 * `{name}` in a path takes everything between its neighbours, slashes included (`/images/docker.io/library/alpine:3.20/json`).
 * Query types: `bool` (Docker's: anything but "", 0, no, false, none), `bool=true` (the same, true when it is absent), `int`, `string`, `string[]` (repeated), `time` (seconds with up
 * to nine decimals → nanoseconds), `filters` (both of Docker's JSON forms). A body is a document of `schema.ts` or a `tar` stream.
 */
export interface Endpoint {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryType>>;
  readonly body?: keyof Tables | 'tar';
  readonly answer: {
    readonly status: number;
    readonly document?: keyof Tables;
    readonly list?: keyof Tables;
    readonly stream?: 'frames' | 'lines' | 'tar' | 'text' | 'hijack' | 'websocket';
  };
  /** The first API version that has it, if later than 1.24. */
  readonly since?: string;
  /** Berth's own, not Docker's. */
  readonly own?: boolean;
}

export type QueryType = 'bool' | 'bool=true' | 'int' | 'string' | 'string[]' | 'time' | 'filters';

/** The descriptors with their literal types, from which requests and answers are typed. */
export type Catalogue = typeof containerEndpoints & typeof restEndpoints;
export type EndpointId = keyof Catalogue;

/** All endpoints by their id (which is also the operation id in `/openapi.json`). */
export const endpoints: Readonly<Record<EndpointId, Endpoint>> = { ...containerEndpoints, ...restEndpoints };

interface QueryValues {
  bool: boolean;
  'bool=true': boolean;
  int: number | undefined;
  string: string | undefined;
  'string[]': string[];
  time: bigint | undefined;
  filters: ReadonlyMap<string, readonly string[]>;
}
type Shape<Id extends EndpointId> = Catalogue[Id] extends { query: infer Q } ? Q : Record<never, never>;

/** The decoded query of an endpoint: every parameter is there, absent ones with their type's empty value. */
export type Query<Id extends EndpointId> = {
  readonly [K in keyof Shape<Id>]: Shape<Id>[K] extends keyof QueryValues ? QueryValues[Shape<Id>[K]] : never;
};

/** The decoded JSON body of an endpoint; undefined for those without one (and for tar streams). */
export type Body<Id extends EndpointId> = Catalogue[Id] extends { body: infer B }
  ? B extends keyof Tables ? Document<B> : undefined
  : undefined;

export const apiVersion = '1.51';
export const minimumApiVersion = '1.24';

/** Negative, zero or positive as a is older than, the same as or newer than b. Versions are `major.minor`. */
export function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}
