import type { Client } from '#client/client.ts';
import type { Cli } from './cli.ts';

/**
 * Does the same to several things at once and prints each name when it is done, in the order given. All errors are thrown together
 * at the end, one per line, as Docker's client does.
 */
export async function forEach(cli: Cli, names: readonly string[], act: (api: Client, name: string) => Promise<string | void>): Promise<void> {
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
