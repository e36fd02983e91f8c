import { type FieldType, documentTable } from './tables.ts';

/** JSON as dockerd writes it: the document's fields in Go's order, one line with a newline at its end. Fields unknown to the table go last. */
export function encodeDocument(name: string, value: unknown): string {
  return `${encodeValue({ kind: 'document', name }, value)}\n`;
}

/** The same for a list of documents. */
export function encodeList(name: string, values: readonly unknown[]): string {
  return `${encodeValue({ kind: 'list', of: { kind: 'document', name } }, values)}\n`;
}

/** One line of a progress stream. */
export function encodeLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

// Text is put together here rather than by JSON.stringify of a reordered copy: lists of containers are long and asked for often.
function encodeValue(type: FieldType, value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  // Nanoseconds since the epoch don't fit a double: they travel as bigint inside and are written digit by digit.
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && value >= largeNumber) return largeText(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return type.kind === 'list' ? `[${value.map((each) => encodeValue(type.of, each)).join(',')}]` : JSON.stringify(value);
  if (type.kind === 'map') return encodeMap(type.of, value);
  return type.kind === 'document' ? encodeFields(type.name, value as Record<string, unknown>) : JSON.stringify(value);
}

const largeNumber = 2 ** 53;
const maxInt64 = 2n ** 63n - 1n;

// 2^63-1 (a limit of "all") arrives as the double 2^63; clients read 64 bits.
function largeText(value: number): string {
  const exact = BigInt(value);
  return String(exact > maxInt64 && exact <= maxInt64 + 1n ? maxInt64 : exact);
}

function encodeFields(name: string, source: Record<string, unknown>): string {
  const { fields, names } = documentTable(name);
  let text = '';
  for (const field of fields) {
    const value = source[field.name];
    if (value !== undefined) text += `,${field.key}${encodeValue(field.type, value)}`;
  }
  for (const key of Object.keys(source)) {
    if (!names.has(key) && source[key] !== undefined) text += `,${JSON.stringify(key)}:${JSON.stringify(source[key])}`;
  }
  return `{${text.slice(1)}}`;
}

// Go prints maps in the order of their keys.
function encodeMap(of: FieldType, source: object): string {
  const entries = Object.entries(source).filter(([, value]) => value !== undefined);
  if (entries.length > 1) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${encodeValue(of, value)}`).join(',')}}`;
}
