import { fail } from '#base/errors.ts';
import type { QueryType } from './endpoints.ts';

const maxFilterText = 1 << 20;
const empty: ReadonlyMap<string, readonly string[]> = new Map();

/**
 * Decodes a query by the descriptor's types. Every parameter is present in the result. Texts of errors are dockerd's; its odd status
 * 500 for a number that is none is kept, since differential tests compare it.
 */
export function decodeQuery(types: Readonly<Record<string, QueryType>>, parameters: URLSearchParams): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(types)) result[name] = decodeParameter(type, name, parameters);
  return result;
}

function decodeParameter(type: QueryType, name: string, parameters: URLSearchParams): unknown {
  if (type === 'string[]') return parameters.getAll(name);
  const value = parameters.get(name) ?? '';
  switch (type) {
    case 'bool': return parseBool(value);
    case 'bool=true': return !parameters.has(name) || parseBool(value);
    case 'int': return value === '' ? undefined : parseInteger(value);
    case 'time': return value === '' ? undefined : parseTimestamp(value);
    case 'filters': return parseFilters(value);
    case 'string': return value === '' ? undefined : value;
  }
}

/** Docker's booleans: everything is true but "", 0, no, false and none. */
export function parseBool(value: string): boolean {
  return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
}

/** Go's strconv.Atoi with its error text. */
export function parseInteger(value: string): number {
  if (!/^[+-]?\d+$/.test(value)) fail('internal', `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
  const number = Number(value);
  // Beyond 2⁵³ a double is no longer exact; no count or number of seconds gets there.
  if (!Number.isSafeInteger(number)) fail('internal', `strconv.Atoi: parsing ${JSON.stringify(value)}: value out of range`);
  return number;
}

/** Seconds since the epoch with up to nine decimals (`1700000000.000000001`) in nanoseconds. */
export function parseTimestamp(value: string): bigint {
  const match = /^([+-]?\d{1,15})(?:\.(\d*))?$/.exec(value);
  if (match === null) {
    const integer = value.split('.', 1)[0] ?? '';
    const wrong = /^[+-]?\d+$/.test(integer) ? value.slice(integer.length + 1) : integer;
    fail('internal', `strconv.ParseInt: parsing ${JSON.stringify(wrong)}: invalid syntax`);
  }
  const seconds = BigInt(match[1] ?? '0');
  const nanoseconds = BigInt((match[2] ?? '').slice(0, 9).padEnd(9, '0'));
  return seconds * 1_000_000_000n + nanoseconds;
}

/** Both wire forms: `{"name":{"value":true}}` (since 1.22) and `{"name":["value"]}`. */
export function parseFilters(text: string): ReadonlyMap<string, readonly string[]> {
  if (text === '') return empty;
  if (text.length > maxFilterText) fail('invalidArgument', 'invalid filter');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    fail('invalidArgument', 'invalid filter', { cause });
  }
  if (value === null) return empty;
  if (typeof value !== 'object' || Array.isArray(value)) fail('invalidArgument', 'invalid filter');
  const result = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(value)) result.set(name, filterValues(values));
  return result;
}

function filterValues(values: unknown): readonly string[] {
  if (Array.isArray(values) && values.every((each) => typeof each === 'string')) return values;
  if (values === null) return [];
  if (typeof values === 'object' && !Array.isArray(values) && Object.values(values).every((each) => typeof each === 'boolean')) {
    return Object.entries(values).filter(([, on]) => on === true).map(([each]) => each);
  }
  return fail('invalidArgument', 'invalid filter');
}
