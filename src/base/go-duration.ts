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

/** As Go prints a time.Duration: `1m30s`, `1.5s`, `300ms`, `0s`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatGoDuration(-nanoseconds)}`;
  if (nanoseconds === 0n) return '0s';
  for (const [unit, scale] of [['ns', 1n], ['µs', 1_000n], ['ms', 1_000_000n]] as const) {
    if (nanoseconds < scale * 1000n) return `${decimal(nanoseconds, scale)}${unit}`;
  }
  const minutes = nanoseconds / 60_000_000_000n;
  const seconds = `${decimal(nanoseconds % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, scale: bigint): string {
  const fraction = (value % scale).toString().padStart(scale.toString().length - 1, '0').replace(/0+$/, '');
  return fraction === '' || scale === 1n ? String(value / scale) : `${value / scale}.${fraction}`;
}
