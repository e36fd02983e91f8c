import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import { filtersOf } from '../filters.ts';
import type { Flags } from '../flags.ts';
import { BOOL, FILTER, STRING } from '../flag-types.ts';
import { formatUsage } from '../format-usage.ts';
import { type ListView, printList } from '../listing.ts';

export const networkLs: Command = {
  use: '[OPTIONS]',
  short: 'List networks',
  flags: [
    { name: 'filter', short: 'f', type: FILTER, usage: 'Provide filter values (e.g. "driver=bridge")' },
    { name: 'format', type: STRING, usage: formatUsage },
    { name: 'no-trunc', type: BOOL, usage: 'Do not truncate the output' },
    { name: 'quiet', short: 'q', type: BOOL, usage: 'Only display network IDs' },
  ],
  min: 0,
  max: 0,
  run: runNetworkLs,
};

interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Created?: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly EnableIPv4?: boolean;
  readonly EnableIPv6?: boolean;
  readonly Internal?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

async function runNetworkLs(cli: Cli, flags: Flags): Promise<void> {
  const api = await cli.api();
  const networks = await api.call('NetworkList', { query: { filters: filtersOf(flags) } });
  networks.sort((a, b) => natural(a.Name, b.Name));
  const format = flags.str('format') || (flags.bool('quiet') ? '' : cli.config.formats['networksFormat'] ?? '');
  await printList(cli, view(!flags.bool('no-trunc')), networks, { format, quiet: flags.bool('quiet') });
}

// Digits compare as numbers: net2 before net10.
function natural(a: string, b: string): number {
  const split = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const [left, right] = [split(a), split(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [x, y] = [left[at] as string, right[at] as string];
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y) && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function view(truncate: boolean): ListView<Network> {
  return {
    columns: [['NETWORK ID', 'ID'], ['NAME', 'Name'], ['DRIVER', 'Driver'], ['SCOPE', 'Scope']],
    titles: { ID: 'NETWORK ID', Name: 'NAME', Driver: 'DRIVER', Scope: 'SCOPE', IPv4: 'IPV4', IPv6: 'IPV6', Internal: 'INTERNAL', Labels: 'LABELS', CreatedAt: 'CREATED AT' },
    typeName: '*network.networkContext',
    quiet: 'ID',
    methods: ['Label'],
    fields: {
      CreatedAt: (network) => goTime(network.Created ?? ''),
      Driver: (network) => network.Driver,
      ID: (network) => (truncate ? network.Id.slice(0, 12) : network.Id),
      IPv4: (network) => String(network.EnableIPv4 ?? false),
      IPv6: (network) => String(network.EnableIPv6 ?? false),
      Internal: (network) => String(network.Internal ?? false),
      Label: (network) => (name: unknown) => network.Labels?.[String(name)] ?? '',
      Labels: (network) => Object.entries(network.Labels ?? {}).map(([key, value]) => `${key}=${value}`).join(','),
      Name: (network) => network.Name,
      Scope: (network) => network.Scope,
    },
  };
}

// time.Time's String of an RFC 3339 time, in that time's own zone.
function goTime(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return text;
  const fraction = (match[3] ?? '').replace(/\.?0+$/, '');
  const zone = match[4] === 'Z' ? '+0000 UTC' : `${(match[4] as string).replace(':', '')} ${(match[4] as string).replace(':', '')}`;
  return `${match[1]} ${match[2]}${fraction} ${zone}`;
}
