import type { DatabaseSync } from 'node:sqlite';

/** One step of a layer's schema; versions count from 1 within a layer and never change once released. */
export interface Migration {
  readonly layer: string;
  readonly version: number;
  readonly sql: string;
}

/**
 * The one database (SQLite, WAL). Transactions are synchronous and short: no `await` inside.
 * `write` commits without waiting for the disk; `durable()` resolves when everything committed before the call has
 * reached it (one fdatasync of the WAL shared by all waiters: group commit).
 */
export interface Store extends Disposable {
  readonly db: DatabaseSync;
  write<T>(body: () => T): T;
  durable(): Promise<void>;
}
