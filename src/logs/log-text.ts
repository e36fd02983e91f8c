const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CONTROL = 0x20;
const LETTER_N = 0x6e;
const LETTER_U = 0x75;
const NEWLINE = 0x0a;
const PREFIX_LENGTH = 8;
/** So many bytes are copied one by one before a native search and copy pays. */
const SHORT = 16;

/** What {@link readText} found. */
export interface Text {
  /** Behind the quote that closes the text in the input. */
  tail: number;
  /** Behind the text in the output. */
  written: number;
  /** For the caller: where the line has its newline. */
  end: number;
}

/**
 * Copies the text of the log line at `start` to `target`, without its JSON escapes, of which there are none but at its end mostly.
 * False when there is no line, or its text does not end. Never writes more than there is input. Of a torn line the text may be taken up to a
 * quote in the next one: what follows the quote tells.
 */
export function readText(input: Buffer, start: number, target: Buffer, to: number, text: Text): boolean {
  if (!hasPrefix(input, start)) return false;
  let read = start + PREFIX_LENGTH;
  let write = to;
  for (;;) {
    const run = plainRun(input, read, target, write);
    read += run;
    write += run;
    const byte = input[read];
    if (byte === QUOTE) {
      text.tail = read + 1;
      text.written = write;
      return true;
    }
    // A raw control character ends a torn line, or the input has ended.
    if (byte !== BACKSLASH) return false;
    const escape = input[read + 1];
    if (escape === LETTER_N) {
      target[write++] = NEWLINE;
      read += 2;
    } else if (escape === LETTER_U) {
      const code = readUnicode(input, read);
      if (code === undefined) return false;
      write += target.write(code.text, write);
      read += code.length;
    } else {
      const value = escape === undefined ? undefined : SIMPLE[escape];
      if (value === undefined) return false;
      target[write++] = value;
      read += 2;
    }
  }
}

/** Whether `{"log":"` stands there. */
function hasPrefix(input: Buffer, at: number): boolean {
  return input[at] === 0x7b && input[at + 1] === QUOTE && input[at + 2] === 0x6c && input[at + 3] === 0x6f && input[at + 4] === 0x67
    && input[at + 5] === QUOTE && input[at + 6] === 0x3a && input[at + 7] === QUOTE;
}

/** Copies bytes up to a quote, a backslash, a control character or the end, and returns their number. */
function plainRun(input: Buffer, from: number, target: Buffer, to: number): number {
  const near = Math.min(from + SHORT, input.length);
  let read = from;
  for (let write = to; read < near; read++, write++) {
    const byte = input[read]!;
    if (byte === QUOTE || byte === BACKSLASH || byte < CONTROL) return read - from;
    target[write] = byte;
  }
  if (near === input.length) return read - from;
  return SHORT + longRun(input, read, target, to + SHORT);
}

/** {@link plainRun} by native searches. Escaped text has no control characters; of a torn line more is copied than it has. */
function longRun(input: Buffer, from: number, target: Buffer, to: number): number {
  const slash = input.indexOf(BACKSLASH, from);
  let end = slash < 0 ? input.length : slash;
  const quote = input.indexOf(QUOTE, from);
  if (quote >= 0 && quote < end) end = quote;
  input.copy(target, to, from, end);
  return end - from;
}

/** JSON's one-letter escapes by their second byte. */
const SIMPLE: Readonly<Record<number, number | undefined>> = { 0x22: 0x22, 0x5c: 0x5c, 0x2f: 0x2f, 0x74: 0x09, 0x72: 0x0d, 0x62: 0x08, 0x66: 0x0c };

/** `\uXXXX`, or a surrogate pair of two; the encoded text is never longer than its escape. Undefined for other digits. */
function readUnicode(input: Buffer, at: number): { text: string; length: number } | undefined {
  const first = readHex(input, at + 2);
  if (Number.isNaN(first)) return undefined;
  const paired = first >= 0xd800 && first < 0xdc00 && input[at + 6] === BACKSLASH && input[at + 7] === LETTER_U;
  const second = paired ? readHex(input, at + 8) : Number.NaN;
  if (Number.isNaN(second)) return { text: String.fromCharCode(first), length: 6 };
  return { text: String.fromCharCode(first, second), length: 12 };
}

function readHex(input: Buffer, at: number): number {
  const digits = input.toString('latin1', at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
}
