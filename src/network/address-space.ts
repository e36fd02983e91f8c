import { AddressSpace } from './ipam.ts';
import { parseAddress, parseCidr } from './ipv4.ts';
import type { Endpoint, Network } from './types.ts';

/** The free and taken addresses of a bridge network: what its endpoints, its gateway and the bridge itself do not have is free. */
export function addressSpaceOf(network: Network, endpoints: readonly Endpoint[], bridgeAddress: number): AddressSpace {
  const [config] = network.ipam.config;
  const { subnet } = parseCidr(config?.subnet ?? '');
  const range = config?.ipRange === undefined ? subnet : parseCidr(config.ipRange).subnet;
  const taken = endpoints.map((endpoint) => parseAddress(endpoint.ipv4?.address ?? '')).filter((address) => address !== undefined);
  return new AddressSpace(network.name, subnet, range, [...taken, bridgeAddress, parseAddress(config?.gateway ?? '') ?? bridgeAddress]);
}
