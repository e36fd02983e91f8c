import { quote } from '#base/go-quote.ts';
import { type FlagType, parseBool } from './flags.ts';
import { parseDuration } from './go-time.ts';
import { ramInBytes } from './units.ts';

/** The kinds of flags that Docker's client knows beyond the ones particular to one command. */

export const BOOL: FlagType<boolean> = { label: '', bare: 'true', initial: false, parse: (raw) => parseBool(raw) };
export const STRING: FlagType<string> = { label: 'string', initial: '', parse: (raw) => raw };
/** Every occurrence adds one element. */
export const LIST: FlagType<string[]> = listOf((raw) => raw);
/** Every occurrence adds comma-separated elements. */
export const STRINGS: FlagType<string[]> = { label: 'strings', initial: [], parse: (raw, old) => [...old, ...raw.split(',')] };
export const INT: FlagType<number> = { label: 'int', initial: 0, parse: (raw) => goInt(raw) };
export const UINT: FlagType<number> = { label: 'uint', initial: 0, parse: (raw) => goUint(raw, 64) };
export const UINT16: FlagType<number> = { label: 'uint16', initial: 0, parse: (raw) => goUint(raw, 16) };
/** Nanoseconds. */
export const DURATION: FlagType<bigint> = { label: 'duration', initial: 0n, parse: (raw) => parseDuration(raw) };
/** A size with a binary suffix ("64m"). */
export const BYTES: FlagType<number> = { label: 'bytes', initial: 0, parse: (raw) => ramInBytes(raw) };
/** As {@link BYTES}, and -1 for no limit. */
export const SWAP_BYTES: FlagType<number> = { label: 'bytes', initial: 0, parse: (raw) => (raw === '-1' ? -1 : ramInBytes(raw)) };
/** key=value pairs; a key alone has the empty value. */
export const MAP: FlagType<Record<string, string>> = {
  label: 'map',
  initial: {},
  parse: (raw, old) => {
    const [key, value] = cut(raw, '=');
    return { ...old, [key]: value ?? '' };
  },
};
/** Filters by name, values in order without repeats. */
export const FILTER: FlagType<Record<string, string[]>> = { label: 'filter', initial: {}, parse: parseFilter };
/** CPUs as a decimal number or fraction; the value is in billionths. */
export const NANO_CPUS: FlagType<number> = { label: 'decimal', initial: 0, parse: (raw) => parseCpus(raw) };

/** A list whose elements are checked, and changed, by `check`. */
export function listOf(check: (raw: string) => string, label = 'list'): FlagType<string[]> {
  return { label, initial: [], parse: (raw, old) => [...old, check(raw)] };
}

/** The text before and after the first `separator`; the second is undefined when there is none. */
export function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function parseFilter(raw: string, old: Record<string, string[]>): Record<string, string[]> {
  if (raw === '') return old;
  const [key, value] = cut(raw, '=');
  if (value === undefined) throw new Error('bad format of filter (expected name=value)');
  const name = key.trim().toLowerCase();
  const values = old[name] ?? [];
  const text = value.trim();
  return { ...old, [name]: values.includes(text) ? values : [...values, text] };
}

/** Go's strconv.ParseInt with base 0, in the range of JavaScript's safe integers and int64. */
export function goInt(raw: string): number {
  const value = goBig(raw, 'ParseInt');
  if (value > 0x7fffffffffffffffn || value < -0x8000000000000000n) throw syntaxError('ParseInt', raw, 'value out of range');
  return Number(value);
}

function goUint(raw: string, bits: number): number {
  if (/^[+-]/.test(raw)) throw syntaxError('ParseUint', raw, 'invalid syntax');
  const value = goBig(raw, 'ParseUint');
  if (value >= 1n << BigInt(bits)) throw syntaxError('ParseUint', raw, 'value out of range');
  return Number(value);
}

function goBig(raw: string, where: string): bigint {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)$/.exec(raw);
  if (match === null || /__|_$|^[+-]?_/.test(raw)) throw syntaxError(where, raw, 'invalid syntax');
  const digits = (match[2] as string).replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
  const magnitude = BigInt(digits);
  return match[1] === '-' ? -magnitude : magnitude;
}

function syntaxError(where: string, raw: string, reason: string): Error {
  return new Error(`strconv.${where}: parsing ${quote(raw)}: ${reason}`);
}

function parseCpus(raw: string): number {
  const match = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?(?:\/(\d+))?$/.exec(raw);
  if (match === null || (match[6] !== undefined && /[.eE]/.test(raw))) throw new Error(`failed to parse ${raw} as a rational number`);
  const fraction = match[3] ?? match[4] ?? '';
  const exponent = Number(match[5] ?? 0) - fraction.length + 9;
  if (Math.abs(exponent) > 400) throw new Error(`failed to parse ${raw} as a rational number`);
  let top = BigInt((match[2] ?? '') + fraction);
  let bottom = match[6] === undefined ? 1n : BigInt(match[6]);
  if (bottom === 0n) throw new Error(`failed to parse ${raw} as a rational number`);
  if (exponent >= 0) top *= 10n ** BigInt(exponent);
  else bottom *= 10n ** BigInt(-exponent);
  if (top % bottom !== 0n) throw new Error('value is too precise');
  return Number(match[1] === '-' ? -(top / bottom) : top / bottom);
}
