import { fail } from '#base/errors.ts';

/** IPv4 arithmetic on unsigned 32-bit numbers. */

/** A network: `base` has no host bits. */
export interface Subnet {
  readonly base: number;
  readonly prefixLength: number;
}

/** Number of a dotted address, or undefined for anything else (no leading zeros, as Go's netip). */
export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatAddress(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

/** "192.168.5.1/24" as address and network. Throws invalidArgument with Go's text for anything else. */
export function parseCidr(text: string): { address: number; subnet: Subnet } {
  const [host = '', length = ''] = text.split('/', 2);
  const address = parseAddress(host);
  if (address === undefined || !/^(\d|[12]\d|3[0-2])$/.test(length) || text.split('/').length !== 2) {
    fail('invalidArgument', `invalid CIDR address: ${text}`);
  }
  return { address, subnet: subnetOf(address, Number(length)) };
}

export function subnetOf(address: number, prefixLength: number): Subnet {
  return { base: (address & mask(prefixLength)) >>> 0, prefixLength };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.base)}/${subnet.prefixLength}`;
}

export function mask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** The last address: the directed broadcast. */
export function lastOf(subnet: Subnet): number {
  return (subnet.base | ~mask(subnet.prefixLength)) >>> 0;
}

export function contains(subnet: Subnet, address: number): boolean {
  return ((address & mask(subnet.prefixLength)) >>> 0) === subnet.base;
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return contains(a, b.base) || contains(b, a.base);
}
