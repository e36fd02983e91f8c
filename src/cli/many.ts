import type { ApiPort } from './api-port.ts';
import type { Cli } from './cli.ts';

/**
 * Does the same to several things at once and prints each name when it is done, in the order given. All errors are thrown together
 * at the end, one per line, as Docker's client does.
 */
export async function forEach(cli: Cli, names: readonly string[], act: (api: ApiPort, name: string) => Promise<string | void>): Promise<void> {
  const api = await cli.api();
  const errors: string[] = [];
  const results = await Promise.allSettled(names.map((name) => act(api, name)));
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') {
      const text = result.value ?? (names[index] as string);
      if (text !== '') cli.out.line(text);
    } else errors.push(result.reason instanceof Error ? result.reason.message : String(result.reason));
  }
  if (errors.length > 0) throw new Error(errors.join('\n'));
}

/** Filters in the form that all daemons read: {"status":{"running":true}}; undefined when there are none. */
export function filtersParameter(filters: Readonly<Record<string, readonly string[]>>): string | undefined {
  const names = Object.keys(filters).sort();
  if (names.length === 0) return undefined;
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, Object.fromEntries((filters[name] ?? []).map((value) => [value, true]))])));
}
