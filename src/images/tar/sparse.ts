import { BLOCK, malformed, readNumber } from './format.ts';
import { paxNumber } from './pax.ts';
import type { SparseRun } from './format.ts';
import type { PaxRecord } from './pax.ts';

/** What the extended headers say of a sparse file. `inData`: the map stands at the start of the data (GNU sparse 1.0). */
export type PaxSparse =
  | { readonly inData: true; readonly size: number }
  | { readonly inData: false; readonly size: number; readonly runs: SparseRun[] };

/** Most runs in one sparse file. */
const MAX_RUNS = 1 << 16;

/**
 * Checks a sparse map: ascending, without overlap, inside the file, and describing exactly the data that is stored.
 * Throws invalidArgument.
 */
export function checkSparse(runs: readonly SparseRun[], size: number, stored: number): void {
  let end = 0;
  let total = 0;
  if (!Number.isSafeInteger(size) || size < 0) malformed('a sparse file has an impossible size');
  for (const { offset, length } of runs) {
    if (offset < end || length < 0 || !Number.isSafeInteger(offset + length)) malformed('a sparse map is out of order');
    end = offset + length;
    total += length;
  }
  if (end > size) malformed('a sparse map is longer than its file');
  if (total !== stored) malformed('a sparse map does not match the data');
}

/** Reads the runs in a block of GNU's old format: `count` pairs of 12-byte numbers from `offset`. An empty pair ends the list. */
export function readGnuRuns(block: Buffer, offset: number, count: number, into: SparseRun[]): void {
  for (let index = 0; index < count; index++) {
    const at = offset + index * 24;
    if (block[at] === 0 || block[at + 12] === 0) return;
    if (into.length >= MAX_RUNS) malformed('a sparse file has too many runs');
    into.push({ offset: readNumber(block, at, 12), length: readNumber(block, at + 12, 12) });
  }
}

/** True when a block of the old format says that one more follows. `at` is 482 in the header, 504 in what follows. */
export function gnuExtended(block: Buffer, at: number): boolean {
  return block[at] !== 0;
}

/** Finds GNU's pax sparse formats 0.0, 0.1 and 1.0 among the records. Throws invalidArgument. */
export function paxSparse(records: readonly PaxRecord[]): PaxSparse | undefined {
  const last = (key: string): Buffer | undefined => records.findLast((record) => record.key === key)?.value;
  const major = last('GNU.sparse.major')?.toString('latin1');
  const minor = last('GNU.sparse.minor')?.toString('latin1');
  if (major === '1' && minor === '0')
    return { inData: true, size: paxNumber(last('GNU.sparse.realsize') ?? malformed('a sparse file has no size')) };
  const size = last('GNU.sparse.size') ?? last('GNU.sparse.realsize');
  if (size === undefined) return undefined;
  const map = last('GNU.sparse.map');
  const numbers = map === undefined ? pairsOf(records) : splitMap(map.toString('latin1'));
  return { inData: false, size: paxNumber(size), runs: toRuns(numbers) };
}

// Format 0.0 repeats the two keys for each run.
function pairsOf(records: readonly PaxRecord[]): number[] {
  const numbers: number[] = [];
  for (const { key, value } of records) {
    const expected = numbers.length % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes';
    if (key !== 'GNU.sparse.offset' && key !== 'GNU.sparse.numbytes') continue;
    if (key !== expected) malformed('a sparse map is out of order');
    numbers.push(paxNumber(value));
  }
  return numbers;
}

function splitMap(text: string): number[] {
  if (text === '') return [];
  return text.split(',').map((part) => paxNumber(Buffer.from(part, 'latin1')));
}

function toRuns(numbers: readonly number[]): SparseRun[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_RUNS) malformed('a sparse map is incomplete');
  const runs: SparseRun[] = [];
  for (let index = 0; index < numbers.length; index += 2) runs.push({ offset: numbers[index] ?? 0, length: numbers[index + 1] ?? 0 });
  return runs;
}

/**
 * Reads the map at the start of the data of a format 1.0 file: decimal numbers, one a line, count first, in whole blocks.
 * Returns undefined while `bytes` (whole blocks so far) do not hold all of it. Throws invalidArgument.
 */
export function parseDataMap(bytes: Buffer): { runs: SparseRun[]; blocks: number } | undefined {
  const numbers: number[] = [];
  let offset = 0;
  let wanted = 1;
  while (numbers.length < wanted) {
    const end = bytes.indexOf(0x0a, offset);
    if (end < 0) {
      if (bytes.length - offset > 20) malformed('a sparse map is not a list of numbers');
      return undefined;
    }
    numbers.push(paxNumber(bytes.subarray(offset, end)));
    if (numbers.length === 1) wanted = 1 + 2 * (numbers[0] ?? 0);
    if (wanted < 1 || wanted > 1 + 2 * MAX_RUNS) malformed('a sparse file has too many runs');
    offset = end + 1;
  }
  return { runs: toRuns(numbers.slice(1)), blocks: Math.ceil(offset / BLOCK) };
}
