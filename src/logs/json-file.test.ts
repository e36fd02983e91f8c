import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeLines, type DecodeOptions } from './decode.ts';
import { readJsonFile, type ReadOptions } from './json-file.ts';
import { timeOf } from './log-time.ts';

const RAW: DecodeOptions = { stdout: true, stderr: true, timestamps: false, details: false, frames: 'none' };

function line(log: string, stream = 'stdout', time = '2026-01-02T03:04:05.000000006Z', attrs?: Record<string, string>): string {
  return `${JSON.stringify({ log, stream, ...(attrs && { attrs }), time })}\n`;
}

function decode(text: string, options: Partial<DecodeOptions> = {}): string {
  return decodeLines(Buffer.from(text), { ...RAW, ...options }).bytes.toString();
}

/** As the API's text of attributes; lone surrogates do not come out of a file. */
function encode(text: string): string {
  return [...Buffer.from(text)].map((byte) => {
    const char = String.fromCharCode(byte);
    return char === ' ' ? '+' : /[\w.~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** The texts of the streams in Docker's frames. */
function split(bytes: Buffer): { stdout: string; stderr: string } {
  const pieces: [Buffer[], Buffer[]] = [[], []];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    pieces[bytes[at] === 2 ? 1 : 0].push(bytes.subarray(at + 8, end));
    at = end;
  }
  return { stdout: Buffer.concat(pieces[0]).toString(), stderr: Buffer.concat(pieces[1]).toString() };
}

describe('json-file lines', () => {
  it('give back any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(decode(line(text)), text)));
  });

  it('give back what Go escapes as \\u sequences', () => {
    assert.equal(decode('{"log":"\\u003ca\\u0026\\u2028\\ud83d\\ude00\\u001b[0m\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}\n'), '<a&\u2028😀\u001b[0m\n');
  });

  it('are filtered by stream and framed', () => {
    const text = line('out\n') + line('err\n', 'stderr');
    assert.equal(decode(text, { stdout: false }), 'err\n');
    const framed = decodeLines(Buffer.from(text), { ...RAW, frames: 'lines' }).bytes;
    assert.deepEqual([...framed.subarray(0, 8)], [1, 0, 0, 0, 0, 0, 0, 4]);
    assert.deepEqual([...framed.subarray(12, 20)], [2, 0, 0, 0, 0, 0, 0, 4]);
  });

  it('of one stream share a frame where frames are joined', () => {
    const frame = (stream: number, text: string): Buffer => Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, text.length >> 8, text.length & 255]), Buffer.from(text)]);
    const text = line('a\n') + line('b\n') + '{"log":"torn\n' + line('e\n', 'stderr') + line('c\n');
    const joined = decodeLines(Buffer.from(text), { ...RAW, frames: 'joined' }).bytes;
    assert.deepEqual(joined, Buffer.concat([frame(1, 'a\nb\n'), frame(2, 'e\n'), frame(1, 'c\n')]));
  });

  it('are found one by one, however much their attributes differ in length', () => {
    const text = line('a\n', 'stdout', undefined, { key: 'x'.repeat(120) }) + line('b\n') + line('c\n');
    for (let pad = 0; pad < 80; pad++) assert.equal(decode(text.replace('c\\n', `${'c'.repeat(pad)}\\n`)), `a\nb\n${'c'.repeat(pad)}\n`);
  });

  it('are the same bytes in joined frames, single frames and none, whatever they hold and show', () => {
    const texts = fc.array(fc.record({ log: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string({ minLength: 60, maxLength: 300 })), stream: fc.constantFrom('stdout', 'stderr'), key: fc.string() }), { maxLength: 30 });
    fc.assert(fc.property(texts, fc.boolean(), fc.boolean(), (all, timestamps, details) => {
      const input = Buffer.from(all.map(({ log, stream, key }) => line(log, stream, '2026-01-02T03:04:05.06Z', { [key]: log })).join(''));
      const stamp = timestamps ? '2026-01-02T03:04:05.060000000Z ' : '';
      const wanted = { stdout: '', stderr: '' };
      for (const { log, stream, key } of all) wanted[stream as 'stdout'] += `${stamp}${details ? `${encode(key)}=${encode(log)} ` : ''}${Buffer.from(log).toString()}`;
      for (const frames of ['joined', 'lines'] as const) assert.deepEqual(split(decodeLines(input, { ...RAW, timestamps, details, frames }).bytes), wanted);
    }), { numRuns: 30 });
  });

  it('never break the reader, whatever is in the file', () => {
    const piece = fc.oneof(fc.constant('{"log":"'), fc.constant('","stream":"stderr","time":"'), fc.constant('2026-01-02T03:04:05.1Z"}'), fc.constant('\n'), fc.constant('\\u12'), fc.constant('\\'), fc.string({ unit: 'binary', maxLength: 80 }));
    fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, timestamps) => {
      const input = Buffer.from(`${pieces.join('')}\n${line('last\n')}`);
      for (const frames of ['joined', 'lines', 'none'] as const) {
        const { bytes, consumed } = decodeLines(input, { ...RAW, timestamps, frames });
        assert.equal(consumed, input.length);
        assert.ok(bytes.length <= input.length && bytes.toString().endsWith('last\n'));
      }
    }));
  });

  it('show nine digits of time and sorted attributes before the text', () => {
    const text = line('x\n', 'stdout', '2026-01-02T03:04:05.5Z', { b: '2', a: 'one two' });
    assert.equal(decode(text, { timestamps: true, details: true }), '2026-01-02T03:04:05.500000000Z a=one+two,b=2 x\n');
  });

  it('stop at until and begin at since', () => {
    const text = line('1\n', 'stdout', '2026-01-02T03:04:05Z') + line('2\n', 'stdout', '2026-01-02T03:04:06Z') + line('3\n', 'stdout', '2026-01-02T03:04:07Z');
    const at = (second: number) => ({ seconds: Date.parse(`2026-01-02T03:04:0${second}Z`) / 1000, nanos: 0 });
    assert.equal(decode(text, { since: at(6) }), '2\n3\n');
    assert.equal(decode(text, { until: at(6) }), '1\n2\n');
    assert.deepEqual(timeOf(1_500_000_000n), { seconds: 1, nanos: 500_000_000 });
  });

  it('that are torn are skipped', () => {
    assert.equal(decode(`{"log":"tor\n${line('whole\n')}garbage\n`), 'whole\n');
  });
});

async function withLog(body: (path: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'berth-logs-'));
  try {
    await body(join(dir, 'c-json.log'));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function read(path: string, options: Partial<ReadOptions> = {}): Promise<string> {
  const pieces: Buffer[] = [];
  const all = { ...RAW, path, rotated: 2, tail: -1, follow: false, ended: Promise.resolve(), signal: new AbortController().signal, ...options };
  for await (const piece of readJsonFile(all)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

describe('a json-file log', () => {
  it('is empty when there is no file', async () => {
    await withLog(async (path) => assert.equal(await read(path), ''));
  });

  it('is read over rotated files, oldest first, with any tail', async () => {
    await withLog(async (path) => {
      writeFileSync(`${path}.2`, line('1\n') + line('2\n'));
      writeFileSync(`${path}.1`, line('3\n'));
      writeFileSync(path, line('4\n') + line('5\n'));
      const all = ['1\n', '2\n', '3\n', '4\n', '5\n'];
      assert.equal(await read(path), all.join(''));
      for (let tail = 0; tail <= 6; tail++) assert.equal(await read(path, { tail }), all.slice(Math.max(0, 5 - tail)).join(''));
    });
  });

  it('is followed across a rotation until the task has ended', async () => {
    await withLog(async (path) => {
      writeFileSync(path, line('1\n'));
      const ended = Promise.withResolvers<void>();
      const seen: string[] = [];
      const reading = (async () => {
        for await (const piece of readJsonFile({ ...RAW, path, rotated: 2, tail: -1, follow: true, ended: ended.promise, signal: new AbortController().signal })) {
          seen.push(piece.toString());
          if (seen.join('') === '1\n') {
            appendFileSync(path, line('2\n'));
            renameSync(path, `${path}.1`);
            writeFileSync(path, line('3\n'));
          }
          if (seen.join('') === '1\n2\n3\n') {
            appendFileSync(path, line('4\n'));
            ended.resolve();
          }
        }
      })();
      await reading;
      assert.equal(seen.join(''), '1\n2\n3\n4\n');
    });
  });

  it('keeps long lines whole and survives what has no line ends', async () => {
    await withLog(async (path) => {
      const long = 'é'.repeat(300_000);
      writeFileSync(path, line(long) + '\0'.repeat(5 << 20) + '\n' + line('after\n'));
      assert.equal(await read(path), `${long}after\n`);
    });
  });

  it('lets go of a follower whose caller leaves', async () => {
    await withLog(async (path) => {
      writeFileSync(path, line('1\n'));
      const caller = new AbortController();
      const reading = read(path, { follow: true, ended: new Promise(() => {}), signal: caller.signal });
      setImmediate(() => caller.abort());
      await assert.rejects(reading, { name: 'AbortError' });
    });
  });
});
