/** Wall-clock time as nanoseconds since the epoch, with the resolution of the host's clock. */
export function nowNs(): bigint {
  return base + process.hrtime.bigint();
}

// The monotonic clock tied to the wall clock once; refreshed so that steps of the wall clock (NTP, suspend) are followed.
let base = measure();
setInterval(() => {
  const fresh = measure();
  const drift = fresh - base;
  if (drift > 2_000_000n || drift < -2_000_000n) base = fresh;
}, 10_000).unref();

function measure(): bigint {
  return BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
}

/** RFC 3339 with nanoseconds, trailing zeros left away, as Go's RFC3339Nano prints it: "2026-11-22T19:01:33.25Z". */
export function formatTime(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${date}Z` : `${date}.${fraction}Z`;
}

/** Go's zero time, which Docker prints for "never". */
export const zeroTime = '0001-01-01T00:00:00Z';

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** Parses RFC 3339 to nanoseconds since the epoch; undefined for anything else and for {@link zeroTime}. */
export function parseTime(text: string): bigint | undefined {
  if (text === zeroTime) return undefined;
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const millis = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(millis)) return undefined;
  return BigInt(millis) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}
