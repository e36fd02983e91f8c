import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fail, isKind } from '#base/errors.ts';
import { WorkerPool } from '#base/worker-pool.ts';
import { parseAbsolutePath, parseChainId } from '#spec/ids.ts';
import type { ChainId } from '#spec/ids.ts';
import type { RootMount } from '#spec/mount.ts';
import type { Migration, Store } from '#store/types.ts';
import { ensureInitLayer } from './init-layer.ts';
import { removeSmallTree } from './tree.ts';
import type { Snapshot, Snapshotter } from './types.ts';

/** `n` names the directory and is never used again. `stage`: being unpacked, owned by nobody after a crash. */
export const snapshotMigrations: readonly Migration[] = [
  {
    layer: 'snapshots',
    version: 1,
    sql: `CREATE TABLE snapshot (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('stage', 'committed', 'active')),
      chain_id TEXT UNIQUE,
      key TEXT UNIQUE,
      parent INTEGER REFERENCES snapshot(n),
      size INTEGER NOT NULL DEFAULT 0,
      CHECK ((kind = 'committed') = (chain_id IS NOT NULL)),
      CHECK ((kind = 'active') = (key IS NOT NULL))
    ) STRICT;
    CREATE INDEX snapshot_parent ON snapshot(parent);`,
  },
];

/** The snapshotter with its background work. */
export interface DiskSnapshotter extends Snapshotter, AsyncDisposable {
  /** Resolves when nothing that was removed so far is left in the trash. */
  settled(): Promise<void>;
}

interface Row {
  n: number;
  kind: Snapshot['kind'] | 'stage';
  chainId: ChainId | undefined;
  key: string | undefined;
  parent: number | undefined;
  size: number;
}

/**
 * Snapshots as overlay directories below `directory`: `<n>/fs` holds a layer or a container's changes, `<n>/work` is
 * overlay's. `trash/` holds what is being deleted. Call `sweep()` once after opening.
 */
export function openSnapshotter(directory: string, store: Store): DiskSnapshotter {
  return new OverlaySnapshotter(directory, store);
}

class OverlaySnapshotter implements DiskSnapshotter {
  readonly #directory: string;
  readonly #store: Store;
  readonly #worker = new WorkerPool(new URL('./worker.ts', import.meta.url), 1);
  readonly #removals = new Set<Promise<void>>();

  constructor(directory: string, store: Store) {
    this.#directory = parseAbsolutePath(directory);
    this.#store = store;
    mkdirSync(join(directory, 'trash'), { recursive: true, mode: 0o710 });
  }

  async stage(): Promise<Awaited<ReturnType<Snapshotter['stage']>>> {
    const n = this.#insert("INSERT INTO snapshot (kind) VALUES ('stage')");
    const path = join(this.#directory, String(n), 'fs');
    makeDirectories(this.#directory, n, ['fs']);
    let open = true;
    const discard = async (): Promise<void> => {
      if (!open) return;
      open = false;
      this.#discardStage(n);
    };
    const commit = async (chainId: ChainId, parent: ChainId | undefined, size: number): Promise<void> => {
      if (!open) fail('conflict', `committing snapshot ${n}: it is no longer open`);
      if (this.has(chainId)) return discard();
      const parentN = parent === undefined ? null : this.#committed(parent).n;
      this.#store.write(() =>
        this.#store.db
          .prepare("UPDATE snapshot SET kind = 'committed', chain_id = ?, parent = ?, size = ? WHERE n = ?")
          .run(chainId, parentN, size, n),
      );
      open = false;
    };
    return { path, commit, discard };
  }

  has(chainId: ChainId): boolean {
    return this.#find('chain_id = ?', chainId) !== undefined;
  }

  prepare(key: string, parent: ChainId | undefined): RootMount {
    const parentRow = parent === undefined ? undefined : this.#committed(parent);
    if (this.#find('key = ?', key) !== undefined) fail('conflict', `preparing snapshot ${key}: it exists already`);
    const n = this.#insert("INSERT INTO snapshot (kind, key, parent) VALUES ('active', ?, ?)", key, parentRow?.n ?? null);
    makeDirectories(this.#directory, n, ['fs', 'work']);
    try {
      ensureInitLayer(this.#directory, String(parentRow?.n ?? n), parentRow === undefined ? [] : this.#stack(parentRow.n));
    } catch (error) {
      this.#drop(n);
      throw error;
    }
    return this.mount(key);
  }

  mount(key: string): RootMount {
    const row = this.#active(key);
    return {
      type: 'overlay',
      base: parseAbsolutePath(this.#directory),
      lower: this.#below(row),
      upper: `${row.n}/fs`,
      work: `${row.n}/work`,
    };
  }

  view(chainId: ChainId): RootMount {
    const row = this.#committed(chainId);
    const lower = this.#stack(row.n);
    // Overlay without an upper directory wants at least two lower ones.
    if (lower.length === 1) return { type: 'bind', source: parseAbsolutePath(this.#fs(row.n)), readonly: true };
    return { type: 'overlay', base: parseAbsolutePath(this.#directory), lower };
  }

  below(key: string): RootMount {
    const lower = this.#below(this.#active(key));
    const [only = ''] = lower;
    if (lower.length === 1) return { type: 'bind', source: parseAbsolutePath(join(this.#directory, only)), readonly: true };
    return { type: 'overlay', base: parseAbsolutePath(this.#directory), lower };
  }

  /** Directories below a container's own, topmost first: the init layer, then the image's. */
  #below(row: Row): string[] {
    return [`${row.parent ?? row.n}/init`, ...(row.parent === undefined ? [] : this.#stack(row.parent))];
  }

  upperPath(key: string): string {
    return this.#fs(this.#active(key).n);
  }

  remove(key: string): void {
    const row = this.#find("kind = 'active' AND key = ?", key);
    if (row !== undefined) this.#drop(row.n);
  }

  removeCommitted(chainId: ChainId): void {
    const row = this.#find('chain_id = ?', chainId);
    if (row === undefined) return;
    const child = this.#find('parent = ?', row.n);
    if (child !== undefined) fail('conflict', `removing snapshot ${chainId}: ${child.chainId ?? child.key ?? child.n} stands on it`);
    this.#drop(row.n);
  }

  usage(key: string): Promise<number> {
    return this.#worker.run<number>('treeSize', this.upperPath(key));
  }

  list(): readonly Snapshot[] {
    const rows = this.#rows();
    const chainOf = new Map(rows.map((row) => [row.n, row.chainId]));
    return rows.flatMap((row): Snapshot[] => {
      const parent = row.parent === undefined ? undefined : chainOf.get(row.parent);
      const base = { dir: this.#fs(row.n), ...(parent === undefined ? {} : { parent }) };
      if (row.kind === 'committed' && row.chainId !== undefined)
        return [{ kind: 'committed', chainId: row.chainId, size: row.size, ...base }];
      return row.kind === 'active' && row.key !== undefined ? [{ kind: 'active', key: row.key, ...base }] : [];
    });
  }

  async sweep(): Promise<void> {
    this.#store.write(() => this.#store.db.exec("DELETE FROM snapshot WHERE kind = 'stage'"));
    const owned = new Set(this.#rows().map((row) => String(row.n)));
    for (const name of readdirSync(this.#directory)) if (name !== 'trash' && !owned.has(name)) this.#discard(name);
    for (const name of readdirSync(join(this.#directory, 'trash'))) this.#removeLater(name);
  }

  async settled(): Promise<void> {
    while (this.#removals.size > 0) await Promise.all(this.#removals);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settled().catch(() => undefined);
    await this.#worker[Symbol.asyncDispose]();
  }

  #fs(n: number): string {
    return join(this.#directory, String(n), 'fs');
  }

  #insert(sql: string, ...values: (string | number | null)[]): number {
    return this.#store.write(() => Number(this.#store.db.prepare(sql).run(...values).lastInsertRowid));
  }

  #rows(where: string = '1', ...values: (string | number)[]): Row[] {
    const rows = this.#store.db
      .prepare(`SELECT n, kind, chain_id, key, parent, size FROM snapshot WHERE ${where} ORDER BY n`)
      .all(...values);
    return rows.map((row) => ({
      n: Number(row['n']),
      kind: row['kind'] as Row['kind'],
      chainId: typeof row['chain_id'] === 'string' ? parseChainId(row['chain_id']) : undefined,
      key: typeof row['key'] === 'string' ? row['key'] : undefined,
      parent: row['parent'] === null ? undefined : Number(row['parent']),
      size: Number(row['size']),
    }));
  }

  #find(where: string, value: string | number): Row | undefined {
    return this.#rows(where, value)[0];
  }

  #committed(chainId: ChainId): Row {
    return this.#find('chain_id = ?', chainId) ?? fail('notFound', `snapshot ${chainId}: not found`);
  }

  #active(key: string): Row {
    return this.#find("kind = 'active' AND key = ?", key) ?? fail('notFound', `snapshot ${key}: not found`);
  }

  /** Directories of a committed snapshot and everything below it, topmost first. */
  #stack(n: number): string[] {
    const rows = this.#store.db
      .prepare(
        'WITH RECURSIVE chain(n, parent, depth) AS (SELECT n, parent, 0 FROM snapshot WHERE n = ? UNION ALL SELECT s.n, s.parent, depth + 1 FROM snapshot s JOIN chain ON s.n = chain.parent) SELECT n FROM chain ORDER BY depth',
      )
      .all(n);
    return rows.map((row) => `${String(row['n'])}/fs`);
  }

  /** The row goes first: a crash in between leaves a directory without an owner, which sweep() removes. */
  #drop(n: number): void {
    this.#store.write(() => this.#store.db.prepare('DELETE FROM snapshot WHERE n = ?').run(n));
    if (existsSync(join(this.#directory, String(n)))) this.#discard(String(n));
  }

  /** The files go first, and must go even when the disk is too full to change the database: sweep() takes a row that stays. */
  #discardStage(n: number): void {
    if (existsSync(join(this.#directory, String(n)))) this.#discard(String(n));
    try {
      this.#store.write(() => this.#store.db.prepare("DELETE FROM snapshot WHERE n = ? AND kind = 'stage'").run(n));
    } catch (error) {
      if (!isKind(error, 'exhausted')) throw error;
    }
  }

  #discard(name: string): void {
    renameSync(join(this.#directory, name), join(this.#directory, 'trash', name));
    this.#removeLater(name);
  }

  #removeLater(name: string): void {
    // What can't be removed now stays in the trash and is tried again at the next start.
    const removal = this.#remove(join(this.#directory, 'trash', name)).catch(() => undefined);
    this.#removals.add(removal);
    void removal.finally(() => this.#removals.delete(removal));
  }

  /** After the caller was answered; a worker (tens of milliseconds to start) only for what takes long. */
  async #remove(path: string): Promise<void> {
    await setImmediate();
    if (!removeSmallTree(path)) await this.#worker.run<void>('removeTree', path);
  }
}

function makeDirectories(directory: string, n: number, names: readonly string[]): void {
  mkdirSync(join(directory, String(n)), { mode: 0o710 });
  for (const name of names) {
    mkdirSync(join(directory, String(n), name));
    // The mode of `fs` is the mode of `/` in the container, whatever the daemon's umask is.
    chmodSync(join(directory, String(n), name), name === 'fs' ? 0o755 : 0o700);
  }
}
