import { randomBytes } from 'node:crypto';
import { formatTime, nowNs } from '#base/clock.ts';
import { bridgeName, DEFAULT_BRIDGE } from './options.ts';
import type { NetworkOptions } from './options.ts';
import { formatAddress, formatSubnet, parseCidr } from './ipv4.ts';
import type { Network } from './types.ts';

/** The networks that every daemon has, made once and then kept with their ids: "none", "host" and, unless --bridge none, "bridge". */
export function defaultNetworks(existing: ReadonlyMap<string, Network>, options: NetworkOptions): Network[] {
  const byName = (name: string): Network | undefined => [...existing.values()].find((network) => network.name === name);
  const bridge = bridgeName(options);
  const wanted: Network[] = [byName('none') ?? newNetwork('none', 'null', {}), byName('host') ?? newNetwork('host', 'host', {})];
  if (bridge !== undefined) {
    const known = byName('bridge') ?? newNetwork('bridge', 'bridge', {});
    wanted.push({ ...known, options: bridgeOptions(bridge, options) });
  }
  return wanted;
}

function newNetwork(name: string, driver: Network['driver'], options: Record<string, string>): Network {
  const id = randomBytes(32).toString('hex');
  return { id, name, driver, scope: 'local', created: formatTime(nowNs()), internal: false, enableIPv6: false, ipam: { driver: 'default', config: [] }, options, labels: {} };
}

/** The default bridge's options under Docker's names, as `docker network inspect bridge` prints them. */
export function bridgeOptions(bridge: string, options: NetworkOptions): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': String(options.icc ?? true),
    'com.docker.network.bridge.enable_ip_masquerade': String(options.ipMasq ?? true),
    'com.docker.network.bridge.host_binding_ipv4': options.hostBinding ?? '0.0.0.0',
    'com.docker.network.bridge.name': bridge,
    'com.docker.network.driver.mtu': String(options.mtu || 1500),
  };
}

/** Interface of a bridge network. */
export function bridgeOf(network: Network): string {
  return network.options['com.docker.network.bridge.name'] ?? DEFAULT_BRIDGE;
}

/** The same network with its subnet, the bridge's address as gateway (or --default-gateway) and the range of --fixed-cidr. */
export function withSubnet(network: Network, bridgeAddress: string, options: NetworkOptions): Network {
  const { address, subnet } = parseCidr(bridgeAddress);
  const gateway = options.defaultGateway ? options.defaultGateway : formatAddress(address);
  const range = options.fixedCidr ? { ipRange: formatSubnet(parseCidr(options.fixedCidr).subnet) } : {};
  return { ...network, ipam: { driver: 'default', config: [{ subnet: formatSubnet(subnet), ...range, gateway }] } };
}
