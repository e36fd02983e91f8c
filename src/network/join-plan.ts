import { linkUp, loopbackUp, newAddress, newDefaultRoute, newVeth, noLinkLocal } from '#kernel/rtnetlink.ts';
import { NETNS_FD } from '#spec/network-plan.ts';
import type { NetworkPlan } from '#spec/network-plan.ts';
import { formatAddress, lastOf, parseAddress, subnetOf } from './ipv4.ts';
import type { Endpoint } from './types.ts';

/**
 * Index of the first interface inside. The messages are compiled before the namespace exists, so the index is chosen:
 * above those that modules put into every new namespace (tunl0, sit0, … have 2 to 10).
 */
export const INSIDE_INDEX = 16;

/** What of the host the plan needs beside the endpoint. */
export interface JoinFacts {
  /** Index of the bridge. */
  readonly bridge: number;
  /** MTU of both ends; undefined: the kernel's 1500. */
  readonly mtu?: number;
}

/** Only the loopback interface: network "none". */
export function loopbackPlan(): NetworkPlan {
  return { host: [], inside: [{ note: 'lo up', messages: [loopbackUp()] }] };
}

/**
 * The veth pair and everything inside, all sent by the container's own process: no switch of sides, one request that makes
 * both ends, the host's end a port of the bridge and up at once. `hostSide` sends that one from the shim instead, for
 * containers with a user namespace, which may not touch the host's links.
 */
export function joinPlan(endpoint: Required<Pick<Endpoint, 'ipv4' | 'mac' | 'hostInterface' | 'containerInterface' | 'hostIndex'>>, facts: JoinFacts, hostSide: boolean): NetworkPlan {
  const { ipv4, mac, hostInterface, containerInterface, hostIndex } = endpoint;
  const mtu = facts.mtu === undefined ? {} : { mtu: facts.mtu };
  const outside = { name: hostInterface, index: hostIndex, master: facts.bridge, up: true, ...mtu };
  const peer = { name: containerInterface, index: INSIDE_INDEX, mac, up: false, ...mtu };
  const veth = hostSide ? newVeth(outside, { ...peer, netnsFd: NETNS_FD }) : newVeth({ ...outside, netnsFd: NETNS_FD }, peer);
  const broadcast = formatAddress(lastOf(subnetOf(parseAddress(ipv4.address) ?? 0, ipv4.prefixLength)));
  const make = { note: `veth ${hostInterface} on bridge ${facts.bridge}, ${containerInterface} ${mac} inside`, messages: [veth] };
  const inside = [
    { note: 'lo up', messages: [loopbackUp()] },
    { note: `${containerInterface} up with ${ipv4.address}/${ipv4.prefixLength}`, messages: [noLinkLocal(INSIDE_INDEX), linkUp(INSIDE_INDEX), newAddress(INSIDE_INDEX, ipv4.address, ipv4.prefixLength, broadcast)] },
    { note: `default route via ${ipv4.gateway}`, messages: [newDefaultRoute(INSIDE_INDEX, ipv4.gateway)] },
  ];
  return hostSide ? { host: [make], inside } : { host: [], inside: [make, ...inside] };
}
