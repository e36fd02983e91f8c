import { printf } from './printf.ts';
import { goJson, GoFloat, isMap, show, truth, typeName } from './value.ts';

/** The functions of templates: Go's own and those that Docker's client adds. */

type TemplateFunction = (...args: unknown[]) => unknown;

const wrongType = (value: unknown, wanted: string): Error => new Error(`wrong type for value; expected ${wanted}; got ${typeName(value)}`);

function text(value: unknown): string {
  if (typeof value !== 'string') throw wrongType(value, 'string');
  return value;
}

function whole(value: unknown): number {
  if (typeof value !== 'number') throw wrongType(value, 'int');
  return value;
}

const functions: Readonly<Record<string, readonly [least: number, most: number, run: TemplateFunction]>> = {
  and: [1, 99, () => undefined],
  or: [1, 99, () => undefined],
  not: [1, 1, (value) => !truth(value)],
  len: [1, 1, length],
  index: [1, 99, index],
  slice: [1, 4, slice],
  print: [0, 99, (...values) => print(values)],
  printf: [1, 99, (format, ...values) => printf(text(format), values)],
  println: [0, 99, (...values) => `${values.map(show).join(' ')}\n`],
  html: [0, 99, (...values) => escapeHtml(print(values))],
  js: [0, 99, (...values) => escapeJs(print(values))],
  urlquery: [0, 99, (...values) => encodeURIComponent(print(values)).replaceAll('%20', '+').replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)],
  call: [1, 99, (callee) => {
    throw new Error(`non-function ${show(callee)} of type ${typeName(callee)}`);
  }],
  eq: [1, 99, (first, ...others) => {
    if (others.length === 0) throw new Error('missing argument for comparison');
    return others.map((other) => equal(first, other)).includes(true);
  }],
  ne: [2, 2, (a, b) => !equal(a, b)],
  lt: [2, 2, (a, b) => less(a, b)],
  le: [2, 2, (a, b) => less(a, b) || equal(a, b)],
  gt: [2, 2, (a, b) => !(less(a, b) || equal(a, b))],
  ge: [2, 2, (a, b) => !less(a, b)],
  json: [1, 1, goJson],
  split: [2, 2, (source, separator) => text(source).split(text(separator))],
  join: [2, 2, (list, separator) => {
    if (!Array.isArray(list)) throw wrongType(list, '[]string');
    return list.map((item) => (typeof item === 'string' ? item : show(item))).join(text(separator));
  }],
  title: [1, 1, (source) => text(source).replace(/(^|[^\p{L}\p{N}_'])(\p{Ll})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())],
  lower: [1, 1, (source) => text(source).toLowerCase()],
  upper: [1, 1, (source) => text(source).toUpperCase()],
  pad: [3, 3, (source, before, after) => (source === '' ? '' : ' '.repeat(whole(before)) + text(source) + ' '.repeat(whole(after)))],
  truncate: [2, 2, (source, limit) => {
    const bytes = Buffer.from(text(source));
    return bytes.length < whole(limit) ? source : bytes.subarray(0, whole(limit)).toString();
  }],
};

export const functionNames: ReadonlySet<string> = new Set(Object.keys(functions));

/** Calls a function by name. Throws an Error with Go's reason. */
export function callFunction(name: string, args: readonly unknown[]): unknown {
  const [least, most, run] = functions[name] as (typeof functions)[string];
  if (args.length < least) throw new Error(`wrong number of args for ${name}: want ${most === 99 ? 'at least ' : ''}${least} got ${args.length}`);
  if (args.length > most) throw new Error(`wrong number of args for ${name}: want ${most} got ${args.length}`);
  return run(...args);
}

function length(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  if (value === undefined || value === null) throw new Error('len of nil pointer');
  throw new Error(`len of type ${typeName(value)}`);
}

function index(value: unknown, ...keys: unknown[]): unknown {
  let at: unknown = value;
  for (const key of keys) {
    if (at === undefined || at === null) throw new Error('index of untyped nil');
    if (Array.isArray(at) || typeof at === 'string') {
      if (typeof key !== 'number') throw new Error(`cannot index slice/array with type ${typeName(key)}`);
      const size = typeof at === 'string' ? Buffer.byteLength(at) : at.length;
      if (key < 0 || key >= size) throw new Error(`index out of range: ${key}`);
      at = typeof at === 'string' ? Buffer.from(at)[key] : (at as unknown[])[key];
    } else if (isMap(at)) {
      if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`);
      at = Object.hasOwn(at, key) ? at[key] : undefined;
    } else throw new Error(`can't index item of type ${typeName(at)}`);
  }
  return at;
}

function slice(value: unknown, ...bounds: unknown[]): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) throw new Error(`can't slice item of type ${typeName(value)}`);
  const source = typeof value === 'string' ? Buffer.from(value) : value;
  if (typeof value === 'string' && bounds.length === 3) throw new Error('cannot 3-index slice a string');
  const [from = 0, to = source.length] = bounds.map(whole);
  for (const bound of [from, to]) if (bound < 0 || bound > source.length) throw new Error(`index out of range: ${bound}`);
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  return Buffer.isBuffer(source) ? source.subarray(from, to).toString() : source.slice(from, to);
}

// fmt.Sprint: a blank only between two operands of which neither is a string.
function print(values: readonly unknown[]): string {
  let out = '';
  for (const [at, value] of values.entries()) {
    if (at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string') out += ' ';
    out += show(value);
  }
  return out;
}

type Basic = 'bool' | 'int' | 'float' | 'string';

function basicKind(value: unknown): Basic {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'int';
  if (value instanceof GoFloat) return 'float';
  if (typeof value === 'string') return 'string';
  throw new Error('invalid type for comparison');
}

function equal(a: unknown, b: unknown): boolean {
  const nil = (value: unknown): boolean => value === undefined || value === null;
  if (nil(a) || nil(b)) return nil(a) && nil(b);
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw new Error('incompatible types for comparison');
  if (kind === 'int') return BigInt(a as number) === BigInt(b as number);
  if (kind === 'float') return (a as GoFloat).value === (b as GoFloat).value;
  return a === b;
}

function less(a: unknown, b: unknown): boolean {
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw new Error('incompatible types for comparison');
  if (kind === 'bool') throw new Error('invalid type for comparison');
  if (kind === 'float') return (a as GoFloat).value < (b as GoFloat).value;
  if (kind === 'string') return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string)) < 0;
  return (a as number) < (b as number);
}

function escapeHtml(source: string): string {
  const table: Record<string, string> = { '\0': '\uFFFD', '"': '&#34;', '\'': '&#39;', '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return source.replace(/[\0"'&<>]/g, (char) => table[char] as string);
}

function escapeJs(source: string): string {
  const table: Record<string, string> = { '\\': '\\\\', '\'': '\\\'', '"': '\\"', '<': '\\u003C', '>': '\\u003E', '&': '\\u0026', '=': '\\u003D' };
  return source.replace(/[\\'"<>&=]|[\0-\x1f]/g, (char) => table[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
}
