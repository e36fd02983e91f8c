import { fail } from '#base/errors.ts';
import { contains, formatAddress, lastOf, overlaps, subnetOf } from './ipv4.ts';
import type { Subnet } from './ipv4.ts';

/** Where subnets come from when none is asked for, in order; Docker's default-address-pools for local networks. */
const POOLS: readonly { readonly base: number; readonly prefixLength: number; readonly size: number }[] = [
  ...[17, 18, 19].map((second) => ({ base: pool(172, second), prefixLength: 16, size: 16 })),
  ...[20, 24, 28].map((second) => ({ base: pool(172, second), prefixLength: 14, size: 16 })),
  { base: pool(192, 168), prefixLength: 16, size: 20 },
];

function pool(first: number, second: number): number {
  return (first * 2 ** 24 + second * 2 ** 16) >>> 0;
}

/** The first default subnet that overlaps nothing reserved (host routes, nameservers, other networks). Throws exhausted. */
export function freeSubnet(reserved: readonly Subnet[]): Subnet {
  for (const { base, prefixLength, size } of POOLS) {
    for (let index = 0; index < 2 ** (size - prefixLength); index++) {
      const candidate = subnetOf(base + index * 2 ** (32 - size), size);
      if (!reserved.some((other) => overlaps(candidate, other))) return candidate;
    }
  }
  return fail('exhausted', 'all predefined address pools have been fully subnetted', { hint: 'name a subnet that is free on this host (--bip)' });
}

/**
 * How long at most a released address is given to nobody else while others are free. The container's namespace dies some
 * milliseconds after its last process; until then its stack still answers for the address.
 */
const REST_MS = 250;

interface Rest {
  readonly until: number; // when it may be given again in any case
  readonly gone: () => boolean;
}

/**
 * Addresses of one network: the lowest free one first, as Docker gives them, within `range`. The network's own address,
 * the broadcast address and the gateway are never given out. Nothing is stored: `taken` comes from the endpoints.
 */
export class AddressSpace {
  readonly #subnet: Subnet;
  readonly #range: Subnet;
  readonly #name: string;
  readonly #taken: Set<number>;
  readonly #resting: Map<number, Rest> = new Map(); // in release order
  readonly #now: () => number;
  #lowest: number; // no address below it is free

  constructor(name: string, subnet: Subnet, range: Subnet, taken: Iterable<number>, now: () => number = () => performance.now()) {
    this.#name = name;
    this.#subnet = subnet;
    this.#range = range;
    this.#now = now;
    this.#taken = new Set(taken);
    if (subnet.prefixLength < 31) this.#taken.add(subnet.base).add(lastOf(subnet));
    this.#lowest = range.base;
  }

  /** Takes the lowest free address, or the given one. Throws exhausted, conflict (taken) or invalidArgument (not in the subnet). */
  take(wanted?: number): number {
    const address = wanted ?? this.#free();
    if (!contains(this.#subnet, address)) {
      fail('invalidArgument', `no configured subnet or ip-range contain the IP address ${formatAddress(address)}`);
    }
    if (this.#taken.has(address)) fail('conflict', 'Address already in use');
    this.#taken.add(address);
    this.#resting.delete(address);
    if (address === this.#lowest) this.#lowest = address + 1;
    return address;
  }

  /** `gone` tells that the interface which had the address is no more, so that it need not rest any longer. */
  release(address: number, gone: () => boolean = () => false): void {
    if (!this.#taken.delete(address) || !contains(this.#range, address)) return;
    this.#lowest = Math.min(this.#lowest, address);
    this.#resting.set(address, { until: this.#now() + REST_MS, gone });
  }

  #free(): number {
    const now = this.#now();
    for (const [address, { until }] of this.#resting) {
      if (until > now) break;
      this.#resting.delete(address);
    }
    const end = lastOf(this.#range);
    while (this.#lowest <= end && this.#taken.has(this.#lowest)) this.#lowest++;
    for (let address = this.#lowest; address <= end; address++) {
      if (!this.#taken.has(address) && (this.#resting.get(address)?.gone() ?? true)) return address;
    }
    const [longestResting] = this.#resting.keys();
    return longestResting ?? fail('exhausted', `no available IPv4 addresses on this network's address pools: ${this.#name}`);
  }
}
