/**
 * json-file lines to client bytes, in one pass over the file's bytes.
 *
 *   {"log":"text\n","stream":"stdout"[,"attrs":{…}],"time":"2026-01-02T15:04:05.123456789Z"}\n
 *
 * The log text is the first field and its quotes are escaped, so the first unescaped quote ends it and no JSON parser is
 * needed for it: `docker logs` of a chatty container is bound by this loop.
 */

/** A moment as Docker writes it: whole seconds since the epoch and nanoseconds. */
export interface LogTime {
  readonly seconds: number;
  readonly nanos: number;
}

export interface DecodeOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly since?: LogTime;
  readonly until?: LogTime;
  readonly timestamps: boolean;
  readonly details: boolean;
  /** Docker's 8-byte frame before every line; false for terminals. */
  readonly mux: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const PREFIX = Buffer.from('{"log":"');
const HEADER = 8;

/** Grows as needed and hands out what was written. */
class Output {
  #buffer: Buffer;
  length = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  get buffer(): Buffer {
    return this.#buffer;
  }

  reserve(bytes: number): Buffer {
    if (this.length + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + bytes));
      this.#buffer.copy(larger, 0, 0, this.length);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

export interface Decoded {
  readonly bytes: Buffer;
  /** How much of the input was used: always up to the end of a line. */
  readonly consumed: number;
  /** A line at or after `until` was seen: nothing later can match. */
  readonly past: boolean;
}

/**
 * Converts all complete lines of `input`. A line that is not a log line (a torn write of a crashed machine) is skipped.
 * Peak memory is about twice the input.
 */
export function decodeLines(input: Buffer, options: DecodeOptions): Decoded {
  const output = new Output(input.length + 64);
  const needTime = options.timestamps || options.since !== undefined || options.until !== undefined;
  let position = 0;
  for (;;) {
    const end = input.indexOf(NEWLINE, position);
    if (end < 0) break;
    const start = position;
    position = end + 1;
    if (!hasPrefix(input, start, end)) continue;
    const past = decodeLine(input, start + PREFIX.length, end, output, options, needTime);
    if (past) return { bytes: output.buffer.subarray(0, output.length), consumed: position, past: true };
  }
  return { bytes: output.buffer.subarray(0, output.length), consumed: position, past: false };
}

function hasPrefix(input: Buffer, start: number, end: number): boolean {
  if (end - start < PREFIX.length) return false;
  for (let at = 0; at < PREFIX.length; at++) if (input[start + at] !== PREFIX[at]) return false;
  return true;
}

/** Appends one line; true when it is at or after `until`. */
function decodeLine(input: Buffer, textStart: number, end: number, output: Output, options: DecodeOptions, needTime: boolean): boolean {
  const lineStart = output.length;
  let prefix = '';
  // The tail after the text decides whether the line is wanted, but its place is known only after the text: write first.
  const room = HEADER + (end - textStart);
  const target = output.reserve(room);
  const bodyStart = lineStart + (options.mux ? HEADER : 0);
  const text = unescape(input, textStart, end, target, bodyStart);
  if (text === undefined) return false;
  const tail = text.next; // at `,"stream":"std…`
  const stream = input[tail + 14] === 0x65 ? 2 : 1; // ,"stream":"std[e]rr
  if (stream === 1 ? !options.stdout : !options.stderr) return false;
  if (needTime || options.details) {
    const rest = parseTail(input, tail, end);
    if (rest === undefined) return false;
    if (options.since !== undefined && before(rest.time, options.since)) return false;
    if (options.until !== undefined && !before(rest.time, options.until) && !same(rest.time, options.until)) return true;
    prefix = (options.timestamps ? `${formatTime(rest.time)} ` : '') + (options.details ? `${formatAttributes(rest.attrs)} ` : '');
  }
  output.length = text.written;
  if (prefix !== '') insertPrefix(output, bodyStart, prefix);
  if (options.mux) writeHeader(output.buffer, lineStart, stream, output.length - bodyStart);
  return false;
}

function insertPrefix(output: Output, at: number, prefix: string): void {
  const size = Buffer.byteLength(prefix);
  const buffer = output.reserve(size);
  buffer.copyWithin(at + size, at, output.length);
  buffer.write(prefix, at);
  output.length += size;
}

function writeHeader(buffer: Buffer, at: number, stream: number, size: number): void {
  buffer.writeUInt32BE(stream << 24, at);
  buffer.writeUInt32BE(size, at + 4);
}

/**
 * Copies JSON string content from `from` up to its closing quote. Undefined when it does not close before `end`. Runs without
 * escapes are found and copied natively: a line is mostly one such run and the `\\n` at its end.
 */
function unescape(input: Buffer, from: number, end: number, target: Buffer, to: number): { next: number; written: number } | undefined {
  let read = from;
  let write = to;
  let quote = input.indexOf(QUOTE, read);
  for (;;) {
    if (quote < 0 || quote >= end) return undefined;
    let slash = input[read] === BACKSLASH ? read : input.indexOf(BACKSLASH, read);
    if (slash < 0 || slash > quote) slash = quote;
    if (slash - read < SHORT) while (read < slash) target[write++] = input[read++]!;
    else {
      target.set(input.subarray(read, slash), write);
      write += slash - read;
      read = slash;
    }
    if (slash === quote) return { next: quote + 1, written: write };
    const escape = input[read + 1]!;
    if (escape === 0x75) {
      const code = readUnicode(input, read);
      write += target.write(code.text, write);
      read += code.length;
    } else {
      target[write++] = SIMPLE[escape] ?? escape;
      read += 2;
    }
    if (quote < read) quote = input.indexOf(QUOTE, read);
  }
}

/** Below so many bytes a loop is cheaper than a native copy. */
const SHORT = 24;

/** JSON's one-letter escapes by their second byte. */
const SIMPLE: Readonly<Record<number, number>> = { 0x6e: 0x0a, 0x74: 0x09, 0x72: 0x0d, 0x62: 0x08, 0x66: 0x0c };

/** `\uXXXX`, or a surrogate pair of two; the encoded text is never longer than its escape. */
function readUnicode(input: Buffer, at: number): { text: string; length: number } {
  const first = Number.parseInt(input.toString('latin1', at + 2, at + 6), 16);
  const paired = first >= 0xd800 && first < 0xdc00 && input[at + 6] === BACKSLASH && input[at + 7] === 0x75;
  if (!paired) return { text: String.fromCharCode(first || 0), length: 6 };
  const second = Number.parseInt(input.toString('latin1', at + 8, at + 12), 16);
  return { text: String.fromCharCode(first, second || 0), length: 12 };
}

function parseTail(input: Buffer, tail: number, end: number): { time: LogTime; attrs: Record<string, string> } | undefined {
  try {
    const fields = JSON.parse(`{${input.toString('utf8', tail + 1, end)}`) as { time?: unknown; attrs?: unknown };
    const time = parseTime(String(fields.time));
    if (time === undefined) return undefined;
    const attrs = typeof fields.attrs === 'object' && fields.attrs !== null ? (fields.attrs as Record<string, string>) : {};
    return { time, attrs };
  } catch {
    return undefined; // a torn line: the caller skips it
  }
}

/** Parses RFC 3339 with up to nine fractional digits in UTC, as the log holds it. */
export function parseTime(text: string): LogTime | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}Z`);
  if (Number.isNaN(milliseconds)) return undefined;
  return { seconds: milliseconds / 1000, nanos: Number((match[2] ?? '').padEnd(9, '0')) };
}

/** RFC 3339 with exactly nine fractional digits, as `docker logs -t` prints. */
export function formatTime(time: LogTime): string {
  return `${new Date(time.seconds * 1000).toISOString().slice(0, 19)}.${String(time.nanos).padStart(9, '0')}Z`;
}

/** Splits nanoseconds since the epoch. */
export function timeOf(nanoseconds: bigint): LogTime {
  return { seconds: Number(nanoseconds / 1_000_000_000n), nanos: Number(nanoseconds % 1_000_000_000n) };
}

function formatAttributes(attrs: Record<string, string>): string {
  const names = Object.keys(attrs).toSorted();
  return names.map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(String(attrs[name]))}`).join(',');
}

function before(a: LogTime, b: LogTime): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}

function same(a: LogTime, b: LogTime): boolean {
  return a.seconds === b.seconds && a.nanos === b.nanos;
}
