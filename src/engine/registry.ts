import { failpoint } from '#base/failpoints.ts';
import { fail } from '#base/errors.ts';
import type { Migration, Store } from '#store/types.ts';
import { neverRan } from './state.ts';
import { newContainer } from './container.ts';
import type { Container, ContainerRecord, ContainerRuntime } from './container.ts';

/** The engine's tables. Documents are JSON; what is looked up has a column. */
export const containerMigrations: readonly Migration[] = [
  {
    layer: 'engine',
    version: 1,
    sql: `CREATE TABLE containers (
            id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL, runtime TEXT NOT NULL) STRICT, WITHOUT ROWID;
          CREATE TABLE container_plans (
            id TEXT PRIMARY KEY REFERENCES containers(id) ON DELETE CASCADE, warnings TEXT NOT NULL, plan BLOB NOT NULL) STRICT;`,
  },
];

const fresh: ContainerRuntime = { state: { status: 'created', ...neverRan }, restartCount: 0, manuallyStopped: false, hasBeenStarted: false };

/** All containers: rows in the store, live objects in memory. Reads take no lock and touch no disk. */
export class ContainerRegistry {
  readonly #store: Store;
  readonly #byId = new Map<string, Container>();
  readonly #byName = new Map<string, Container>();
  readonly #statements;

  constructor(store: Store) {
    this.#store = store;
    const { db } = store;
    this.#statements = {
      insert: db.prepare('INSERT INTO containers (id, name, record, runtime) VALUES (?, ?, ?, ?)'),
      runtime: db.prepare('UPDATE containers SET runtime = ? WHERE id = ?'),
      record: db.prepare('UPDATE containers SET record = ? WHERE id = ?'),
      rename: db.prepare('UPDATE containers SET name = ? WHERE id = ?'),
      remove: db.prepare('DELETE FROM containers WHERE id = ?'),
      plan: db.prepare('INSERT OR REPLACE INTO container_plans (id, warnings, plan) VALUES (?, ?, ?)'),
      readPlan: db.prepare('SELECT warnings, plan FROM container_plans WHERE id = ?'),
    };
    for (const row of db.prepare('SELECT id, name, record, runtime FROM containers').all()) {
      const record = JSON.parse(row['record'] as string) as ContainerRecord;
      this.#remember(newContainer(record, row['name'] as string, JSON.parse(row['runtime'] as string) as ContainerRuntime));
    }
  }

  #remember(container: Container): void {
    this.#byId.set(container.record.id, container);
    this.#byName.set(container.name, container);
  }

  all(): IterableIterator<Container> {
    return this.#byId.values();
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  byName(name: string): Container | undefined {
    return this.#byName.get(name);
  }

  /** By full id, name (with or without slash), or unique id prefix. Throws notFound or invalidArgument with Docker's texts. */
  get(reference: string): Container {
    return this.find(reference) ?? fail('notFound', `No such container: ${reference}`);
  }

  /** {@link get} with undefined for what does not exist. Throws for an ambiguous prefix. */
  find(reference: string): Container | undefined {
    const exact = this.#byId.get(reference) ?? this.#byName.get(reference.startsWith('/') ? reference.slice(1) : reference);
    if (exact !== undefined || !/^[0-9a-f]{1,63}$/.test(reference)) return exact;
    let found: Container | undefined;
    for (const [id, container] of this.#byId) {
      if (!id.startsWith(reference)) continue;
      if (found !== undefined) fail('invalidArgument', `multiple IDs found with provided prefix: ${reference}`);
      found = container;
    }
    return found;
  }

  /** Throws conflict with Docker's text when a container has this name. */
  requireFree(name: string): void {
    const taken = this.#byName.get(name);
    if (taken !== undefined) fail('conflict', conflictText(name, taken.record.id));
  }

  /** Adds a new container. Throws conflict (Docker's text) when the name is taken. The caller waits for `durable`. */
  insert(record: ContainerRecord, name: string): Container {
    this.requireFree(name);
    const container = newContainer(record, name, fresh);
    this.#store.write(() => this.#statements.insert.run(record.id, name, JSON.stringify(record), JSON.stringify(fresh)));
    failpoint('engine.create.after-row');
    this.#remember(container);
    return container;
  }

  /** Stores what changed in a container's life. */
  update(container: Container, change: Partial<ContainerRuntime>): void {
    container.runtime = { ...container.runtime, ...change };
    if (!this.#byId.has(container.record.id)) return;
    this.#store.write(() => this.#statements.runtime.run(JSON.stringify(container.runtime), container.record.id));
  }

  /** {@link update} in memory only: for what is not worth a write of its own. */
  note(container: Container, change: Partial<ContainerRuntime>): void {
    container.runtime = { ...container.runtime, ...change };
  }

  /** Stores a changed configuration. The caller waits for `durable`. */
  reconfigure(container: Container, record: ContainerRecord): void {
    this.#store.write(() => this.#statements.record.run(JSON.stringify(record), record.id));
    container.record = record;
  }

  rename(container: Container, name: string): void {
    const taken = this.#byName.get(name);
    if (taken !== undefined) fail('conflict', `Error when allocating new name: ${conflictText(name, taken.record.id)}`);
    this.#store.write(() => this.#statements.rename.run(name, container.record.id));
    this.#byName.delete(container.name);
    container.name = name;
    this.#byName.set(name, container);
  }

  remove(container: Container): void {
    this.#store.write(() => this.#statements.remove.run(container.record.id));
    this.#byId.delete(container.record.id);
    if (this.#byName.get(container.name) === container) this.#byName.delete(container.name);
  }

  /** Keeps the plan that runs, in the very bytes that the shim gets. */
  savePlan(id: string, plan: Uint8Array, warnings: readonly string[]): void {
    this.#store.write(() => this.#statements.plan.run(id, JSON.stringify(warnings), plan));
  }

  plan(id: string): { plan: Uint8Array; warnings: string[] } | undefined {
    const row = this.#statements.readPlan.get(id);
    return row === undefined ? undefined : { plan: row['plan'] as Uint8Array, warnings: JSON.parse(row['warnings'] as string) as string[] };
  }

  /** One transaction around several changes, those of other layers included. Synchronous. */
  transaction<T>(body: () => T): T {
    return this.#store.write(body);
  }

  durable(): Promise<void> {
    return this.#store.durable();
  }
}

function conflictText(name: string, id: string): string {
  return `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`;
}
