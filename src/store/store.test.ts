import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isKind } from '#base/errors.ts';
import { openStore } from './store.ts';
import type { Migration } from './types.ts';

const migrations: Migration[] = [
  { layer: 'a', version: 1, sql: 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT' },
  { layer: 'a', version: 2, sql: 'ALTER TABLE item ADD COLUMN size INTEGER NOT NULL DEFAULT 0' },
];

function scratch(t: { after(fn: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'berth-store-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'root', 'berth.db');
}

test('what was written is there after reopening, and migrations run once', async (t) => {
  const path = scratch(t);
  {
    using store = openStore(path, migrations.slice(0, 1));
    store.write(() => store.db.exec("INSERT INTO item (name) VALUES ('x')"));
    await Promise.all([store.durable(), store.durable(), store.durable()]);
  }
  using store = openStore(path, migrations);
  assert.deepEqual({ ...store.db.prepare('SELECT name, size FROM item').get() }, { name: 'x', size: 0 });
});

test('a database of a newer version is refused', (t) => {
  const path = scratch(t);
  openStore(path, migrations)[Symbol.dispose]();
  assert.throws(() => openStore(path, migrations.slice(0, 1)), /written by a newer version/);
  using again = openStore(path, migrations);
  assert.ok(again.db.isOpen);
});

test('a failing body leaves nothing behind, also when nested', () => {
  using store = openStore(':memory:', migrations);
  const count = (): unknown => store.db.prepare('SELECT count(*) AS n FROM item').get()?.['n'];
  const add = (name: string): void => void store.db.prepare('INSERT INTO item (name) VALUES (?)').run(name);
  assert.throws(
    () =>
      store.write(() => {
        add('a');
        throw new Error('no');
      }),
    /no/,
  );
  assert.equal(count(), 0);
  store.write(() => {
    add('a');
    assert.throws(
      () =>
        store.write(() => {
          add('b');
          throw new Error('inner');
        }),
      /inner/,
    );
    add('c');
  });
  assert.equal(count(), 2);
  assert.throws(() => store.write(() => Promise.resolve()), /must be synchronous/);
  assert.throws(() => store.write(() => add('a')), /UNIQUE/);
});

test('a second opener is refused and told the pid; the lock dies with the process', async (t) => {
  const path = scratch(t);
  const script = `import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))}; openStore(${JSON.stringify(path)}, []); process.stdout.write('open'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  assert.throws(
    () => openStore(path, []),
    (error) => isKind(error, 'conflict') && (error as Error).message.includes(`pid ${child.pid}`),
  );
  child.kill('SIGKILL');
  await exited;
  using store = openStore(path, []);
  assert.throws(() => openStore(path, []), new RegExp(`pid ${process.pid}`));
  assert.ok(existsSync(path) && store.db.isOpen);
});

test('durable() after close rejects, and a sync in flight at close is still answered', async (t) => {
  const store = openStore(scratch(t), migrations);
  store.write(() => store.db.exec("INSERT INTO item (name) VALUES ('x')"));
  const inFlight = store.durable();
  store[Symbol.dispose]();
  await inFlight;
  await assert.rejects(store.durable(), /closed/);
});
