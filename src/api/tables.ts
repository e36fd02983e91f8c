import { containerTables } from './schema-container.ts';
import { hostTables } from './schema-host.ts';
import { imageTables } from './schema-image.ts';
import { networkTables } from './schema-network.ts';
import { statsTables } from './schema-stats.ts';
import { systemTables } from './schema-system.ts';

/** A field's type, parsed from the notation of `schema.ts`. */
export type FieldType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'list'; readonly of: FieldType }
  | { readonly kind: 'map'; readonly of: FieldType }
  | { readonly kind: 'document'; readonly name: string };

export interface Field {
  readonly name: string;
  /** The name as it begins a member in JSON: `"Name":`. */
  readonly key: string;
  readonly type: FieldType;
  readonly optional: boolean;
  readonly nullable: boolean;
}

/** A document with its embedded ones unfolded. Fields are in the order in which dockerd prints them. */
export interface DocumentTable {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly names: ReadonlySet<string>;
  /** By name in lower case: Go's JSON decoder takes names in any case. */
  readonly byName: ReadonlyMap<string, Field>;
}

const source: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...containerTables, ...hostTables, ...imageTables, ...networkTables, ...statsTables, ...systemTables,
};
const scalars: ReadonlySet<string> = new Set([
  'string', 'bool', 'int', 'int32', 'int64', 'nanos', 'uint', 'uint16', 'uint32', 'uint64', 'any', 'StrSlice', 'Empty',
]);
const parsed = new Map<string, DocumentTable>();

/** All documents' names. */
export function documentNames(): readonly string[] {
  return Object.keys(source).filter((name) => !scalars.has(name));
}

/** The table of a document; parsed at its first use. Throws for a name that no table has (a mistake in the tables). */
export function documentTable(name: string): DocumentTable {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const fields = fieldsOf(name);
  const table: DocumentTable = {
    name, fields, names: new Set(fields.map((field) => field.name)), byName: new Map(fields.map((field) => [field.name.toLowerCase(), field])),
  };
  parsed.set(name, table);
  return table;
}

function fieldsOf(name: string): Field[] {
  const entries = source[name];
  if (entries === undefined) throw new TypeError(`the API tables have no document ${name}`);
  return Object.entries(entries).flatMap(([field, text]) => (field === '...' ? fieldsOf(text) : [parseField(field, text)]));
}

function parseField(name: string, text: string): Field {
  const optional = text.endsWith('?');
  const bare = optional ? text.slice(0, -1) : text;
  const nullable = bare.endsWith('|null');
  return { name, key: `${JSON.stringify(name)}:`, optional, nullable, type: parseType(bare) };
}

function parseType(text: string): FieldType {
  if (text.endsWith('|null')) return parseType(text.slice(0, -'|null'.length));
  if (text.startsWith('map<') && text.endsWith('>')) return { kind: 'map', of: parseType(text.slice(4, -1)) };
  if (text.endsWith('[]')) return { kind: 'list', of: parseType(text.slice(0, -2)) };
  return scalars.has(text) ? { kind: 'scalar', name: text } : { kind: 'document', name: text };
}
