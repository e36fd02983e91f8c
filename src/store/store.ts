import { closeSync, fdatasync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BerthError, fail, messageOf } from '#base/errors.ts';
import { makePrivate, takeLock } from './lock.ts';
import type { Migration, Store } from './types.ts';

/**
 * Opens the database, alone: a lock file beside it keeps a second daemon away (conflict, naming its pid).
 * Migrations run in one transaction, in the order of their versions within each layer.
 * `:memory:` gives a store without files and without a lock, for tests; its `durable()` resolves at once.
 */
export function openStore(path: string, migrations: readonly Migration[]): Store {
  return new SqliteStore(path, migrations);
}

class SqliteStore implements Store {
  readonly db: DatabaseSync;
  readonly #lock: Disposable | undefined;
  readonly #sync: GroupSync | undefined;
  #depth = 0;
  #closed = false;

  constructor(path: string, migrations: readonly Migration[]) {
    const inMemory = path === ':memory:';
    using undo = new DisposableStack();
    if (!inMemory) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o710 });
      this.#lock = undo.use(takeLock(`${path}.lock`, { what: 'data root', flag: '--data-root' }));
      makePrivate(path); // it holds environments, and so secrets; the files beside it take its mode
    }
    this.db = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5000 });
    undo.adopt(this.db, (db) => db.close());
    // NORMAL never corrupts and keeps order; what must survive a power cut waits for durable() instead.
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF');
    this.write(() => migrate(this.db, migrations));
    if (!inMemory) {
      this.#sync = undo.use(new GroupSync(`${path}-wal`));
      syncDirectory(dirname(path));
    }
    undo.move();
  }

  write<T>(body: () => T): T {
    const nested = this.#depth > 0;
    const name = `s${this.#depth}`;
    this.#exec(nested ? `SAVEPOINT ${name}` : 'BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = body();
      if (isThenable(result)) fail('internal', 'a transaction must be synchronous: its body returned a promise');
      this.#exec(nested ? `RELEASE ${name}` : 'COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors (disk full, I/O): then there is no transaction left to end.
      if (this.db.isTransaction) this.db.exec(nested ? `ROLLBACK TO ${name}; RELEASE ${name}` : 'ROLLBACK');
      throw translate(error);
    } finally {
      this.#depth--;
    }
  }

  durable(): Promise<void> {
    return this.#sync === undefined ? Promise.resolve() : this.#sync.wait();
  }

  #exec(sql: string): void {
    try {
      this.db.exec(sql);
    } catch (error) {
      throw translate(error);
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sync?.[Symbol.dispose]();
    this.db.close();
    this.#lock?.[Symbol.dispose]();
  }
}

/** One fdatasync at a time; whoever comes while one runs shares the next one. */
class GroupSync implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    // SQLite takes no POSIX locks on the WAL itself, so that a second descriptor of ours releases none.
    this.#fd = openSync(path, 'a');
  }

  wait(): Promise<void> {
    if (this.#closed) return Promise.reject(new BerthError('unavailable', `syncing ${this.#path}: the store is closed`));
    if (this.#running === undefined) return (this.#running = this.#start());
    return (this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return (this.#running = this.#start());
      }));
  }

  #start(): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      fdatasync(this.#fd, (error) => {
        if (error === null) resolve();
        else reject(new BerthError('dataLoss', `syncing ${this.#path}: ${error.message}`, { cause: error }));
      });
    });
    const ended = (): void => {
      if (this.#running === done) this.#running = undefined;
      if (this.#closed && this.#running === undefined) closeSync(this.#fd);
    };
    done.then(ended, ended);
    return done;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#running === undefined) closeSync(this.#fd);
  }
}

function migrate(db: DatabaseSync, migrations: readonly Migration[]): void {
  db.exec('CREATE TABLE IF NOT EXISTS migration (layer TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (layer, version)) STRICT');
  const applied = db.prepare('SELECT max(version) AS version FROM migration WHERE layer = ?');
  const record = db.prepare('INSERT INTO migration (layer, version) VALUES (?, ?)');
  for (const layer of new Set(migrations.map((migration) => migration.layer))) {
    const steps = migrations.filter((migration) => migration.layer === layer).sort((a, b) => a.version - b.version);
    steps.forEach((step, index) => {
      if (step.version !== index + 1)
        fail('internal', `migrations of ${layer} must count from 1 without gaps: got ${step.version} for ${index + 1}`);
    });
    const have = Number(applied.get(layer)?.['version'] ?? 0);
    if (have > steps.length) {
      fail('conflict', `the data root was written by a newer version: ${layer} has schema ${have}, this program knows ${steps.length}`);
    }
    for (const step of steps.slice(have)) {
      db.exec(step.sql);
      record.run(layer, step.version);
    }
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

// Result codes: https://www.sqlite.org/rescode.html. Constraint errors stay as they are: callers map them to conflicts.
function translate(error: unknown): unknown {
  const code = (error as { errcode?: number } | null)?.errcode;
  if (code === undefined) return error;
  const primary = code & 0xff;
  if (primary === 13)
    return new BerthError('exhausted', 'writing the database: no space left on device', { cause: error, data: { errno: 'ENOSPC' } });
  if (primary === 5 || primary === 6) return new BerthError('unavailable', `the database is locked: ${messageOf(error)}`, { cause: error });
  if (primary === 10) return new BerthError('exhausted', `writing the database: ${messageOf(error)}`, { cause: error });
  if (primary === 11 || primary === 26) return new BerthError('dataLoss', `the database is damaged: ${messageOf(error)}`, { cause: error });
  return error;
}
