import { messageOf } from '#base/errors.ts';

/**
 * Beside other firewalls. A packet is accepted only if every base chain of the forward hook accepts it, so no rule in our
 * table can undo the `policy drop` that dockerd sets on `ip filter FORWARD`. dockerd offers DOCKER-USER for exactly this:
 * it is made for rules of others, evaluated first, and left alone by dockerd. Two accept rules go there, of a form that
 * iptables-nft can show (interface names only); what may pass is still decided by our own forward chain, whose drop is
 * final. Nothing else of others is touched: see {@link forwardBlockers}.
 */

const COMMENT = 'berth';

/** Commands that let a bridge's traffic through DOCKER-USER; undefined when there is no such chain or all is there. `listing` is `list chain ip filter DOCKER-USER`. */
export function dockerUserRules(listing: string, bridges: readonly string[]): string | undefined {
  const missing = bridges.flatMap((name) =>
    ['iifname', 'oifname'].filter((side) => !listing.includes(`${side} "${name}"`)).map((side) => `insert rule ip filter DOCKER-USER ${side} "${name}" counter accept comment "${COMMENT}"`),
  );
  return missing.length === 0 ? undefined : `${missing.join('\n')}\n`;
}

/** Puts {@link dockerUserRules} in place where dockerd shares the namespace. Returns whether there is such a chain, and so a passage. */
export function passDockerUser(run: (commands: string) => string, bridges: readonly string[]): boolean {
  let listing: string;
  try {
    listing = run('list chain ip filter DOCKER-USER\n');
  } catch {
    return false; // no dockerd here, or one that uses iptables-legacy
  }
  const commands = dockerUserRules(listing, bridges);
  if (commands !== undefined) run(commands);
  return true;
}

/** Base chains of the forward hook whose policy is drop, "ip filter FORWARD": what may keep containers from the outside. */
export function forwardBlockers(run: (commands: string) => string): string[] {
  let listing: string;
  try {
    listing = run('list chains\n');
  } catch (error) {
    return [`unknown: ${messageOf(error)}`];
  }
  const found: string[] = [];
  let table = '';
  let chain = '';
  for (const line of listing.split('\n')) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain;
    if (/hook forward .*policy drop;/.test(line)) found.push(`${table} ${chain}`);
  }
  return found;
}
