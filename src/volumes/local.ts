import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { errnoOf, fail } from '#base/errors.ts';
import { formatTime, nowNs } from '#base/clock.ts';
import { failpoint } from '#base/failpoints.ts';
import type { Migration, Store } from '#store/types.ts';
import type { Volume, VolumeService } from './types.ts';

export const volumeMigrations: readonly Migration[] = [
  { layer: 'volumes', version: 1, sql: 'CREATE TABLE volumes (name TEXT PRIMARY KEY, created TEXT NOT NULL, labels TEXT NOT NULL) STRICT, WITHOUT ROWID;' },
];

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Local volumes: one directory each below `root`. */
export function createVolumeService(store: Store, root: string): VolumeService {
  mkdirSync(root, { recursive: true, mode: 0o701 });
  return new LocalVolumes(store, root);
}

class LocalVolumes implements VolumeService {
  readonly #store: Store;
  readonly #root: string;
  readonly #volumes = new Map<string, Volume>();

  constructor(store: Store, root: string) {
    this.#store = store;
    this.#root = root;
    for (const row of store.db.prepare('SELECT name, created, labels FROM volumes').all()) {
      const name = row['name'] as string;
      this.#volumes.set(name, this.#volume(name, row['created'] as string, JSON.parse(row['labels'] as string) as Record<string, string> | null));
    }
  }

  #volume(name: string, created: string, labels: Readonly<Record<string, string>> | null): Volume {
    return { name, driver: 'local', created, labels, mountpoint: `${this.#root}/${name}/_data` };
  }

  list(): readonly Volume[] {
    return [...this.#volumes.values()];
  }

  find(name: string): Volume | undefined {
    return this.#volumes.get(name);
  }

  create(name: string, options: { labels?: Readonly<Record<string, string>> } = {}): { volume: Volume; made: boolean } {
    const known = this.#volumes.get(name);
    if (known !== undefined) return { volume: known, made: false };
    if (name.length === 1) fail('invalidArgument', 'volume name is too short, names should be at least two alphanumeric characters');
    if (!NAME.test(name)) {
      fail('invalidArgument', `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`);
    }
    const volume = this.#volume(name, formatTime(nowNs()).replace(/\.\d+Z$/, 'Z'), options.labels ?? null);
    mkdirSync(volume.mountpoint, { recursive: true, mode: 0o755 });
    failpoint('volumes.create.after-directory');
    this.#store.write(() => this.#store.db.prepare('INSERT INTO volumes (name, created, labels) VALUES (?, ?, ?)').run(name, volume.created, JSON.stringify(volume.labels)));
    this.#volumes.set(name, volume);
    return { volume, made: true };
  }

  async remove(name: string): Promise<void> {
    this.#store.write(() => this.#store.db.prepare('DELETE FROM volumes WHERE name = ?').run(name));
    this.#volumes.delete(name);
    failpoint('volumes.remove.after-row');
    // Out of the way at once, so that a new volume of this name is empty; deleted in its own time.
    const trash = `${this.#root}/.trash-${name}-${nowNs()}`;
    try {
      renameSync(`${this.#root}/${name}`, trash);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    await rm(trash, { recursive: true, force: true });
  }

  async sweep(): Promise<void> {
    for (const entry of readdirSync(this.#root)) if (!this.#volumes.has(entry)) await rm(`${this.#root}/${entry}`, { recursive: true, force: true });
    for (const volume of this.#volumes.values()) mkdirSync(volume.mountpoint, { recursive: true });
  }
}
