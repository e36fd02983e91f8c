import { parseChainId, parseDigest } from '#spec/ids.ts';
import type { ContentStore } from '#content/types.ts';
import type { ChainId } from '#spec/ids.ts';
import type { Snapshotter } from '#snapshots/types.ts';
import type { Catalog } from './catalog.ts';
import type { Leases } from './leases.ts';

/** What a collection works on. */
export interface CollectDeps {
  readonly catalog: Catalog;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly leases: Leases;
}

/**
 * Removes committed snapshots that neither an image nor a container needs, topmost first, and says which.
 * Synchronous: nothing can come to need one in between.
 */
export function collectSnapshots({ catalog, snapshots, leases }: CollectDeps): ChainId[] {
  const db = catalog.store.db;
  const rows = db.prepare("SELECT n, kind, chain_id, parent FROM snapshot WHERE kind <> 'stage'").all();
  const needed = catalog.chains();
  const limit = leases.limits().snapshots;
  const children = new Map<number, number>();
  for (const row of rows) if (row['parent'] !== null) children.set(Number(row['parent']), (children.get(Number(row['parent'])) ?? 0) + 1);
  const byN = new Map(rows.map((row) => [Number(row['n']), row]));
  const isGarbage = (n: number): boolean => {
    const row = byN.get(n);
    if (row?.['kind'] !== 'committed' || (children.get(n) ?? 0) > 0 || n > limit) return false;
    const chainId = String(row['chain_id']);
    return !needed.has(chainId) && !leases.holds(chainId);
  };
  const removed: ChainId[] = [];
  for (const start of byN.keys()) {
    // A removed layer may have been the last one that stood on the layer below it.
    for (let n = start; isGarbage(n);) {
      const row = byN.get(n);
      byN.delete(n);
      const chainId = parseChainId(String(row?.['chain_id']));
      snapshots.removeCommitted(chainId);
      removed.push(chainId);
      n = row?.['parent'] === null ? -1 : Number(row?.['parent']);
      children.set(n, (children.get(n) ?? 1) - 1);
    }
  }
  return removed;
}

/** Removes blobs that no image needs. Returns the bytes freed. */
export async function collectBlobs({ catalog, content, leases }: CollectDeps): Promise<number> {
  for (const digest of content.unsettled()) {
    // Of an operation that failed; one that is still going on may be about to hold it.
    if (leases.limits().blobs === Infinity) await content.remove(digest);
  }
  let freed = 0;
  for (const { seq, digest, size } of blobRows(catalog)) {
    // Looked at anew for each: an image may come to need it while another is being removed.
    if (seq > leases.limits().blobs || leases.holds(digest)) continue;
    if (catalog.store.db.prepare('SELECT 1 FROM image_blob WHERE digest = ?').get(digest) !== undefined) continue;
    await content.remove(parseDigest(digest));
    freed += size;
  }
  return freed;
}

function blobRows(catalog: Catalog): { seq: number; digest: string; size: number }[] {
  return catalog.store.db
    .prepare('SELECT seq, digest, size FROM blob')
    .all()
    .map((row) => ({ seq: Number(row['seq']), digest: String(row['digest']), size: Number(row['size']) }));
}

/** Highest sequence numbers given so far, for {@link Leases}. */
export function positionOf(catalog: Catalog): { blobs: number; snapshots: number } {
  const row = catalog.store.db
    .prepare(
      "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'blob') AS blobs, (SELECT seq FROM sqlite_sequence WHERE name = 'snapshot') AS snapshots",
    )
    .get();
  return { blobs: Number(row?.['blobs'] ?? 0), snapshots: Number(row?.['snapshots'] ?? 0) };
}
