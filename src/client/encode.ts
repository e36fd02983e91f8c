import type { Endpoint, QueryType } from '#api/endpoints.ts';
import type { RawRequest } from './types.ts';

/** A request as {@link Client.call} gets it, seen without its types: the descriptor says what each value is. */
export interface AnyRequest {
  readonly name?: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Writes a request in the form that its endpoint's descriptor gives. */
export function encodeRequest(endpoint: Endpoint, request: AnyRequest): RawRequest {
  const { method, path, query: types = {} } = endpoint;
  const query: Record<string, string | readonly string[] | undefined> = {};
  for (const [name, value] of Object.entries(request.query ?? {})) query[name] = encodeParameter(types[name], value);
  const { body, stream, headers, signal } = request;
  return { method, path: path.replace('{name}', () => segment(request.name ?? '')), query, body, stream, headers, signal };
}

/** A name as part of a path: slashes and colons of image references stay. */
export function segment(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@');
}

function encodeParameter(type: QueryType | undefined, value: unknown): string | readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (type === 'string[]') return value as readonly string[];
  if (type === 'filters') return encodeFilters(value as ReadonlyMap<string, readonly string[]>);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'bigint') return encodeTime(value);
  return String(value);
}

/** Filters in the form that daemons of all versions read: {"status":{"running":true}}; undefined when there are none. */
export function encodeFilters(filters: ReadonlyMap<string, readonly string[]>): string | undefined {
  if (filters.size === 0) return undefined;
  const entries = [...filters].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries.map(([name, values]) => [name, Object.fromEntries(values.map((value) => [value, true]))])));
}

// Nanoseconds → seconds with nine decimals. Moments before the epoch have the decimals of their whole seconds.
function encodeTime(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${sign}${size / 1_000_000_000n}.${String(size % 1_000_000_000n).padStart(9, '0')}`;
}

/** The query's text with its question mark; empty when nothing is asked. */
export function queryText(query: RawRequest['query']): string {
  let text = '';
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const each of typeof value === 'object' ? value : [value]) text += `&${encodeURIComponent(name)}=${encodeURIComponent(each)}`;
  }
  return text === '' ? '' : `?${text.slice(1)}`;
}
