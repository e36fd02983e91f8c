import { fail } from '#base/errors.ts';
import type { Network } from './types.ts';

/** Finds a network as dockerd does: full id, then name, then unique prefix of an id. Throws notFound or conflict with its texts. */
export function findNetwork(networks: readonly Network[], reference: string): Network {
  const exact = networks.find(({ id }) => id === reference);
  if (exact !== undefined) return exact;
  const named = networks.filter(({ name }) => name === reference);
  if (named.length > 1) fail('invalidArgument', `network ${reference} is ambiguous (${named.length} matches found on name)`);
  if (named[0] !== undefined) return named[0];
  const prefixed = reference === '' ? [] : networks.filter(({ id }) => id.startsWith(reference));
  if (prefixed.length > 1) fail('invalidArgument', `network ${reference} is ambiguous (${prefixed.length} matches found based on ID prefix)`);
  return prefixed[0] ?? fail('notFound', `network ${reference} not found`);
}
