import type { AbsolutePath } from './ids.ts';

/**
 * How to mount a root. Snapshotters return this and never mount themselves.
 * `lower` is topmost first; names are relative to `base`, so that 128 layers fit in one page of mount data.
 */
export type RootMount =
  | { readonly type: 'overlay'; readonly base: AbsolutePath; readonly lower: readonly string[]; readonly upper?: string; readonly work?: string; readonly options?: readonly string[] }
  | { readonly type: 'bind'; readonly source: AbsolutePath; readonly readonly: boolean };
