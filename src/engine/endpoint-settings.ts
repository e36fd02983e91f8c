import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import { isActive } from './state.ts';

/** `NetworkSettings.Networks`: what was asked for, and while it runs what was given. */
export function endpointSettings(container: Container): Record<string, wire.EndpointSettings> {
  const { endpoints, hostConfig } = container.record;
  const mode = hostConfig.NetworkMode ?? 'bridge';
  if (mode.startsWith('container:')) return {};
  const names = Object.keys(endpoints).length === 0 ? [mode] : Object.keys(endpoints).map((name) => (name === 'default' ? 'bridge' : name));
  return Object.fromEntries(names.map((name) => [name, settings(container, name)]));
}

function settings(container: Container, name: string): wire.EndpointSettings {
  const asked = container.record.endpoints[name] ?? {};
  const { endpoint } = container;
  const here = endpoint !== undefined && endpoint.networkName === name ? endpoint : undefined;
  return {
    IPAMConfig: asked.IPAMConfig ?? null,
    Links: asked.Links ?? null,
    Aliases: asked.Aliases ?? null,
    MacAddress: here?.mac ?? asked.MacAddress ?? '',
    DriverOpts: asked.DriverOpts ?? null,
    GwPriority: asked.GwPriority ?? 0,
    NetworkID: here?.networkId ?? '',
    EndpointID: here?.id ?? '',
    Gateway: here?.ipv4?.gateway ?? '',
    IPAddress: here?.ipv4?.address ?? '',
    IPPrefixLen: here?.ipv4?.prefixLength ?? 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}

/** The whole `NetworkSettings`; the addresses of the default bridge are repeated at its top. */
export function networkSettings(container: Container): wire.NetworkSettings {
  const networks = endpointSettings(container);
  const own = container.record.hostConfig.NetworkMode === 'bridge' ? networks['bridge'] : undefined;
  const { state } = container.runtime;
  const hasSandbox = isActive(state) && container.record.hostConfig.NetworkMode?.startsWith('container:') !== true;
  return {
    Bridge: '',
    SandboxID: hasSandbox ? container.record.id : '',
    SandboxKey: hasSandbox ? `/proc/${state.pid}/ns/net` : '',
    Ports: hasSandbox && container.endpoint !== undefined && container.record.hostConfig.NetworkMode !== 'none' ? exposedPorts(container) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: own?.EndpointID ?? '',
    Gateway: own?.Gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: own?.IPAddress ?? '',
    IPPrefixLen: own?.IPPrefixLen ?? 0,
    IPv6Gateway: '',
    MacAddress: own?.MacAddress ?? '',
    Networks: networks,
  };
}

// Exposed ports that are not published are listed with null.
function exposedPorts(container: Container): Record<string, null> {
  const ports = Object.keys(container.record.config.ExposedPorts ?? {}).map((port) => (port.includes('/') ? port : `${port}/tcp`));
  return Object.fromEntries(ports.map((port) => [port, null]));
}
