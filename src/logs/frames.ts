/** Bytes of the head of Docker's frames: stream, three zeros, big-endian length. */
const HEADER = 8;

/** A joined frame takes no further line when it is longer than this; clients read it into memory as a whole. */
const JOINED = 32 << 10;

/** Room behind the last line: the head and the time of one that turns out to be none. */
const SPARE = 64;

/**
 * What lines become: their texts, in frames or without. A text is written at {@link body} in {@link bytes} first, and then added or left.
 * One object serves all pieces of a log: fresh memory for each would cost more than the decoding.
 */
export class Frames {
  /** Always has room for the rest of the input: a line is longer than its text with head and time. Another one after {@link add}. */
  bytes: Buffer = Buffer.alloc(0);
  readonly #mode: 'none' | 'lines' | 'joined';
  readonly #header: number;
  #length = 0;
  /** The last frame: where its head is, and whose it is; 0 when it takes no further line. */
  #head = 0;
  #stream = 0;
  /** Bytes that {@link #insert} may use. */
  #spare = 0;

  constructor(mode: 'none' | 'lines' | 'joined') {
    this.#mode = mode;
    this.#header = mode === 'none' ? 0 : HEADER;
  }

  /** Forgets what was added and makes room for an input. */
  begin(inputLength: number): void {
    const room = inputLength + SPARE;
    if (this.bytes.length < room) this.bytes = Buffer.allocUnsafe(room);
    this.#spare = this.bytes.length - room;
    this.#length = 0;
    this.#stream = 0;
  }

  /** Where the next line's time and text go: behind a head, unless they are expected to join the last frame. */
  get body(): number {
    return this.#stream === 0 ? this.#length + this.#header : this.#length;
  }

  /** Adds the line whose time and text have been written up to `end`; `details` go between them, behind `stamp` bytes. */
  add(stream: 1 | 2, end: number, stamp: number, details: string): void {
    let written = details === '' ? end : end + this.#insert(Buffer.from(details), this.body + stamp, end);
    if (this.#stream !== 0 && this.#stream !== stream) {
      this.bytes.copyWithin(this.#length + HEADER, this.#length, written);
      written += HEADER;
      this.#stream = 0;
    }
    if (this.#mode !== 'none') {
      if (this.#stream === 0) {
        this.#head = this.#length;
        putInteger(this.bytes, this.#head, stream << 24);
      }
      const size = written - this.#head - HEADER;
      putInteger(this.bytes, this.#head + 4, size);
      this.#stream = this.#mode === 'joined' && size < JOINED ? stream : 0;
    }
    this.#length = written;
  }

  /** Everything that was added, valid until the next {@link begin}. */
  take(): Buffer {
    return this.bytes.subarray(0, this.#length);
  }

  /** Shifts what stands from `at` to `end` and puts `piece` before it; the input's room stays free behind it. */
  #insert(piece: Buffer, at: number, end: number): number {
    if (this.#spare < piece.length) {
      const more = Math.max(this.bytes.length, piece.length);
      const larger = Buffer.allocUnsafe(this.bytes.length + more);
      this.bytes.copy(larger, 0, 0, end);
      this.bytes = larger;
      this.#spare += more;
    }
    this.#spare -= piece.length;
    this.bytes.copyWithin(at + piece.length, at, end);
    piece.copy(this.bytes, at);
    return piece.length;
  }
}

/** Big-endian; without the checks of Buffer's own, which cost as much as a short line. */
function putInteger(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
