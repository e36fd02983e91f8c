import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { kindOf } from '#base/errors.ts';
import { HelperPool } from './helper-pool.ts';

const directory = mkdtempSync(join(tmpdir(), 'berth-helper-'));
after(() => rmSync(directory, { recursive: true }));

const entry = join(directory, 'entry.ts');
writeFileSync(entry, `
import { serveHelper } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'helper-process.ts')).href)};
const nap = new Int32Array(new SharedArrayBuffer(4));
void serveHelper({
  pid: () => process.pid,
  echo: (_request, io) => { io.head('begun'); for (const piece of io.input()) io.send(piece); return 'done'; },
  count: ({ bytes }, io) => { io.head(null); const piece = Buffer.alloc(1 << 20); for (let sent = 0; sent < bytes; sent += piece.length) io.send(piece); },
  fail: () => { throw Object.assign(new Error('on purpose'), { code: 'ENOENT' }); },
  hang: () => void Atomics.wait(nap, 0, 0),
  die: () => process.exit(3),
});
`);

async function* pieces(count: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < count; n++) yield Buffer.alloc(100_000, n);
}

async function length(stream: AsyncIterable<unknown>): Promise<number> {
  let total = 0;
  for await (const piece of stream) total += (piece as Buffer).length;
  return total;
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('one process serves calls that follow each other, several those at a time', async () => {
  using pool = new HelperPool(pathToFileURL(entry));
  const first = await pool.call<number>('pid', {});
  assert.equal(await pool.call('pid', {}), first);
  const several = await Promise.all([1, 2, 3].map(() => pool.call<number>('pid', {})));
  assert.equal(new Set(several).size, 3);
});

test('input comes back as output, in order and whole', async () => {
  using pool = new HelperPool(pathToFileURL(entry));
  const { head, body } = await pool.open<string>('echo', {}, { input: pieces(50) });
  assert.equal(head, 'begun');
  let n = 0;
  let at = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    for (const byte of piece) {
      if (byte !== n) assert.fail(`byte ${at} is ${byte}`);
      if (++at === 100_000) [n, at] = [n + 1, 0];
    }
  }
  assert.equal(n, 50);
});

test('errors keep their text and errno; a helper that dies is an error', async () => {
  using pool = new HelperPool(pathToFileURL(entry));
  await assert.rejects(pool.call('fail', {}), (error: Error & { data?: { errno?: string } }) => error.message === 'on purpose' && error.data?.errno === 'ENOENT');
  await assert.rejects(pool.call('die', {}), /helper process ended/);
  await assert.rejects(pool.call('nonsense', {}), /no helper handler/);
  assert.equal(typeof (await pool.call('pid', {})), 'number');
});

test('a caller that leaves kills what hangs, or writes without end', async () => {
  using pool = new HelperPool(pathToFileURL(entry));
  const pid = await pool.call<number>('pid', {});
  const leave = new AbortController();
  const hanging = pool.call('hang', {}, { signal: leave.signal });
  setImmediate(() => leave.abort());
  await assert.rejects(hanging, (error) => kindOf(error) === 'cancelled');
  const { body } = await pool.open('count', { bytes: 2 ** 40 });
  for await (const piece of body) {
    assert.ok((piece as Buffer).length > 0);
    break;
  }
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
  const { body: whole } = await pool.open('count', { bytes: 5 << 20 });
  assert.equal(await length(whole), 5 << 20);
});

test('an input that breaks off is the call’s error', async () => {
  using pool = new HelperPool(pathToFileURL(entry));
  const broken = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.alloc(10);
    throw new TypeError('cut off');
  };
  const copy = async (): Promise<number> => length((await pool.open('echo', {}, { input: broken() })).body);
  await assert.rejects(copy(), /cut off/);
});
