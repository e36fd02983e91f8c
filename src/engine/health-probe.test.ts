import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Readable } from 'node:stream';
import { collect } from './health-probe.ts';

const frame = (stream: number, text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

test('the output of both streams is put together, however it is cut into pieces', async () => {
  const bytes = Buffer.concat([frame(1, 'one '), frame(2, ''), frame(2, 'twö '), frame(1, 'three')]);
  for (const size of [1, 2, 7, 9, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
    assert.equal(await collect(Readable.from(pieces), 4096), 'one twö three');
  }
});

test('what is beyond the limit is read and thrown away, with a sign', async () => {
  assert.equal(await collect(Readable.from([frame(1, 'abcdef'), frame(2, 'ghi')]), 8), 'abcdefgh...');
  assert.equal(await collect(Readable.from([frame(1, 'abcdef'), frame(2, 'gh')]), 8), 'abcdefgh');
  assert.equal(await collect(Readable.from([frame(1, 'x'.repeat(100_000))]), 3), 'xxx...');
});

test('a stream that breaks gives what came', async () => {
  const broken = Readable.from((async function* pieces(): AsyncGenerator<Buffer> {
    yield frame(1, 'half');
    await Promise.resolve();
    throw new Error('reset');
  })());
  assert.equal(await collect(broken, 100), 'half');
});
