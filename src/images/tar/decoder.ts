import { BerthError } from '#base/errors.ts';
import { BLOCK, malformed, maxMetadata, padding } from './format.ts';
import { checkSparse, gnuExtended, parseDataMap, readGnuRuns } from './sparse.ts';
import { isZero, parseHeader } from './header.ts';
import { applyPax } from './extended.ts';
import { parsePax } from './pax.ts';
import type { SparseRun, TarEntry } from './format.ts';
import type { RawHeader } from './header.ts';
import type { PaxRecord } from './pax.ts';

/** What a piece of an archive says. `data.bytes` is a view of the piece; `offset` is where it belongs in the file. */
export type TarEvent =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  | { readonly kind: 'data'; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'end' };

type State = 'header' | 'metadata' | 'gnuMap' | 'dataMap' | 'data' | 'padding' | 'finished';

/**
 * Push parser of one archive: give it the bytes in pieces of any size, get events in order. Holds at most one block and
 * one extended header ({@link maxMetadata}). Throws invalidArgument for what is not a tar archive; after that it is spent.
 */
export class TarDecoder {
  #state: State = 'header';
  /** Bytes of an incomplete block, header or map. */
  #held: Buffer[] = [];
  #heldLength = 0;
  #wanted = BLOCK;
  #raw: RawHeader | undefined;
  #metadataType = '';
  #metadataSize = 0;
  #pax: PaxRecord[] = [];
  #longName: Buffer | undefined;
  #longLink: Buffer | undefined;
  #remaining = 0;
  #pad = 0;
  #zeroBlocks = 0;
  #runs: SparseRun[] | undefined;
  #run = 0;
  #offset = 0;
  #events: TarEvent[] = [];
  #sparseSize = 0;

  /** Takes the next piece and returns what it completed. */
  push(piece: Buffer): TarEvent[] {
    this.#events = [];
    let at = 0;
    while (at < piece.length && this.#state !== 'finished') {
      if (this.#state === 'data') at = this.#takeData(piece, at);
      else if (this.#state === 'padding') at = this.#takePadding(piece, at);
      else at = this.#takeBlock(piece, at);
    }
    return this.#events;
  }

  /** Call when there are no more bytes. Throws invalidArgument when the archive was cut off inside an entry. */
  end(): void {
    const between = this.#state === 'finished' || (this.#state === 'header' && this.#heldLength === 0 && !this.#hasExtended());
    if (!between) throw new BerthError('invalidArgument', 'unexpected EOF', { hint: 'the archive is truncated' });
  }

  #hasExtended(): boolean {
    return this.#pax.length > 0 || this.#longName !== undefined || this.#longLink !== undefined;
  }

  #takeData(piece: Buffer, at: number): number {
    const run = this.#runs?.[this.#run];
    const limit = run === undefined ? this.#remaining : run.offset + run.length - this.#offset;
    const length = Math.min(piece.length - at, this.#remaining, limit);
    if (length > 0) this.#events.push({ kind: 'data', offset: this.#offset, bytes: piece.subarray(at, at + length) });
    this.#remaining -= length;
    this.#offset += length;
    if (run !== undefined && this.#offset === run.offset + run.length) this.#nextRun();
    if (this.#remaining === 0) this.#finishData();
    return at + length;
  }

  #nextRun(): void {
    this.#run++;
    this.#offset = this.#runs?.[this.#run]?.offset ?? this.#offset;
  }

  #finishData(): void {
    this.#events.push({ kind: 'end' });
    this.#runs = undefined;
    this.#state = this.#pad > 0 ? 'padding' : 'header';
  }

  #takePadding(piece: Buffer, at: number): number {
    const length = Math.min(piece.length - at, this.#pad);
    this.#pad -= length;
    if (this.#pad === 0) this.#state = 'header';
    return at + length;
  }

  /** Collects `#wanted` bytes, then lets the state take them. The common case copies nothing. */
  #takeBlock(piece: Buffer, at: number): number {
    const length = Math.min(piece.length - at, this.#wanted - this.#heldLength);
    const part = piece.subarray(at, at + length);
    if (this.#heldLength + length < this.#wanted) {
      this.#held.push(Buffer.from(part));
      this.#heldLength += length;
      return at + length;
    }
    const block = this.#heldLength === 0 ? part : Buffer.concat([...this.#held, part]);
    this.#held = [];
    this.#heldLength = 0;
    this.#wanted = BLOCK;
    if (this.#state === 'header') this.#takeHeader(block);
    else if (this.#state === 'metadata') this.#takeMetadata(block);
    else if (this.#state === 'gnuMap') this.#takeGnuMap(block);
    else this.#takeDataMap(block);
    return at + length;
  }

  #takeHeader(block: Buffer): void {
    if (isZero(block)) {
      if (++this.#zeroBlocks === 2) this.#state = 'finished';
      return;
    }
    if (this.#zeroBlocks > 0) malformed('data after a zero block');
    const raw = parseHeader(block);
    if ('xgLK'.includes(raw.flag)) {
      if (raw.size > maxMetadata) malformed('an extended header is too long');
      this.#metadataType = raw.flag;
      this.#metadataSize = raw.size;
      this.#wanted = raw.size + padding(raw.size);
      if (raw.size > 0) this.#state = 'metadata';
      return;
    }
    this.#raw = raw;
    if (raw.flag === 'S') this.#startGnuSparse(block, raw);
    else this.#start(raw);
  }

  #takeMetadata(block: Buffer): void {
    const bytes = Buffer.from(block.subarray(0, this.#metadataSize));
    this.#state = 'header';
    // Global headers ('g') carry what one archive says of itself; Docker ignores them and so do we.
    if (this.#metadataType === 'x') this.#pax = parsePax(bytes);
    else if (this.#metadataType === 'L') this.#longName = untilNul(bytes);
    else if (this.#metadataType === 'K') this.#longLink = untilNul(bytes);
  }

  #startGnuSparse(block: Buffer, raw: RawHeader): void {
    if (raw.format !== 'gnu') malformed('a GNU sparse file in another format');
    const runs: SparseRun[] = [];
    readGnuRuns(block, 386, 4, runs);
    this.#runs = runs;
    this.#sparseSize = raw.realSize;
    if (gnuExtended(block, 482)) this.#state = 'gnuMap';
    else this.#start(raw);
  }

  #takeGnuMap(block: Buffer): void {
    const runs = this.#runs ?? [];
    readGnuRuns(block, 0, 21, runs);
    if (!gnuExtended(block, 504)) this.#start(this.#raw ?? malformed('no header'));
  }

  #takeDataMap(block: Buffer): void {
    const bytes = block;
    const map = parseDataMap(bytes);
    if (map === undefined) {
      this.#held = [bytes];
      this.#heldLength = bytes.length;
      this.#wanted = bytes.length + BLOCK;
      if (this.#wanted > maxMetadata) malformed('a sparse map is too long');
      return;
    }
    this.#runs = map.runs;
    const raw = this.#raw ?? malformed('no header');
    this.#start(raw, map.blocks * BLOCK);
  }

  /** All metadata of an entry is there: announces it and gets ready for its data. `consumed`: bytes of its data that were a map. */
  #start(raw: RawHeader, consumed?: number): void {
    const extended = applyPax(raw, this.#pax, this.#longName, this.#longLink);
    if (extended.sparse?.inData === true && consumed === undefined) {
      this.#state = 'dataMap';
      return;
    }
    const stored = extended.entry.type === 'file' ? extended.stored - (consumed ?? 0) : 0;
    if (extended.sparse?.inData === false) this.#runs = extended.sparse.runs;
    const size = extended.sparse?.size ?? (raw.flag === 'S' ? this.#sparseSize : extended.entry.size);
    if (this.#runs !== undefined) {
      checkSparse(this.#runs, size, stored);
      // Writers end a map with an empty run.
      this.#runs = this.#runs.filter((run) => run.length > 0);
    }
    const entry = this.#runs === undefined ? extended.entry : { ...extended.entry, size, sparse: this.#runs };
    this.#events.push({ kind: 'entry', entry });
    this.#pax = [];
    this.#longName = this.#longLink = undefined;
    this.#remaining = stored;
    this.#pad = padding(stored);
    this.#run = -1;
    this.#offset = 0;
    if (this.#runs !== undefined) this.#nextRun();
    this.#state = 'data';
    if (stored === 0) this.#finishData();
  }
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
