import { quote } from '../go-quote.ts';
import { GoFloat, show, showFloat, typeName } from './value.ts';

/** Go's fmt.Sprintf for the values that templates have. */

interface Spec {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

export function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  const out = format.replace(/%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d*))?(.|$)/gsu, (_, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
    if (verb === '') return '%!(NOVERB)';
    if (verb === '%') return '%';
    const take = (star: string | undefined): number | undefined => (star === undefined ? undefined : star === '*' ? Number(values[next++]) : Number(star));
    let wide = take(width);
    const exact = take(precision);
    let given = flags;
    if (wide !== undefined && wide < 0) {
      wide = -wide;
      given += '-';
    }
    if (next >= values.length) return `%!${verb}(MISSING)`;
    return formatOne({ flags: given, width: wide === undefined ? undefined : Math.min(wide, 1_000_000), precision: exact, verb }, values[next++]);
  });
  if (next >= values.length) return out;
  const extra = values.slice(next).map((value) => (value === null || value === undefined ? '<nil>' : `${typeName(value)}=${show(value)}`));
  return `${out}%!(EXTRA ${extra.join(', ')})`;
}

function formatOne(spec: Spec, value: unknown): string {
  if (spec.verb === 'T') return pad(typeName(value), spec);
  if (spec.verb === 'v') return spec.flags.includes('#') && typeof value === 'string' ? pad(quote(value), spec) : plain(spec, value);
  if (Array.isArray(value) && 'sdqxXtfeg'.includes(spec.verb)) return `[${value.map((item) => formatOne(spec, item)).join(' ')}]`;
  if (typeof value === 'string') return formatText(spec, value);
  if (typeof value === 'number' || typeof value === 'bigint') return formatInt(spec, BigInt(value));
  if (value instanceof GoFloat) return formatFloat(spec, value.value);
  if (typeof value === 'boolean' && spec.verb === 't') return pad(String(value), spec);
  return bad(spec, value);
}

function plain(spec: Spec, value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return formatInt({ ...spec, verb: 'd' }, BigInt(value));
  if (value instanceof GoFloat) return formatFloat({ ...spec, verb: 'g' }, value.value);
  if (typeof value === 'string') return formatText({ ...spec, verb: 's' }, value);
  return pad(show(value), spec);
}

function bad(spec: Spec, value: unknown): string {
  if (value === undefined || value === null) return `%!${spec.verb}(<nil>)`;
  return `%!${spec.verb}(${typeName(value)}=${show(value)})`;
}

function pad(text: string, spec: Spec, zero = false): string {
  const missing = (spec.width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (spec.flags.includes('-')) return text + ' '.repeat(missing);
  if (!zero || !spec.flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function formatText(spec: Spec, value: string): string {
  const cut = spec.precision === undefined ? value : [...value].slice(0, spec.precision).join('');
  if (spec.verb === 's') return pad(cut, spec);
  if (spec.verb === 'q') return pad(quote(cut), spec);
  if (spec.verb === 'x') return pad(Buffer.from(value).toString('hex'), spec);
  if (spec.verb === 'X') return pad(Buffer.from(value).toString('hex').toUpperCase(), spec);
  return bad(spec, value);
}

function formatInt(spec: Spec, value: bigint): string {
  const sign = value < 0n ? '-' : spec.flags.includes('+') ? '+' : spec.flags.includes(' ') ? ' ' : '';
  const magnitude = value < 0n ? -value : value;
  const digits = (radix: number): string => magnitude.toString(radix).padStart(spec.precision ?? 0, '0');
  const sharp = (prefix: string): string => (spec.flags.includes('#') ? prefix : '');
  switch (spec.verb) {
    case 'd': return pad(sign + digits(10), spec, spec.precision === undefined);
    case 'b': return pad(sign + sharp('0b') + digits(2), spec, true);
    case 'o': return pad(sign + sharp('0') + digits(8), spec, true);
    case 'O': return pad(`${sign}0o${digits(8)}`, spec, true);
    case 'x': return pad(sign + sharp('0x') + digits(16), spec, true);
    case 'X': return pad(sign + sharp('0X') + digits(16).toUpperCase(), spec, true);
    case 'c': return pad(String.fromCodePoint(Number(magnitude % 0x110000n)), spec);
    case 'q': return pad(`'${String.fromCodePoint(Number(magnitude % 0x110000n))}'`, spec);
    case 'U': return pad(`U+${magnitude.toString(16).toUpperCase().padStart(4, '0')}`, spec);
    default: return bad(spec, typeof value === 'bigint' ? Number(value) : value);
  }
}

function formatFloat(spec: Spec, value: number): string {
  const sign = value >= 0 && spec.flags.includes('+') ? '+' : '';
  switch (spec.verb) {
    case 'f': case 'F': return pad(sign + value.toFixed(Math.min(spec.precision ?? 6, 100)), spec, true);
    case 'e': return pad(sign + value.toExponential(Math.min(spec.precision ?? 6, 100)).replace(/e([+-])(\d)$/, 'e$10$2'), spec, true);
    case 'g': return pad(sign + (spec.precision === undefined ? showFloat(value) : showFloat(Number(value.toPrecision(Math.max(1, Math.min(spec.precision, 100)))))), spec, true);
    default: return bad(spec, new GoFloat(value));
  }
}
