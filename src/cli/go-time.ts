import { quote } from '#base/go-quote.ts';

export { timestampParameter } from '#base/timestamp.ts';

/** Go's durations and the time formats that Docker's client prints. */

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n, us: 1_000n, 'µs': 1_000n, 'μs': 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n,
};

/** Go's time.ParseDuration: "1h30m", "1.5s", "-2ms" → nanoseconds. Throws with Go's texts. */
export function parseDuration(text: string): bigint {
  const invalid = (): Error => new Error(`time: invalid duration ${quote(text)}`);
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0n;
  if (rest === '') throw invalid();
  let total = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest) as RegExpExecArray;
    const whole = number[1] ?? '';
    const fraction = number[2] ?? '';
    if (whole === '' && fraction === '') throw invalid();
    rest = rest.slice(number[0].length);
    const unit = (/^[^\d.]*/.exec(rest) as RegExpExecArray)[0];
    if (unit === '') throw new Error(`time: missing unit in duration ${quote(text)}`);
    const scale = unitNanos[unit];
    if (scale === undefined) throw new Error(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    rest = rest.slice(unit.length);
    total += BigInt(whole === '' ? 0 : whole) * scale;
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    if (total > 1n << 63n) throw invalid();
  }
  return text.startsWith('-') ? -total : total;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const two = (value: number): string => String(value).padStart(2, '0');

function offset(date: Date): { minutes: number; sign: string; hh: string; mm: string } {
  const minutes = -date.getTimezoneOffset();
  const magnitude = Math.abs(minutes);
  return { minutes, sign: minutes < 0 ? '-' : '+', hh: two(Math.floor(magnitude / 60)), mm: two(magnitude % 60) };
}

function zoneName(date: Date): string {
  const zone = offset(date);
  if (zone.minutes === 0) return 'UTC';
  const text = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date).find((part) => part.type === 'timeZoneName')?.value ?? '';
  return /^[A-Z]{2,5}$/.test(text) ? text : `${zone.sign}${zone.hh}${zone.mm === '00' ? '' : zone.mm}`;
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Go's time.Time.String() in local time: "2006-01-02 15:04:05 +0000 UTC". */
export function timeString(ms: number): string {
  const date = new Date(ms);
  const zone = offset(date);
  return `${localDate(date)} ${clock(date)} ${zone.sign}${zone.hh}${zone.mm} ${zoneName(date)}`;
}

/** Go's time.RFC3339 in local time: "2006-01-02T15:04:05Z". */
export function rfc3339(ms: number): string {
  const date = new Date(ms);
  return `${localDate(date)}T${clock(date)}${zoneSuffix(date)}`;
}

/** Docker's RFC3339NanoFixed in local time of nanoseconds since the epoch. */
export function rfc3339NanoFixed(nanos: bigint): string {
  const date = new Date(Number(nanos / 1_000_000n));
  return `${localDate(date)}T${clock(date)}.${String(nanos % 1_000_000_000n).padStart(9, '0')}${zoneSuffix(date)}`;
}

/** Go's time.ANSIC of a UTC time, as `docker version` prints build times. */
export function ansic(ms: number): string {
  const date = new Date(ms);
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${time} ${date.getUTCFullYear()}`;
}

function localDate(date: Date): string {
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function zoneSuffix(date: Date): string {
  const zone = offset(date);
  return zone.minutes === 0 ? 'Z' : `${zone.sign}${zone.hh}:${zone.mm}`;
}
