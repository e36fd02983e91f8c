import type * as wire from '#api/schema.ts';
import type { Network } from '#network/types.ts';
import type { EngineContext } from './context.ts';
import { checkFilters, matchesLabel } from './list-filters.ts';
import type { Filters, NetworksService } from './types.ts';

const KNOWN = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

/** The networks of the engine as the server sees them. */
export function createNetworks(ctx: EngineContext): NetworksService {
  return {
    list: async ({ filters }) => ctx.networks.list().filter(matcher(filters)).map((network) => document(ctx, network, false)),
    inspect: async (reference) => document(ctx, ctx.networks.get(reference), true),
  };
}

function matcher(filters: Filters): (network: Network) => boolean {
  checkFilters(filters, KNOWN);
  const any = (name: string, test: (value: string, network: Network) => boolean): ((network: Network) => boolean) => {
    const values = filters.get(name) ?? [];
    return (network) => values.length === 0 || values.some((value) => test(value, network));
  };
  const tests = [
    any('name', (value, network) => network.name.includes(value)),
    any('id', (value, network) => network.id.startsWith(value)),
    any('driver', (value, network) => network.driver === value),
    any('scope', (value, network) => network.scope === value),
    any('label', (value, network) => matchesLabel(network.labels, value)),
    any('type', (value, network) => (value === 'builtin') === ['bridge', 'host', 'none'].includes(network.name)),
  ];
  return (network) => tests.every((test) => test(network));
}

function document(ctx: EngineContext, network: Network, containers: boolean): wire.NetworkInspect {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: network.scope,
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: network.enableIPv6,
    IPAM: {
      Driver: network.ipam.driver,
      Options: null,
      Config: network.driver === 'bridge' ? network.ipam.config.map(({ subnet, gateway, ipRange }) => ({ Subnet: subnet, ...(ipRange === undefined ? {} : { IPRange: ipRange }), ...(gateway === undefined ? {} : { Gateway: gateway }) })) : null,
    },
    Internal: network.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: containers ? endpoints(ctx, network.id) : {},
    Options: { ...network.options },
    Labels: { ...network.labels },
  };
}

function endpoints(ctx: EngineContext, networkId: string): Record<string, wire.EndpointResource> {
  return Object.fromEntries(
    ctx.networks.endpoints(networkId).map((endpoint) => [
      endpoint.containerId,
      {
        Name: ctx.registry.find(endpoint.containerId)?.name ?? '',
        EndpointID: endpoint.id,
        MacAddress: endpoint.mac ?? '',
        IPv4Address: endpoint.ipv4 === undefined ? '' : `${endpoint.ipv4.address}/${endpoint.ipv4.prefixLength}`,
        IPv6Address: '',
      },
    ]),
  );
}
