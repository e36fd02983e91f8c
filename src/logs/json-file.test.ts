import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeLines, parseTime, timeOf, type DecodeOptions } from './decode.ts';
import { readJsonFile, type ReadOptions } from './json-file.ts';

const RAW: DecodeOptions = { stdout: true, stderr: true, timestamps: false, details: false, mux: false };

function line(log: string, stream = 'stdout', time = '2026-01-02T03:04:05.000000006Z', attrs?: Record<string, string>): string {
  return `${JSON.stringify({ log, stream, ...(attrs && { attrs }), time })}\n`;
}

function decode(text: string, options: Partial<DecodeOptions> = {}): string {
  return decodeLines(Buffer.from(text), { ...RAW, ...options }).bytes.toString();
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
    const framed = decodeLines(Buffer.from(text), { ...RAW, mux: true }).bytes;
    assert.deepEqual([...framed.subarray(0, 8)], [1, 0, 0, 0, 0, 0, 0, 4]);
    assert.deepEqual([...framed.subarray(12, 20)], [2, 0, 0, 0, 0, 0, 0, 4]);
  });

  it('show nine digits of time and sorted attributes before the text', () => {
    const text = line('x\n', 'stdout', '2026-01-02T03:04:05.5Z', { b: '2', a: 'one two' });
    assert.equal(decode(text, { timestamps: true, details: true }), '2026-01-02T03:04:05.500000000Z a=one%20two,b=2 x\n');
  });

  it('stop at until and begin at since', () => {
    const text = line('1\n', 'stdout', '2026-01-02T03:04:05Z') + line('2\n', 'stdout', '2026-01-02T03:04:06Z') + line('3\n', 'stdout', '2026-01-02T03:04:07Z');
    const at = (second: number) => parseTime(`2026-01-02T03:04:0${second}Z`)!;
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
  for await (const piece of readJsonFile(all)) pieces.push(piece);
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
