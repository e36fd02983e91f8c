import { parseCidr, formatSubnet } from './ipv4.ts';
import { DEFAULT_BRIDGE } from './options.ts';

/** What the ruleset depends on. Names are checked by {@link bridgeName}, subnets parsed: nothing here comes from outside as text. */
export interface FirewallInput {
  readonly table: string;
  readonly bridges: readonly FirewallBridge[];
}

export interface FirewallBridge {
  readonly name: string;
  /** "172.17.0.0/16" */
  readonly subnet: string;
  /** Containers of this bridge may talk to each other. */
  readonly icc: boolean;
  readonly masquerade: boolean;
}

/** Table of the daemon whose default bridge has this name: daemons that share a network namespace have different bridges. */
export function tableName(bridge: string): string {
  if (bridge === DEFAULT_BRIDGE) return 'berth';
  return `berth_${bridge.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`)}`;
}

/**
 * The whole table as one transaction: it replaces what was there, so applying it twice is applying it once. Everything that
 * grows with networks or published ports is a set or map; the rules are always these.
 *
 *   published  host address . protocol . host port → container address . port   (0.0.0.0/0: every local address)
 *   bridges    bridges of ours                     within   bridge . bridge pairs that may talk (icc)
 *   sources    subnets that are masqueraded
 */
export function ruleset(input: FirewallInput): string {
  const { table, bridges } = input;
  const set = (items: readonly string[]): string => (items.length === 0 ? '' : `    elements = { ${items.join(', ')} }\n`);
  const names = bridges.map(({ name }) => `"${name}"`);
  const within = bridges.filter(({ icc }) => icc).map(({ name }) => `"${name}" . "${name}"`);
  const sources = bridges.filter(({ masquerade }) => masquerade).map(({ subnet }) => formatSubnet(parseCidr(subnet).subnet));
  return `table inet ${table}
delete table inet ${table}
table inet ${table} {
  map published {
    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
    flags interval
  }

  set bridges {
    type ifname
${set(names)}  }

  set within {
    type ifname . ifname
${set(within)}  }

  set sources {
    type ipv4_addr
    flags interval
${set(sources)}  }

  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport map @published
  }

  chain output {
    type nat hook output priority -100; policy accept;
    ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport map @published
  }

  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname != @bridges ip saddr @sources masquerade
  }

  chain forward {
    type filter hook forward priority filter; policy accept;
    oifname @bridges ct state established,related accept
    oifname @bridges ct status dnat accept
    iifname . oifname @within accept
    oifname @bridges drop
  }
}
`;
}
