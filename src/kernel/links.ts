import { errnoOf } from '#base/errors.ts';
import { dump, getLinkByName, readAttributes } from './rtnetlink.ts';
import type { Netlink } from './types.ts';

/** A network interface as the kernel lists it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_* bits. */
  readonly flags: number;
  readonly mac: string;
  readonly mtu: number;
  /** Index of the bridge it is a port of, or 0. */
  readonly master: number;
  /** "veth", "bridge", or "" for hardware and loopback. */
  readonly kind: string;
  /** Free text that administrators and programs give it (`ip link set … alias`), or "". */
  readonly alias: string;
}

export interface LinkAddress {
  readonly index: number;
  readonly address: string;
  readonly prefixLength: number;
}

/** An IPv4 destination that the host has a route for; the default route is 0.0.0.0/0. */
export interface HostRoute {
  readonly destination: string;
  readonly prefixLength: number;
  /** RT_TABLE_*: 254 main, 255 local. */
  readonly table: number;
  /** Index of the outgoing interface, or 0. */
  readonly link: number;
}

export function listLinks(netlink: Netlink): Link[] {
  return netlink.request(dump('links')).map((payload) => readLink(Buffer.from(payload)));
}

/** Undefined when there is no link of that name. */
export function findLink(netlink: Netlink, name: string): Link | undefined {
  try {
    const [payload] = netlink.request(getLinkByName(name));
    return payload === undefined ? undefined : readLink(Buffer.from(payload));
  } catch (error) {
    if (errnoOf(error) === 'ENODEV') return undefined;
    throw error;
  }
}

/** IPv4 addresses of all links. */
export function listAddresses(netlink: Netlink): LinkAddress[] {
  return netlink.request(dump('addresses')).map((payload) => {
    const bytes = Buffer.from(payload);
    const attributes = readAttributes(bytes.subarray(8));
    const address = attributes.get(2) ?? attributes.get(1) ?? Buffer.alloc(4);
    return { index: bytes.readUInt32LE(4), address: [...address].join('.'), prefixLength: bytes[1] ?? 0 };
  });
}

/** IPv4 routes of all tables. */
export function listRoutes(netlink: Netlink): HostRoute[] {
  return netlink.request(dump('routes')).map((payload) => {
    const bytes = Buffer.from(payload);
    const attributes = readAttributes(bytes.subarray(12));
    const table = attributes.get(15)?.readUInt32LE(0) ?? bytes[4] ?? 0; // RTA_TABLE
    return { destination: [...(attributes.get(1) ?? Buffer.alloc(4))].join('.'), prefixLength: bytes[1] ?? 0, table, link: attributes.get(4)?.readUInt32LE(0) ?? 0 };
  });
}

function readLink(bytes: Buffer): Link {
  const attributes = readAttributes(bytes.subarray(16));
  const info = attributes.get(18);
  const text = (data: Buffer | undefined): string => (data === undefined ? '' : data.toString('latin1').replace(/\0.*$/s, ''));
  return {
    index: bytes.readInt32LE(4),
    name: text(attributes.get(3)),
    flags: bytes.readUInt32LE(8),
    mac: [...(attributes.get(1) ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    mtu: attributes.get(4)?.readUInt32LE(0) ?? 0,
    master: attributes.get(10)?.readUInt32LE(0) ?? 0,
    kind: info === undefined ? '' : text(readAttributes(info).get(1)),
    alias: text(attributes.get(20)),
  };
}
