import type { ChainId } from '#spec/ids.ts';
import type { RootMount } from '#spec/mount.ts';

/** A committed layer stack (`chainId`), or a writable one on top of it (`key`). Directories have short numeric names. */
export type Snapshot =
  | { readonly kind: 'committed'; readonly chainId: ChainId; readonly parent?: ChainId; readonly dir: string; readonly size: number }
  | { readonly kind: 'active'; readonly key: string; readonly parent?: ChainId; readonly dir: string };

/** prepare / view / commit / remove → RootMount. Never mounts anything itself. */
export interface Snapshotter {
  /** A directory to unpack one layer into; nothing is visible until `commit`. */
  stage(): Promise<{
    readonly path: string;
    commit(chainId: ChainId, parent: ChainId | undefined, size: number): Promise<void>;
    discard(): Promise<void>;
  }>;
  has(chainId: ChainId): boolean;
  /** Writable snapshot for a container. Throws notFound for an unknown parent, conflict for a used key. */
  prepare(key: string, parent: ChainId | undefined): RootMount;
  mount(key: string): RootMount;
  /** Read-only stack of a committed snapshot. */
  view(chainId: ChainId): RootMount;
  /** What an active snapshot stands on: the image's root with what the engine puts into every container's. Read-only. */
  below(key: string): RootMount;
  /** The writable directory of an active snapshot: what the container changed. */
  upperPath(key: string): string;
  /** Removes an active snapshot or an unreferenced committed one; directories go to trash and vanish in the background. Idempotent. */
  remove(key: string): void;
  removeCommitted(chainId: ChainId): void;
  /** Bytes on disk of the writable directory. */
  usage(key: string): Promise<number>;
  list(): readonly Snapshot[];
  /** Moves what no row owns (crash leftovers) to the trash and begins to empty that. Call once at start, before anything else. */
  sweep(): Promise<void>;
}
