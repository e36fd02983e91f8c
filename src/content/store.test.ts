import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDigest } from '#spec/ids.ts';
import { openStore } from '#store/store.ts';
import { contentMigrations, openContentStore } from './store.ts';
import type { TestContext } from 'node:test';
import type { Digest } from '#spec/ids.ts';
import type { Store } from '#store/types.ts';
import type { ContentStore } from './types.ts';

function open(t: TestContext): { directory: string; store: Store; content: ContentStore } {
  const directory = mkdtempSync(join(tmpdir(), 'berth-content-'));
  const store = openStore(':memory:', contentMigrations);
  t.after(() => {
    store[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  return { directory, store, content: openContentStore(directory, store) };
}

async function* pieces(...list: (string | Error)[]): AsyncGenerator<Buffer> {
  for (const piece of list) {
    if (piece instanceof Error) throw piece;
    yield Buffer.from(piece);
  }
}

function digestOf(text: string, algorithm: string = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(text).digest('hex')}`);
}

const hasKind =
  (kind: string) =>
  (error: unknown): boolean =>
    (error as { kind?: string }).kind === kind;

test('a blob has a name only after its digest was verified', async (t) => {
  const { directory, content } = open(t);
  const hello = digestOf('hello');
  assert.deepEqual(await content.ingest(pieces('he', 'llo'), { digest: hello, size: 5 }), { digest: hello, size: 5 });
  assert.equal((await content.readAll(hello)).toString(), 'hello');
  const read: Buffer[] = [];
  for await (const piece of content.read(hello)) read.push(piece as Buffer);
  assert.equal(Buffer.concat(read).toString(), 'hello');
  await assert.rejects(content.ingest(pieces('hallo'), { digest: digestOf('x') }), hasKind('dataLoss'));
  await assert.rejects(content.ingest(pieces('hallo'), { size: 4 }), hasKind('dataLoss'));
  await assert.rejects(content.ingest(pieces('hallo'), { size: 6 }), hasKind('dataLoss'));
  await assert.rejects(content.ingest(pieces('x', new Error('gone'))), /gone/);
  await assert.rejects(content.ingest(pieces('x', 'y'), {}, { signal: AbortSignal.abort() }), hasKind('cancelled'));
  const long = digestOf('sha512 too', 'sha512');
  assert.deepEqual(await content.ingest(pieces('sha512 too'), { digest: long }), { digest: long, size: 10 });
  assert.deepEqual(
    content.list().map((blob) => blob.digest),
    [hello, long],
  );
  assert.deepEqual(readdirSync(join(directory, 'ingest')), []);
  await assert.rejects(content.readAll(hello, 4), hasKind('exhausted'));
  assert.throws(() => content.size(digestOf('nope')), hasKind('notFound'));
});

test('deferred blobs can be read at once and last when settled', async (t) => {
  const { directory, store, content } = open(t);
  const [kept, lost] = [
    (await content.ingest(pieces('kept'), {}, { deferred: true })).digest,
    (await content.ingest(pieces('lost'), {}, { deferred: true })).digest,
  ];
  assert.equal((await content.readAll(lost)).toString(), 'lost');
  assert.deepEqual(content.unsettled(), [kept, lost]);
  await content.ingest(pieces('kept'), {}, { deferred: true });
  await Promise.all([content.settle([kept]), content.settle([kept])]);
  await content.ingest(pieces('kept'), {}, { deferred: true });
  assert.deepEqual(content.unsettled(), [lost]);
  const reopened = openContentStore(directory, store);
  assert.ok(reopened.has(kept) && !reopened.has(lost));
  assert.deepEqual(readdirSync(join(directory, 'blobs/sha256')), [kept.slice(7)]);
});

test('damage and leftovers of a crash are found', async (t) => {
  const { directory, store, content } = open(t);
  const digest = await content.put(Buffer.from('hello'));
  writeFileSync(join(directory, 'ingest/7'), 'half');
  writeFileSync(join(directory, 'blobs/sha256', '0'.repeat(64)), 'nobody');
  openContentStore(directory, store);
  assert.deepEqual([readdirSync(join(directory, 'ingest')), readdirSync(join(directory, 'blobs/sha256'))], [[], [digest.slice(7)]]);
  truncateSync(content.path(digest), 3);
  assert.throws(() => content.read(digest), hasKind('dataLoss'));
  rmSync(content.path(digest));
  await assert.rejects(content.readAll(digest), /the file is gone/);
  assert.equal(await content.put(Buffer.from('hello')), digest);
  assert.equal((await content.readAll(digest)).toString(), 'hello');
  await content.remove(digest);
  await content.remove(digest);
  assert.ok(!content.has(digest));
});
