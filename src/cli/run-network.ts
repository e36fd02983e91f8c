import { quote } from '#base/go-quote.ts';
import type { EndpointSettings } from '#api/schema.ts';
import type { Flags, FlagType } from './flags.ts';
import { cut, goInt } from './flag-types.ts';
import { csv } from './run-values.ts';

/** `--network` in both syntaxes, and the endpoint settings that follow from it and the older flags. */

export interface Attachment {
  target: string;
  aliases: string[];
  links: string[];
  driverOpts: Record<string, string>;
  ip: string;
  ip6: string;
  linkLocal: string[];
  mac: string;
  gwPriority: number;
}

function attachment(target: string): Attachment {
  return { target, aliases: [], links: [], driverOpts: {}, ip: '', ip6: '', linkLocal: [], mac: '', gwPriority: 0 };
}

export const NETWORK: FlagType<Attachment[]> = { label: 'network', initial: [], parse: (raw, old) => [...old, parseNetwork(raw)] };

/** A name, or name=NAME,alias=…,ip=…,driver-opt=key=value … */
export function parseNetwork(raw: string): Attachment {
  if (!/\w+=\w+(,\w+=\w+)*/.test(raw)) return attachment(raw);
  const net = attachment('');
  for (const field of csv(raw)) {
    const [name, value] = cut(field.trim(), '=');
    const key = name.trim().toLowerCase();
    if (value === undefined || key === '') throw new Error(`invalid network syntax: ${quote(field)}`);
    setField(net, key, value.trim(), field);
  }
  if (net.target === '') throw new Error('network name/id is not specified');
  return net;
}

function setField(net: Attachment, key: string, value: string, field: string): void {
  if (key === 'name') net.target = value;
  else if (key === 'alias') net.aliases.push(value);
  else if (key === 'driver-opt') addDriverOption(net, value);
  else if (key === 'ip') net.ip = value;
  else if (key === 'ip6') net.ip6 = value;
  else if (key === 'mac-address') net.mac = value;
  else if (key === 'link-local-ip') net.linkLocal.push(value);
  else if (key === 'gw-priority') {
    try {
      net.gwPriority = goInt(value);
    } catch (error) {
      throw new Error(`invalid gw-priority (${value}): ${(error as Error).message.replace(/^.*: /, '')}`, { cause: error });
    }
  } else throw new Error(`invalid field key ${key}${field === '' ? '' : ''}`);
}

function addDriverOption(net: Attachment, pair: string): void {
  const [key, value] = cut(pair, '=');
  if (value === undefined || key === '') throw new Error('invalid key value pair format in driver options');
  net.driverOpts[key.trim()] = value.trim();
}

/** True for networks that a user made: all but default, bridge, host, none and container:X. */
export function isUserDefined(mode: string): boolean {
  return !['default', 'bridge', 'host', 'none'].includes(mode) && !mode.startsWith('container:');
}

/** The create request's EndpointsConfig, with Docker's rules on mixing the older flags with `--network`. */
export function endpointsOf(flags: Flags): { mode: string; endpoints: Record<string, EndpointSettings> } {
  const given = [...flags.get<Attachment[]>('network'), ...flags.get<Attachment[]>('net')];
  const endpoints: Record<string, EndpointSettings> = {};
  const list = given.length === 0 ? [attachment('default')] : given;
  for (const [index, net] of list.entries()) {
    if (index === 0) applyContainerFlags(net, flags);
    const settings = endpointSettings(net);
    if (Object.hasOwn(endpoints, net.target)) throw new Error(`network ${quote(net.target)} is specified multiple times`);
    // The daemon makes a plain endpoint by itself, and older daemons expect to.
    if (index === 0 && given.length === 1 && isPlain(net)) continue;
    endpoints[net.target] = settings;
  }
  if (given.some((net) => isUserDefined(net.target)) && given.some((net) => !isUserDefined(net.target))) {
    throw new Error('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  }
  return { mode: list[0]?.target ?? 'default', endpoints };
}

function applyContainerFlags(net: Attachment, flags: Flags): void {
  const conflict = (flag: string, what: string): never => {
    throw new Error(`conflicting options: cannot specify both ${flag} and per-network ${what}`);
  };
  const aliases = [...flags.list('network-alias'), ...flags.list('net-alias')];
  if (net.aliases.length > 0 && aliases.length > 0) conflict('--network-alias', 'alias');
  if (net.links.length > 0 && flags.list('link').length > 0) conflict('--link', 'links');
  if (net.ip !== '' && flags.str('ip') !== '') conflict('--ip', 'IPv4 address');
  if (net.ip6 !== '' && flags.str('ip6') !== '') conflict('--ip6', 'IPv6 address');
  if (net.mac !== '' && flags.str('mac-address') !== '') conflict('--mac-address', 'MAC address');
  if (net.linkLocal.length > 0 && flags.list('link-local-ip').length > 0) conflict('--link-local-ip', 'link-local IP addresses');
  if (aliases.length > 0) net.aliases = aliases;
  // On the default bridge links go into the host configuration only.
  if (isUserDefined(net.target) && flags.list('link').length > 0) net.links = flags.list('link');
  if (flags.str('ip') !== '') net.ip = flags.str('ip');
  if (flags.str('ip6') !== '') net.ip6 = flags.str('ip6');
  if (flags.str('mac-address') !== '') net.mac = flags.str('mac-address');
  if (flags.list('link-local-ip').length > 0) net.linkLocal = flags.list('link-local-ip');
}

function isPlain(net: Attachment): boolean {
  return net.aliases.length === 0 && net.links.length === 0 && Object.keys(net.driverOpts).length === 0 && net.ip === '' && net.ip6 === ''
    && net.linkLocal.length === 0 && net.mac === '' && net.gwPriority === 0;
}

function endpointSettings(net: Attachment): EndpointSettings {
  if (net.target.trim() === '') throw new Error('no name set for network');
  if (!isUserDefined(net.target)) {
    if (net.aliases.length > 0) throw new Error('network-scoped aliases are only supported for user-defined networks');
    if (net.links.length > 0) throw new Error('links are only supported for user-defined networks');
  }
  const ipam = net.ip !== '' || net.ip6 !== '' || net.linkLocal.length > 0
    ? { ...(net.ip !== '' && { IPv4Address: net.ip }), ...(net.ip6 !== '' && { IPv6Address: net.ip6 }), ...(net.linkLocal.length > 0 && { LinkLocalIPs: net.linkLocal }) }
    : null;
  return {
    IPAMConfig: ipam, Links: net.links.length > 0 ? net.links : null, Aliases: net.aliases.length > 0 ? net.aliases : null, MacAddress: net.mac,
    DriverOpts: Object.keys(net.driverOpts).length > 0 ? net.driverOpts : null, GwPriority: net.gwPriority,
    NetworkID: '', EndpointID: '', Gateway: '', IPAddress: '', IPPrefixLen: 0, IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, DNSNames: null,
  };
}
