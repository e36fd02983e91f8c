/** A moment as Docker writes it: whole seconds since the epoch and nanoseconds. */
export interface LogTime {
  readonly seconds: number;
  readonly nanos: number;
}

/** Bytes of a time with nine digits of the second: 2026-01-02T15:04:05.123456789Z. Such times sort as they are. */
const LENGTH = 30;
/** Bytes that `docker logs -t` puts before a line: the time and a space. */
export const STAMP: number = LENGTH + 1;

const SPACE = 0x20;
const QUOTE = 0x22;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_Z = 0x5a;
/** `0` where a digit has to stand, up to the second. */
const SHAPE: Buffer = Buffer.from('0000-00-00T00:00:00');
/** The last second that has four digits for its year. */
const LAST = 253_402_300_799;

/** What is asked about the times of lines, in the form in which it is compared; `time` holds that of the line looked at. */
export interface Limits {
  readonly since: Buffer | undefined;
  readonly until: Buffer | undefined;
  readonly shown: boolean;
  readonly time: Buffer;
}

/** Undefined when lines need not be asked for their times. */
export function limitsOf(options: { since?: LogTime; until?: LogTime; timestamps: boolean }): Limits | undefined {
  const { since, until, timestamps } = options;
  if (since === undefined && until === undefined && !timestamps) return undefined;
  const time = Buffer.alloc(STAMP, SPACE);
  return { since: since && stampOf(since), until: until && stampOf(until), shown: timestamps, time };
}

/** Splits nanoseconds since the epoch. */
export function timeOf(nanoseconds: bigint): LogTime {
  return { seconds: Number(nanoseconds / 1_000_000_000n), nanos: Number(nanoseconds % 1_000_000_000n) };
}

/** Times outside of the years 0 to 9999 become something before or after all others. */
function stampOf(time: LogTime): Buffer {
  if (time.seconds < -62_167_219_200) return Buffer.alloc(STAMP);
  if (time.seconds > LAST) return Buffer.alloc(STAMP, 0xff);
  return Buffer.from(`${new Date(time.seconds * 1000).toISOString().slice(0, 19)}.${String(time.nanos).padStart(9, '0')}Z `);
}

/**
 * Takes the time off the end of the line that has its newline at `end` (…"time":"2026-01-02T15:04:05.1Z"}) and writes it to `target`
 * with nine digits. False when there is none.
 */
export function readTime(input: Buffer, end: number, target: Buffer): boolean {
  const last = end - 3;
  if (input[last] !== LETTER_Z || input[last + 1] !== QUOTE) return false;
  let start = last;
  while (start > last - LENGTH && input[start - 1] !== QUOTE) start--;
  for (let at = 0; at < SHAPE.length; at++) {
    const byte = input[start + at]!;
    if (SHAPE[at] === ZERO ? byte < ZERO || byte > NINE : byte !== SHAPE[at]) return false;
    target[at] = byte;
  }
  let at = SHAPE.length;
  const digits = start + at + 1;
  if (digits <= last ? input[digits - 1] !== DOT || digits === last : digits - 1 !== last) return false;
  target[at++] = DOT;
  for (let from = digits; at < LENGTH - 1; from++) {
    const byte = from < last ? input[from]! : ZERO;
    if (byte < ZERO || byte > NINE) return false;
    target[at++] = byte;
  }
  target[at] = LETTER_Z;
  return true;
}
