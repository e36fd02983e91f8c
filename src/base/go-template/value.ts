/**
 * The values that templates work on. JSON values stand for Go's: a number is an int, {@link GoFloat} a float64, null is nil,
 * arrays are slices, plain objects are maps, {@link GoStruct} has named fields and methods.
 */

export class GoFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A struct or a row of a list: fields by name, in order. */
export class GoStruct {
  /** As Go prints it in errors: "*formatter.ContainerContext". */
  readonly typeName: string;
  readonly #get: (name: string) => unknown;
  readonly names: readonly string[];
  /** The struct's own way to JSON, if it has one. */
  readonly json: (() => string) | undefined;

  constructor(typeName: string, names: readonly string[], get: (name: string) => unknown, json?: () => string) {
    this.typeName = typeName;
    this.names = names;
    this.#get = get;
    this.json = json;
  }

  /** A value, or a function for methods that take arguments. Undefined when there is no such field. */
  field(name: string): unknown {
    return this.names.includes(name) ? this.#get(name) : undefined;
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof GoFloat) && !(value instanceof GoStruct);
}

/** Go's idea of truth: zero values and empty things are false. */
export function truth(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (value instanceof GoFloat) return value.value !== 0;
  if (value instanceof GoStruct) return true;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}

/** fmt's %v. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return '<nil>';
  if (value instanceof GoFloat) return showFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`;
  if (value instanceof GoStruct) return `{${value.names.map((name) => show(value.field(name))).join(' ')}}`;
  if (typeof value === 'object') {
    const map = value as Record<string, unknown>;
    return `map[${Object.keys(map).sort().map((key) => `${key}:${show(map[key])}`).join(' ')}]`;
  }
  return String(value);
}

/** strconv's 'g' with the shortest digits, as %v prints floats. */
export function showFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
  if (exponent >= -4 && exponent < 21) return exponent > 20 || exponent < -6 ? value.toFixed() : String(value);
  const [mantissa, power] = value.toExponential().split('e') as [string, string];
  return `${mantissa}e${power.startsWith('-') ? '-' : '+'}${power.replace(/^[+-]/, '').padStart(2, '0')}`;
}

/** The name of a value's Go type, for errors and %T. */
export function typeName(value: unknown): string {
  if (value === undefined || value === null) return '<nil>';
  if (value instanceof GoFloat) return 'float64';
  if (value instanceof GoStruct) return value.typeName;
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  return { string: 'string', boolean: 'bool', number: 'int', bigint: 'int64' }[typeof value as 'string'] ?? 'func';
}

/** encoding/json without HTML escapes; keys of maps sorted, those of structs in order. */
export function goJson(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (value instanceof GoFloat) return showFloat(value.value);
  if (typeof value === 'string') return jsonString(value);
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (value instanceof GoStruct && value.json !== undefined) return value.json();
  if (value instanceof GoStruct) return `{${[...value.names].map((name) => `${jsonString(name)}:${goJson(value.field(name))}`).join(',')}}`;
  if (typeof value === 'object') {
    const map = value as Record<string, unknown>;
    return `{${Object.keys(map).map((key) => `${jsonString(key)}:${goJson(map[key])}`).join(',')}}`;
  }
  return String(value);
}

function jsonString(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}


/** JSON text with <, > and & written as escapes, as Go's encoder does for types that encode themselves. */
export function escapeHtmlInJson(json: string): string {
  return json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
