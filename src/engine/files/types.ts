import type { TreeMount, TreeRoot } from '#kernel/container-tree.ts';
import type { RootMount } from '#spec/mount.ts';

/** Which tree a helper process is to look into. */
export interface TreeRequest {
  readonly root: TreeRoot;
  readonly mounts: readonly TreeMount[];
}

/** What the header X-Docker-Container-Path-Stat tells. `mode` as Go's os.FileMode has it. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  /** RFC 3339 with nanoseconds. */
  readonly mtime: string;
  readonly linkTarget: string;
}

export interface PathRequest extends TreeRequest {
  readonly path: string;
}

export interface ExtractRequest extends PathRequest {
  readonly noOverwriteDirNonDir: boolean;
  /** Everything gets this owner; undefined: the archive's. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly readonlyRoot: boolean;
  /** Mount points with their access: a path in a read-only one is refused. */
  readonly volumes: readonly { readonly destination: string; readonly writable: boolean }[];
}

export interface ChangesRequest {
  /** The directory that holds what was changed. */
  readonly upper: string;
  /** What it stands on. */
  readonly lower: RootMount;
}

/** Docker's kinds: 0 changed, 1 added, 2 deleted. */
export interface Change {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}
