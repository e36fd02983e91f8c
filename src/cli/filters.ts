import type { Flags } from './flags.ts';

/** What `--filter` said, as requests take it: names with their values. */
export function filtersOf(flags: Flags): Map<string, readonly string[]> {
  return new Map(Object.entries(flags.get<Record<string, string[]>>('filter')));
}
