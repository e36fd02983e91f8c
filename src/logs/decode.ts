/**
 * json-file lines to client bytes, in one pass over the file's bytes.
 *
 *   {"log":"text\n","stream":"stdout"[,"attrs":{…}],"time":"2026-01-02T15:04:05.123456789Z"}\n
 *
 * The log text is the first field and its quotes are escaped, so the first unescaped quote ends it; the time is the last field. No
 * JSON parser is needed for either: `docker logs` of a chatty container is bound by this loop.
 */
import { Frames } from './frames.ts';
import { readText, type Text } from './log-text.ts';
import { limitsOf, readTime, STAMP, type Limits, type LogTime } from './log-time.ts';

export interface DecodeOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly since?: LogTime;
  readonly until?: LogTime;
  readonly timestamps: boolean;
  readonly details: boolean;
  /**
   * Docker's 8-byte frames: `lines` one for every line, as programs that read frames as lines expect; `joined` one for as many lines
   * of a stream as follow one another; `none` for terminals.
   */
  readonly frames: 'none' | 'lines' | 'joined';
}

export interface Decoded {
  readonly bytes: Buffer;
  /** How much of the input was used: always up to the end of a line. */
  readonly consumed: number;
  /** A line after `until` was seen: nothing later can match. */
  readonly past: boolean;
}

const NEWLINE = 0x0a;
const COMMA = 0x2c;
/** From the closing quote of the text to the letter that tells stderr from stdout: `,"stream":"std`. */
const STREAM_LETTER = 14;
const LETTER_E = 0x65;

/**
 * Converts all complete lines of `input`. A line that is not a log line (a torn write of a crashed machine) is skipped.
 * Peak memory is about twice the input. The result lies in `frames` and lasts until these are used again.
 */
export function decodeLines(input: Buffer, options: DecodeOptions, frames: Frames = new Frames(options.frames)): Decoded {
  frames.begin(input.length);
  const limits = limitsOf(options);
  const text: Text = { tail: 0, written: 0, end: 0 };
  const stamp = options.timestamps ? STAMP : 0;
  let consumed = 0;
  while (nextLine(input, consumed, frames, stamp, text)) {
    consumed = text.end + 1;
    if (text.tail === 0) continue;
    const stream = input[text.tail + STREAM_LETTER] === LETTER_E ? 2 : 1;
    if (stream === 1 ? !options.stdout : !options.stderr) continue;
    if (limits !== undefined) {
      const verdict = judge(input, text.end, limits, frames.bytes, frames.body);
      if (verdict === 'past') return { bytes: frames.take(), consumed, past: true };
      if (verdict === 'skip') continue;
    }
    const details = options.details ? detailsOf(input, text.tail, text.end) : '';
    if (details === undefined) continue;
    frames.add(stream, text.written, stamp, details);
  }
  return { bytes: frames.take(), consumed, past: false };
}

/**
 * Copies the text of the line at `start` behind what `frames` has, leaving room for `stamp`, and finds the line's end; `text.tail` is
 * 0 for a line that is none. False when there is no whole line.
 */
function nextLine(input: Buffer, start: number, frames: Frames, stamp: number, text: Text): boolean {
  const whole = readText(input, start, frames.bytes, frames.body + stamp, text) && input[text.tail] === COMMA;
  if (!whole) text.tail = 0;
  text.end = input.indexOf(NEWLINE, whole ? text.tail : start);
  return text.end >= 0;
}

/** Whether the time of a line that ends at `end` is wanted. Writes it to `target`, where the text may leave room for it. */
function judge(input: Buffer, end: number, limits: Limits, target: Buffer, at: number): 'show' | 'skip' | 'past' {
  const { time } = limits;
  if (!readTime(input, end, time)) return 'skip';
  if (limits.since !== undefined && time.compare(limits.since) < 0) return 'skip';
  if (limits.until !== undefined && time.compare(limits.until) > 0) return 'past';
  if (limits.shown) time.copy(target, at);
  return 'show';
}

/** The attributes as `--details` shows them; undefined for a torn line. */
function detailsOf(input: Buffer, tail: number, end: number): string | undefined {
  try {
    const { attrs } = JSON.parse(`{${input.toString('utf8', tail + 1, end)}`) as { attrs?: unknown };
    const values = typeof attrs === 'object' && attrs !== null ? (attrs as Record<string, unknown>) : {};
    const names = Object.keys(values).toSorted();
    return `${names.map((name) => `${queryEscape(name)}=${queryEscape(String(values[name]))}`).join(',')} `;
  } catch {
    return undefined;
  }
}

// Go's url.QueryEscape. A text with half of a surrogate pair, which encodeURIComponent refuses, is made whole first.
function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+');
}
