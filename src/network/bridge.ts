import { randomBytes } from 'node:crypto';
import { fail } from '#base/errors.ts';
import { findLink, listAddresses, listRoutes } from '#kernel/links.ts';
import type { Link } from '#kernel/links.ts';
import { linkUp, newAddress, newBridge } from '#kernel/rtnetlink.ts';
import type { Netlink } from '#kernel/types.ts';
import { freeSubnet } from './ipam.ts';
import { formatAddress, lastOf, overlaps, parseAddress, parseCidr, subnetOf } from './ipv4.ts';
import type { Subnet } from './ipv4.ts';

/**
 * MAC address of a container: 02:42 and the bytes of its IPv4 address, as Docker made them up to 27. Docker 28 takes random
 * ones and has to announce them, since neighbours remember the address's former owner; these are right from the start.
 */
export function macOf(address: number): string {
  return ['02', '42', ...[24, 16, 8, 0].map((shift) => ((address >>> shift) & 255).toString(16).padStart(2, '0'))].join(':');
}

/** A random, locally administered unicast address, as dockerd gives to bridges. */
export function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfe) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The bridge, made when it is missing and up in any case. Throws conflict when the name belongs to another kind of link. */
export function ensureBridge(netlink: Netlink, name: string): Link {
  const existing = findLink(netlink, name);
  if (existing !== undefined) {
    if (existing.kind !== 'bridge') fail('conflict', `interface ${name} exists and is not a bridge`);
    if ((existing.flags & 1) === 0) netlink.request(linkUp(existing.index));
    return existing;
  }
  // With an address of its own: a bridge takes the lowest of its ports otherwise, and changes it with them.
  netlink.request(newBridge(name, randomMac()));
  return findLink(netlink, name) ?? fail('internal', `bridge ${name} vanished while it was made`);
}

/** First IPv4 address of a link as CIDR text, or undefined. */
export function addressOf(netlink: Netlink, index: number): string | undefined {
  const found = listAddresses(netlink).find((address) => address.index === index);
  return found === undefined ? undefined : `${found.address}/${found.prefixLength}`;
}

/** Adds the address unless the link has it. */
export function ensureAddress(netlink: Netlink, index: number, cidr: string): void {
  const { address, subnet } = parseCidr(cidr);
  const text = formatAddress(address);
  if (listAddresses(netlink).some((known) => known.index === index && known.address === text)) return;
  netlink.request(newAddress(index, text, subnet.prefixLength, formatAddress(lastOf(subnet))));
}

/**
 * Which address the bridge is to have: what was asked for; what an existing bridge has; what it had the last time, if
 * nothing else on the host took that meanwhile; the first free default subnet.
 */
export function chooseAddress(netlink: Netlink, bridge: Link, asked: string | undefined, stored: string | undefined, nameservers: readonly string[]): string {
  if (asked) return asked;
  const present = addressOf(netlink, bridge.index);
  if (present !== undefined) return present;
  const reserved = reservedSubnets(netlink, bridge.index, nameservers);
  if (stored !== undefined && !reserved.some((other) => overlaps(parseCidr(stored).subnet, other))) return stored;
  const subnet = freeSubnet(reserved);
  return `${formatAddress(subnet.base + 1)}/${subnet.prefixLength}`;
}

function reservedSubnets(netlink: Netlink, bridge: number, nameservers: readonly string[]): Subnet[] {
  const routes = listRoutes(netlink)
    .filter((route) => route.prefixLength > 0 && route.link !== bridge)
    .map((route) => subnetOf(parseAddress(route.destination) ?? 0, route.prefixLength));
  const servers = nameservers.map(parseAddress).filter((address) => address !== undefined);
  return [...routes, ...servers.map((address) => subnetOf(address, 32))];
}
