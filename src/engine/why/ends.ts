import type { Migration, Store } from '#store/types.ts';
import type { Evidence } from './verdict.ts';

/** Ends of containers, kept with them: they go when the container goes. */
export const endMigrations: readonly Migration[] = [
  {
    layer: 'why',
    version: 1,
    sql: `CREATE TABLE container_ends (
            id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE, number INTEGER NOT NULL, evidence TEXT NOT NULL,
            PRIMARY KEY (id, number)) STRICT, WITHOUT ROWID;`,
  },
];

/** So many ends are kept for each container, the newest ones. */
const kept = 10;

/** What is known of the ends of containers: stored as evidence, judged when asked, so that a better judge judges old ends too. */
export class EndRecords {
  readonly #store: Store;
  readonly #statements;

  constructor(store: Store) {
    this.#store = store;
    const { db } = store;
    this.#statements = {
      last: db.prepare('SELECT max(number) AS number FROM container_ends WHERE id = ?'),
      insert: db.prepare('INSERT INTO container_ends (id, number, evidence) VALUES (?, ?, ?)'),
      trim: db.prepare('DELETE FROM container_ends WHERE id = ? AND number <= ?'),
      list: db.prepare('SELECT evidence FROM container_ends WHERE id = ? ORDER BY number DESC'),
    };
  }

  add(id: string, evidence: Evidence): void {
    this.#store.write(() => {
      const number = Number(this.#statements.last.get(id)?.['number'] ?? 0) + 1;
      this.#statements.insert.run(id, number, JSON.stringify(evidence));
      this.#statements.trim.run(id, number - kept);
    });
  }

  /** Newest first. */
  list(id: string): Evidence[] {
    return this.#statements.list.all(id).map((row) => JSON.parse(row['evidence'] as string) as Evidence);
  }
}
