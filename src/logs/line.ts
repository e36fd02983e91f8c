import { parseTime } from '#base/clock.ts';

/**
 * One line of Docker's json-file format, as the shim writes it:
 *   {"log":"text\n","stream":"stdout","attrs":{…},"time":"2026-01-02T03:04:05.678901234Z"}
 * The common shape is taken apart by position, without parsing JSON; anything else goes through JSON.parse.
 */
export interface LogLine {
  readonly stderr: boolean;
  /** The bytes of the text. */
  readonly text: Buffer;
  /** RFC 3339 as written. */
  readonly time: string;
  readonly attrs: Readonly<Record<string, string>> | undefined;
}

const HEAD = Buffer.from('{"log":"');
const STREAM = Buffer.from('","stream":"std');
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const LETTER_N = 0x6e;
/** `out","time":"` behind STREAM; `err` is as long. */
const AFTER_STREAM = 3 + '","time":"'.length;

/** Decodes the line in [start, end) of `bytes` (without its newline); undefined when it is no log line. */
export function decodeLine(bytes: Buffer, start: number, end: number): LogLine | undefined {
  return decodeFast(bytes, start, end) ?? decodeSlow(bytes, start, end);
}

function decodeFast(bytes: Buffer, start: number, end: number): LogLine | undefined {
  const textStart = start + HEAD.length;
  // The time is 20 to 30 characters long; before it, `","stream":"stdXXX","time":"` has a fixed length.
  const timeEnd = end - 2;
  const timeStart = bytes.lastIndexOf(QUOTE, timeEnd - 1) + 1;
  const streamAt = timeStart - AFTER_STREAM - STREAM.length;
  if (streamAt < textStart || bytes[start] !== 0x7b || bytes[timeEnd] !== QUOTE) return undefined;
  if (bytes.compare(STREAM, 0, STREAM.length, streamAt, streamAt + STREAM.length) !== 0) return undefined;
  const stderr = bytes[streamAt + STREAM.length] === 0x65;
  const escape = bytes.indexOf(BACKSLASH, textStart);
  let text: Buffer;
  if (escape === streamAt - 2 && bytes[escape + 1] === LETTER_N) {
    text = Buffer.allocUnsafe(escape - textStart + 1);
    bytes.copy(text, 0, textStart, escape);
    text[escape - textStart] = 10;
  } else if (escape < 0 || escape >= streamAt) {
    text = bytes.subarray(textStart, streamAt);
  } else {
    try {
      text = Buffer.from(JSON.parse(bytes.toString('utf8', textStart - 1, streamAt + 1)) as string);
    } catch {
      return undefined;
    }
  }
  return { stderr, text, time: bytes.latin1Slice(timeStart, timeEnd), attrs: undefined };
}

function decodeSlow(bytes: Buffer, start: number, end: number): LogLine | undefined {
  try {
    const value = JSON.parse(bytes.toString('utf8', start, end)) as { log?: unknown; stream?: unknown; time?: unknown; attrs?: Record<string, string> } | null;
    if (typeof value?.log !== 'string' || typeof value.time !== 'string') return undefined;
    return { stderr: value.stream === 'stderr', text: Buffer.from(value.log), time: value.time, attrs: value.attrs };
  } catch {
    return undefined;
  }
}

export interface LineFormat {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly since?: bigint;
  readonly until?: bigint;
  readonly timestamps: boolean;
  readonly details: boolean;
  /** With Docker's 8-byte header before each line (false: terminals). */
  readonly mux: boolean;
}

/** Formats a line for the wire. undefined: filtered out; 'end': later than `until`, and so is all that follows. */
export function formatLine(line: LogLine, format: LineFormat): readonly Buffer[] | undefined | 'end' {
  if (format.since !== undefined || format.until !== undefined) {
    const time = parseTime(line.time) ?? 0n;
    if (format.until !== undefined && time > format.until) return 'end';
    if (format.since !== undefined && time < format.since) return undefined;
  }
  if (line.stderr ? !format.stderr : !format.stdout) return undefined;
  const prefix = `${format.timestamps ? `${fixedTime(line.time)} ` : ''}${format.details ? `${details(line.attrs)} ` : ''}`;
  const head = prefix === '' ? undefined : Buffer.from(prefix);
  if (!format.mux) return head === undefined ? [line.text] : [head, line.text];
  const frame = Buffer.allocUnsafe(8);
  frame.writeUInt32LE(line.stderr ? 2 : 1, 0);
  frame.writeUInt32BE((head?.length ?? 0) + line.text.length, 4);
  return head === undefined ? [frame, line.text] : [frame, head, line.text];
}

/** Nine digits of fraction, as Docker prints --timestamps. */
function fixedTime(time: string): string {
  const match = /^(.{19})(?:\.(\d+))?Z$/.exec(time);
  return match === null ? time : `${match[1]}.${(match[2] ?? '').padEnd(9, '0')}Z`;
}

function details(attrs: LogLine['attrs']): string {
  const escape = (text: string): string => encodeURIComponent(text).replace(/%20/g, '+');
  return Object.entries(attrs ?? {}).map(([key, value]) => `${escape(key)}=${escape(String(value))}`).sort().join(',');
}

