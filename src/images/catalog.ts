import { fail } from '#base/errors.ts';
import { formatTime, nowNs } from '#base/clock.ts';
import { parseImageConfig } from '#spec/image.ts';
import { isDigest, parseChainId, parseDigest } from '#spec/ids.ts';
import {
  familiarString,
  fullName,
  fullString,
  parseAnyReference,
  parseReference,
  tagNameOnly,
  trimNamed,
  withDigest,
} from '#spec/reference.ts';
import type { ChainId, Digest } from '#spec/ids.ts';
import type { NamedReference } from '#spec/reference.ts';
import type { Store } from '#store/types.ts';
import type { Image } from './types.ts';

/** What is stored of an image. */
export interface ImageRecord {
  readonly id: Digest;
  readonly manifest: Digest;
  readonly config: Uint8Array;
  readonly chainId: ChainId | undefined;
  readonly size: number;
  readonly parent?: Digest;
  /** Every blob that the image needs, manifest and config included. */
  readonly blobs: readonly Digest[];
}

/** Images and their names in the database. Everything is synchronous; several changes together go into one `store.write`. */
export class Catalog {
  readonly store: Store;
  /** Parsed configs never change; the cache is emptied with the image. */
  readonly #configs = new Map<Digest, Image['config']>();

  constructor(store: Store) {
    this.store = store;
  }

  has(id: Digest): boolean {
    return this.store.db.prepare('SELECT 1 FROM image WHERE id = ?').get(id) !== undefined;
  }

  ids(): Digest[] {
    return this.store.db
      .prepare('SELECT id FROM image ORDER BY id')
      .all()
      .map((row) => parseDigest(String(row['id'])));
  }

  /** The image with this id, or undefined. */
  find(id: Digest): Image | undefined {
    const row = this.store.db.prepare('SELECT id, manifest, parent, chain_id, size, last_tagged FROM image WHERE id = ?').get(id);
    if (row === undefined) return undefined;
    const names = this.names(id);
    return {
      id,
      manifest: parseDigest(String(row['manifest'])),
      parent: row['parent'] === null ? undefined : parseDigest(String(row['parent'])),
      config: this.#config(id),
      chainId: row['chain_id'] === null ? undefined : parseChainId(String(row['chain_id'])),
      repoTags: names.filter((name) => name.digest === undefined).map(familiarString),
      repoDigests: names.filter((name) => name.digest !== undefined).map(familiarString),
      size: Number(row['size']),
      lastTagged: row['last_tagged'] === null ? undefined : String(row['last_tagged']),
    };
  }

  #config(id: Digest): Image['config'] {
    const cached = this.#configs.get(id);
    if (cached !== undefined) return cached;
    const row = this.store.db.prepare('SELECT config FROM image WHERE id = ?').get(id) ?? fail('notFound', `No such image: ${id}`);
    const config = parseImageConfig(row['config'] as Uint8Array);
    this.#configs.set(id, config);
    return config;
  }

  /** Stores an image; one that is there already stays as it is. */
  add(record: ImageRecord): void {
    this.store.write(() => {
      const added = this.store.db
        .prepare('INSERT INTO image (id, manifest, config, chain_id, size, parent) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
        .run(record.id, record.manifest, record.config, record.chainId ?? null, record.size, record.parent ?? null);
      if (added.changes === 0) return;
      const blob = this.store.db.prepare('INSERT INTO image_blob (image, digest) VALUES (?, ?) ON CONFLICT DO NOTHING');
      for (const digest of record.blobs) blob.run(record.id, digest);
    });
  }

  /** Forgets an image that has no names any more. Its blobs and snapshots are left to the garbage collection. */
  delete(id: Digest): void {
    this.store.write(() => this.store.db.prepare('DELETE FROM image WHERE id = ?').run(id));
    this.#configs.delete(id);
  }

  /** Names of an image in the order of their text. */
  names(id: Digest): NamedReference[] {
    return this.store.db
      .prepare('SELECT name FROM image_name WHERE image = ? ORDER BY name')
      .all(id)
      .map((row) => parseReference(String(row['name'])));
  }

  /** All names of one repository with the images they mean. */
  namesOf(repository: NamedReference): { name: NamedReference; id: Digest }[] {
    const prefix = fullName(repository);
    // What follows the name is ':' or '@'; no other name of the grammar sorts between.
    const rows = this.store.db
      .prepare('SELECT name, image FROM image_name WHERE (name > ? AND name < ?) OR (name > ? AND name < ?) ORDER BY name')
      .all(`${prefix}:`, `${prefix};`, `${prefix}@`, `${prefix}A`);
    return rows.map((row) => ({ name: parseReference(String(row['name'])), id: parseDigest(String(row['image'])) }));
  }

  /** The image that a name means. A name with tag and digest is looked up by its digest, one with neither by `latest`. */
  byName(name: NamedReference): Digest | undefined {
    const key = name.digest === undefined ? tagNameOnly(name) : withDigest(trimNamed(name), name.digest);
    const row = this.store.db.prepare('SELECT image FROM image_name WHERE name = ?').get(fullString(key));
    return row === undefined ? undefined : parseDigest(String(row['image']));
  }

  /** The image whose id begins with this text (with or without `sha256:`), when there is exactly one. */
  byPrefix(text: string): Digest | undefined {
    const prefix = text.startsWith('sha256:') ? text : `sha256:${text}`;
    if (!/^sha256:[0-9a-f]{1,64}$/.test(prefix)) return undefined;
    const rows = this.store.db.prepare('SELECT id FROM image WHERE id >= ? AND id < ? LIMIT 2').all(prefix, `${prefix}g`);
    return rows.length === 1 ? parseDigest(String(rows[0]?.['id'])) : undefined;
  }

  /** Finds an image as Docker does: digest, then name, then id prefix. Throws notFound `No such image: x`, invalidArgument for impossible names. */
  resolve(text: string): Digest {
    const reference = parseAnyReference(text);
    if (reference.kind === 'digest') return this.has(reference.digest) ? reference.digest : missing(reference.digest, text);
    const found = this.byName(reference.named) ?? this.byPrefix(text);
    return found !== undefined && this.has(found) ? found : missing(familiarString(tagNameOnly(reference.named)), text);
  }

  /** Points a name at an image; what it meant before loses it. `byUser` also notes the time, as `docker tag` does. */
  setName(name: NamedReference, id: Digest, byUser: boolean): void {
    this.store.write(() => {
      this.store.db
        .prepare('INSERT INTO image_name (name, image) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET image = excluded.image')
        .run(fullString(tagNameOnly(name)), id);
      if (byUser) this.store.db.prepare('UPDATE image SET last_tagged = ? WHERE id = ?').run(formatTime(nowNs()), id);
    });
  }

  removeName(name: NamedReference): void {
    this.store.write(() => this.store.db.prepare('DELETE FROM image_name WHERE name = ?').run(fullString(name)));
  }

  /** Images that were made from this one by a build or commit. */
  hasChildren(id: Digest): boolean {
    return this.store.db.prepare('SELECT 1 FROM image WHERE parent = ?').get(id) !== undefined;
  }

  parent(id: Digest): Digest | undefined {
    const parent = this.store.db.prepare('SELECT parent FROM image WHERE id = ?').get(id)?.['parent'];
    return typeof parent === 'string' && isDigest(parent) && this.has(parseDigest(parent)) ? parseDigest(parent) : undefined;
  }

  /** Every blob that an image needs. */
  blobsOf(id: Digest): Digest[] {
    return this.store.db
      .prepare('SELECT digest FROM image_blob WHERE image = ?')
      .all(id)
      .map((row) => parseDigest(String(row['digest'])));
  }

  /** Topmost chain id of every image. */
  chains(): Set<string> {
    return new Set(
      this.store.db
        .prepare('SELECT DISTINCT chain_id FROM image WHERE chain_id IS NOT NULL')
        .all()
        .map((row) => String(row['chain_id'])),
    );
  }
}

function missing(shown: string, text: string): never {
  fail('notFound', `No such image: ${shown}`, { data: { reference: text } });
}
