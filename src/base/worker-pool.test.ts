import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { WorkerPool } from './worker-pool.ts';

const hasKind =
  (kind: string, text: RegExp) =>
  (error: unknown): boolean =>
    (error as { kind?: string }).kind === kind && text.test(String(error));

test('calls, errors, events, cancelling, and a thread that dies', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-pool-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const entry = join(directory, 'worker.ts');
  writeFileSync(
    entry,
    `import { serveWorker } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'worker-pool.ts')).href)};
    import { fail } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'errors.ts')).href)};
    serveWorker({
      double: (n, { emit }) => { emit('half'); return 2 * n; },
      refuse: () => fail('conflict', 'no', { hint: 'why', data: { a: 1 } }),
      wait: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
      die: () => process.exit(3),
    });`,
  );
  await using pool = new WorkerPool(pathToFileURL(entry), 2);
  const events: unknown[] = [];
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => pool.run('double', n, { onEvent: (event) => events.push(event) }))), [2, 4, 6]);
  assert.deepEqual(events, ['half', 'half', 'half']);
  await assert.rejects(pool.run('refuse', 0), (error) => hasKind('conflict', /no/)(error) && (error as { hint?: string }).hint === 'why');
  await assert.rejects(pool.run('nothing', 0), hasKind('internal', /no worker handler nothing/));
  const controller = new AbortController();
  const waiting = pool.run('wait', 0, { signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, hasKind('cancelled', /stopped/));
  await assert.rejects(pool.run('wait', 0, { signal: AbortSignal.abort() }), hasKind('cancelled', /wait/));
  await assert.rejects(pool.run('die', 0), hasKind('internal', /a worker thread ended: exit code 3/));
  assert.equal(await pool.run('double', 4), 8);
});
