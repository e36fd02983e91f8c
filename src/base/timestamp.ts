import { parseGoDuration } from './go-duration.ts';

const quote = JSON.stringify;

/**
 * What `--since` and `--until` take, and filters of time, as Docker's client sends it to the daemon ("seconds.nanoseconds"):
 * a duration before now, an RFC 3339 time or a part of one (in local time unless it has a zone), or seconds since the epoch.
 */
export function timestampParameter(value: string, now: number): string {
  if (value === '') return '';
  if (value !== '0') {
    const duration = parseGoDuration(value);
    if (duration !== undefined) return String((BigInt(now) * 1_000_000n - duration) / 1_000_000_000n);
  }
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(Z|z|[+-]\d\d:\d\d)?$/.exec(value);
  if (match !== null) {
    const iso = `${match[1]}T${match[2] ?? '00'}:${match[3] ?? '00'}:${match[4] ?? '00'}${match[6]?.toUpperCase() ?? ''}`;
    const ms = Date.parse(iso);
    if (Number.isNaN(ms)) throw new Error(`parsing time ${quote(value)}: ${Number(match[1]?.slice(5, 7)) > 12 ? 'month' : 'day'} out of range`);
    return `${Math.floor(ms / 1000)}.${(match[5] ?? '').padEnd(9, '0')}`;
  }
  if (value.includes('-')) throw new Error(`parsing time ${quote(value)} as "2006-01-02": cannot parse ${quote(value)} as "2006"`);
  if (!/^[+]?\d+(\.\d+)?$/.test(value)) throw new Error(`failed to parse value as time or duration: ${quote(value)}`);
  return value;
}
