import { BerthError, fail } from '#base/errors.ts';

/**
 * rtnetlink messages as bytes (RFC 3549; include/uapi/linux/{netlink,rtnetlink,if_link}.h). Host byte order is little
 * endian on every host we run on. Builders return one request with NLM_F_ACK; sequence 1 (a sender may overwrite it).
 *
 *   ┌ length u32 ┬ type u16 ┬ flags u16 ┬ sequence u32 ┬ port u32 ┬ body ┬ attributes: length u16, type u16, data, padding to 4 … ┐
 */

export const NLMSG_ERROR: number = 2;
export const NLMSG_DONE: number = 3;
export const RTM_NEWLINK: number = 16;
export const RTM_DELLINK: number = 17;
export const RTM_GETLINK: number = 18;
export const RTM_SETLINK: number = 19;
export const RTM_NEWADDR: number = 20;
export const RTM_GETADDR: number = 22;
export const RTM_NEWROUTE: number = 24;
export const RTM_GETROUTE: number = 26;

export const NLM_F_REQUEST: number = 1;
export const NLM_F_ACK: number = 4;
export const NLM_F_DUMP: number = 0x300;
export const NLM_F_EXCL: number = 0x200;
export const NLM_F_CREATE: number = 0x400;

const IFF_UP = 1;
const HEADER = 16;
const NLA_F_NESTED = 0x8000;

/** One attribute: number and data; data that is a list is a nested attribute. */
export type Attribute = readonly [type: number, data: Uint8Array | readonly Attribute[]];

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

/** Text with the NUL that the kernel expects. */
export function cstring(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}

/** Bytes of a dotted IPv4 address. Throws invalidArgument. */
export function ipv4Bytes(text: string): Uint8Array {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) fail('invalidArgument', `invalid IPv4 address ${JSON.stringify(text)}`);
  return Uint8Array.from(parts);
}

/** Bytes of "02:42:ac:11:00:02". Throws invalidArgument. */
export function macBytes(text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) fail('invalidArgument', `invalid MAC address ${JSON.stringify(text)}`);
  return Uint8Array.from(text.split(':').map((part) => parseInt(part, 16)));
}

function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(
    attributes.map(([type, data]) => {
      const nested = Array.isArray(data);
      const bytes = nested ? encodeAttributes(data as readonly Attribute[]) : (data as Uint8Array);
      const out = Buffer.alloc(4 + ((bytes.length + 3) & ~3));
      if (bytes.length > 65531) fail('invalidArgument', `netlink attribute ${type} is too long`);
      out.writeUInt16LE(4 + bytes.length, 0);
      out.writeUInt16LE(nested ? type | NLA_F_NESTED : type, 2);
      out.set(bytes, 4);
      return out;
    }),
  );
}

/** One netlink message. */
export function netlinkMessage(type: number, flags: number, body: Uint8Array, attributes: readonly Attribute[] = []): Buffer {
  const tail = encodeAttributes(attributes);
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(HEADER + body.length + tail.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(1, 8);
  return Buffer.concat([header, body, tail]);
}

/** struct ifinfomsg: family, type, index, flags, change mask. */
export function linkBody(index: number, flags: number, change: number): Buffer {
  const body = Buffer.alloc(16);
  body.writeInt32LE(index, 4);
  body.writeUInt32LE(flags, 8);
  body.writeUInt32LE(change, 12);
  return body;
}

// linux/if_link.h: names as there, without IFLA_
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, MASTER: 10, LINKINFO: 18, IFALIAS: 20, NET_NS_FD: 28, NUM_TX_QUEUES: 31, NUM_RX_QUEUES: 32 } as const;
const INFO = { KIND: 1, DATA: 2, VETH_PEER: 1 } as const;

const REQUEST = NLM_F_REQUEST | NLM_F_ACK;
const CREATE = REQUEST | NLM_F_CREATE | NLM_F_EXCL;

/** Makes a bridge that is up at once. Fails with EEXIST when the name is taken. */
export function newBridge(name: string, mac?: string): Buffer {
  const address: readonly Attribute[] = mac === undefined ? [] : [[IFLA.ADDRESS, macBytes(mac)]];
  return netlinkMessage(RTM_NEWLINK, CREATE, linkBody(0, IFF_UP, IFF_UP), [
    [IFLA.IFNAME, cstring(name)],
    ...address,
    [IFLA.LINKINFO, [[INFO.KIND, cstring('bridge')]]],
  ]);
}

/**
 * No IPv6 address of a link's own (addr_gen_mode none). Must come before the link goes up: a request that does both sets
 * the flags first (net/core/rtnetlink.c, do_setlink).
 */
export function noLinkLocal(index: number): Buffer {
  const AF_SPEC = 26;
  const AF_INET6 = 10;
  const ADDR_GEN_MODE = 8;
  return netlinkMessage(RTM_SETLINK, REQUEST, linkBody(index, 0, 0), [[AF_SPEC, [[AF_INET6, [[ADDR_GEN_MODE, u8(1)]]]]]]);
}

export interface VethEnd {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Chosen interface index; undefined lets the kernel choose. */
  readonly index?: number;
  /** Index of the bridge to be a port of. */
  readonly master?: number;
  readonly up: boolean;
  /** fd of the network namespace that the end is born in; undefined: that of the socket. */
  readonly netnsFd?: number;
}

// One queue each way: the kernel's default is one per processor, each with two sysfs objects (a quarter of the time on two
// processors, most of it on 64), and veth transmits without a queue lock anyway (NETIF_F_LLTX, noqueue).
function endAttributes(end: VethEnd): Attribute[] {
  const attributes: Attribute[] = [
    [IFLA.IFNAME, cstring(end.name)],
    [IFLA.NUM_TX_QUEUES, u32(1)],
    [IFLA.NUM_RX_QUEUES, u32(1)],
  ];
  if (end.mac !== undefined) attributes.push([IFLA.ADDRESS, macBytes(end.mac)]);
  if (end.mtu !== undefined) attributes.push([IFLA.MTU, u32(end.mtu)]);
  if (end.master !== undefined) attributes.push([IFLA.MASTER, u32(end.master)]);
  if (end.netnsFd !== undefined) attributes.push([IFLA.NET_NS_FD, u32(end.netnsFd)]);
  return attributes;
}

/**
 * Makes a veth pair, each end born in its namespace, so that no device ever moves between namespaces. The kernel's rules
 * (drivers/net/veth.c, veth_newlink): the peer's index counts only when `here` has one too, the peer cannot be made up,
 * and only `here` can be given a master.
 */
export function newVeth(here: VethEnd, peer: VethEnd): Buffer {
  const body = (end: VethEnd): Buffer => linkBody(end.index ?? 0, end.up ? IFF_UP : 0, end.up ? IFF_UP : 0);
  // VETH_INFO_PEER holds a struct ifinfomsg followed by attributes.
  const peerInfo = Buffer.concat([body(peer), encodeAttributes(endAttributes(peer))]);
  return netlinkMessage(RTM_NEWLINK, CREATE, body(here), [
    ...endAttributes(here),
    [IFLA.LINKINFO, [[INFO.KIND, cstring('veth')], [INFO.DATA, [[INFO.VETH_PEER, peerInfo]]]]],
  ]);
}

/** Sets a link up; makes it a port of `master` too when given. */
export function linkUp(index: number, master?: number): Buffer {
  return netlinkMessage(RTM_NEWLINK, REQUEST, linkBody(index, IFF_UP, IFF_UP), master === undefined ? [] : [[IFLA.MASTER, u32(master)]]);
}

/** Gives a link a text of up to 255 bytes that stays with it. */
export function setAlias(index: number, text: string): Buffer {
  return netlinkMessage(RTM_SETLINK, REQUEST, linkBody(index, 0, 0), [[IFLA.IFALIAS, Buffer.from(`${text}\0`, 'latin1')]]);
}

/** The loopback interface of a fresh network namespace: always index 1. */
export function loopbackUp(): Buffer {
  return linkUp(1);
}

export function deleteLink(index: number): Buffer {
  return netlinkMessage(RTM_DELLINK, REQUEST, linkBody(index, 0, 0));
}

/** Adds an IPv4 address to a link. EEXIST when it is there. */
export function newAddress(index: number, address: string, prefixLength: number, broadcast?: string): Buffer {
  const body = Buffer.alloc(8); // struct ifaddrmsg: family, prefix length, flags, scope, index
  body[0] = 2;
  body[1] = prefixLength;
  body.writeUInt32LE(index, 4);
  const bytes = ipv4Bytes(address);
  const attributes: Attribute[] = [[2, bytes], [1, bytes]]; // IFA_LOCAL, IFA_ADDRESS
  if (broadcast !== undefined) attributes.push([4, ipv4Bytes(broadcast)]);
  return netlinkMessage(RTM_NEWADDR, CREATE, body, attributes);
}

/** Adds the IPv4 default route through a gateway on a link. */
export function newDefaultRoute(index: number, gateway: string): Buffer {
  const body = Buffer.alloc(12); // struct rtmsg: family, dst len, src len, tos, table, protocol, scope, type, flags
  body[0] = 2;
  body[4] = 254; // RT_TABLE_MAIN
  body[5] = 3; // RTPROT_BOOT, as a route that an administrator's `ip route add` makes
  body[7] = 1; // RTN_UNICAST
  return netlinkMessage(RTM_NEWROUTE, CREATE, body, [[5, ipv4Bytes(gateway)], [4, u32(index)]]); // RTA_GATEWAY, RTA_OIF
}

/** Asks for one link by name. */
export function getLinkByName(name: string): Buffer {
  return netlinkMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, linkBody(0, 0, 0), [[IFLA.IFNAME, cstring(name)]]);
}

/** Asks for all links, all IPv4 addresses, or all IPv4 routes of the namespace. */
export function dump(what: 'links' | 'addresses' | 'routes'): Buffer {
  if (what === 'links') return netlinkMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, linkBody(0, 0, 0));
  const body = Buffer.alloc(what === 'addresses' ? 8 : 12);
  body[0] = 2;
  return netlinkMessage(what === 'addresses' ? RTM_GETADDR : RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, body);
}

/** A received message: type, flags, sequence and what follows the header. */
export interface ReceivedMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** Splits a datagram into messages. Throws dataLoss where lengths contradict each other. */
export function splitMessages(datagram: Buffer): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  for (let at = 0; at < datagram.length; ) {
    const length = datagram.length - at >= HEADER ? datagram.readUInt32LE(at) : 0;
    if (length < HEADER || at + length > datagram.length) throw new BerthError('dataLoss', `netlink message of ${length} bytes at ${at} of ${datagram.length}`);
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      payload: datagram.subarray(at + HEADER, at + length),
    });
    at += (length + 3) & ~3;
  }
  return messages;
}

/** Attributes by number (the nested flag removed); the last of a number wins. Throws dataLoss where a length lies. */
export function readAttributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) throw new BerthError('dataLoss', `netlink attribute of ${length} bytes at ${at} of ${bytes.length}`);
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}
