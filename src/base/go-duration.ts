const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MAX = (1n << 63n) - 1n;

/** Nanoseconds of a duration in Go's notation (`1m30s`, `1.5h`, `-2ms`, `0`); undefined for anything else. Go: time.ParseDuration. */
export function parseGoDuration(text: string): bigint | undefined {
  const match = /^([+-]?)((?:[0-9]*\.?[0-9]*(?:ns|us|µs|μs|ms|s|m|h))+|0)$/u.exec(text);
  if (match === null) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] ?? '').matchAll(/([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/gu)) {
    const scale = UNITS[unit];
    if (scale === undefined || (whole === '' && fraction === '')) return undefined;
    const digits = fraction.slice(0, 18);
    total += BigInt(whole || '0') * scale + (BigInt(digits || '0') * scale) / 10n ** BigInt(digits.length);
    if (total > MAX) return undefined;
  }
  return match[1] === '-' ? -total : total;
}
