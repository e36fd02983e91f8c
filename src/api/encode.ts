import { type FieldType, documentTable } from './tables.ts';

/** JSON as dockerd writes it: the document's fields in Go's order, one line with a newline at its end. Fields unknown to the table go last. */
export function encodeDocument(name: string, value: unknown): string {
  return `${JSON.stringify(ordered({ kind: 'document', name }, value))}\n`;
}

/** The same for a list of documents. */
export function encodeList(name: string, values: readonly unknown[]): string {
  return `${JSON.stringify(values.map((value) => ordered({ kind: 'document', name }, value)))}\n`;
}

/** One line of a progress stream. */
export function encodeLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

function ordered(type: FieldType, value: unknown): unknown {
  // Nanoseconds since the epoch don't fit a double: they travel as bigint inside and are written digit by digit.
  if (typeof value === 'bigint') return rawJson(value.toString());
  if (value === null || typeof value !== 'object') return value;
  if (type.kind === 'list') return Array.isArray(value) ? value.map((each) => ordered(type.of, each)) : value;
  if (type.kind === 'map') return Object.fromEntries(sortedEntries(value).map(([key, each]) => [key, ordered(type.of, each)]));
  if (type.kind === 'scalar' || Array.isArray(value)) return value;
  const table = documentTable(type.name);
  const source = value as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const field of table.fields) {
    if (source[field.name] !== undefined) result[field.name] = ordered(field.type, source[field.name]);
  }
  for (const [key, each] of Object.entries(source)) if (!(key in result)) result[key] = each;
  return result;
}

// Go prints maps in the order of their keys.
function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
