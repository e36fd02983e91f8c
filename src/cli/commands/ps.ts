import { quote } from '#base/go-quote.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import { filtersOf } from '../filters.ts';
import type { Flags } from '../flags.ts';
import { BOOL, FILTER, INT, STRING } from '../flag-types.ts';
import { displayPorts, type Port } from '../display-ports.ts';
import { ellipsis } from '../go-text.ts';
import { timeString } from '../go-time.ts';
import { formatUsage } from '../format-usage.ts';
import { type ListView, printList } from '../listing.ts';
import { parseReference } from '../reference.ts';
import { humanDuration, humanSize } from '../units.ts';

export const ps: Command = {
  use: '[OPTIONS]',
  short: 'List containers',
  flags: [
    { name: 'all', short: 'a', type: BOOL, usage: 'Show all containers (default shows just running)' },
    { name: 'filter', short: 'f', type: FILTER, usage: 'Filter output based on conditions provided' },
    { name: 'format', type: STRING, usage: formatUsage },
    { name: 'last', short: 'n', type: INT, usage: 'Show n last created containers (includes all states)', shown: '-1', initial: -1 },
    { name: 'latest', short: 'l', type: BOOL, usage: 'Show the latest created container (includes all states)' },
    { name: 'no-trunc', type: BOOL, usage: 'Don\'t truncate output' },
    { name: 'quiet', short: 'q', type: BOOL, usage: 'Only display container IDs' },
    { name: 'size', short: 's', type: BOOL, usage: 'Display total file sizes' },
  ],
  min: 0,
  max: 0,
  run: runPs,
};

interface Row {
  readonly Id: string;
  readonly Names?: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  readonly Created: number;
  readonly Ports?: readonly Port[] | null;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly State: string;
  readonly Status: string;
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, unknown>> | null } | null;
  readonly Mounts?: readonly { readonly Name?: string; readonly Source?: string; readonly Driver?: string }[] | null;
  readonly ImageManifestDescriptor?: { readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string } } | null;
}

async function runPs(cli: Cli, flags: Flags): Promise<void> {
  const format = flags.str('format') || (flags.bool('quiet') ? '' : cli.config.formats['psFormat'] ?? '');
  const size = flags.bool('size') || /\{\{-?[^}]*(\.Size\b|\bjson\s+\.(?!\w))/.test(format);
  const last = flags.bool('latest') && flags.int('last') === -1 ? 1 : flags.int('last');
  const api = await cli.api();
  const rows = await api.call('ContainerList', {
    query: { all: flags.bool('all') || undefined, limit: last > 0 ? last : undefined, size: size || undefined, filters: filtersOf(flags) },
  });
  await printList(cli, view(!flags.bool('no-trunc'), flags.bool('size')), rows, { format, quiet: flags.bool('quiet') });
}

const titles: Readonly<Record<string, string>> = {
  ID: 'CONTAINER ID', Image: 'IMAGE', Command: 'COMMAND', RunningFor: 'CREATED', Status: 'STATUS', Ports: 'PORTS', Names: 'NAMES', Size: 'SIZE',
  CreatedAt: 'CREATED AT', Labels: 'LABELS', Mounts: 'MOUNTS', LocalVolumes: 'LOCAL VOLUMES', Networks: 'NETWORKS', State: 'STATE', Platform: 'PLATFORM',
};

function view(truncate: boolean, size: boolean): ListView<Row> {
  const shown = ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names', ...(size ? ['Size'] : [])];
  return {
    columns: shown.map((field) => [titles[field] as string, field]),
    titles,
    typeName: '*formatter.ContainerContext',
    quiet: 'ID',
    methods: ['Label'],
    fields: {
      Command: (row) => quote(truncate ? ellipsis(row.Command, 20) : row.Command),
      CreatedAt: (row) => timeString(row.Created * 1000),
      ID: (row) => (truncate ? row.Id.slice(0, 12) : row.Id),
      Image: (row) => imageName(row, truncate),
      Label: (row) => (name: unknown) => row.Labels?.[String(name)] ?? '',
      Labels: (row) => Object.entries(row.Labels ?? {}).map(([key, value]) => `${key}=${value}`).sort().join(','),
      LocalVolumes: (row) => String((row.Mounts ?? []).filter((mount) => mount.Driver === 'local').length),
      Mounts: (row) => (row.Mounts ?? []).map((mount) => mount.Name || mount.Source || '').map((name) => (truncate ? ellipsis(name, 15) : name)).join(','),
      Names: (row) => names(row, truncate),
      Networks: (row) => Object.keys(row.NetworkSettings?.Networks ?? {}).join(','),
      Platform: (row) => platform(row),
      Ports: (row) => displayPorts(row.Ports ?? []),
      RunningFor: (row) => `${humanDuration(Date.now() / 1000 - row.Created)} ago`,
      Size: (row) => sizeText(row),
      State: (row) => row.State,
      Status: (row) => row.Status,
    },
  };
}

function names(row: Row, truncate: boolean): string {
  const all = (row.Names ?? []).map((name) => name.replace(/^\//, ''));
  return (truncate ? all.filter((name) => !name.includes('/')) : all).join(',');
}

function imageName(row: Row, truncate: boolean): string {
  if (row.Image === '') return '<no image>';
  if (!truncate) return row.Image;
  const short = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);
  if (short(row.ImageID) === short(row.Image)) return short(row.ImageID);
  if (!row.Image.includes('@')) return row.Image;
  try {
    const reference = parseReference(row.Image);
    return reference.tag === '' ? row.Image : reference.familiar.slice(0, reference.familiar.indexOf('@'));
  } catch {
    return row.Image;
  }
}

function sizeText(row: Row): string {
  const own = humanSize(row.SizeRw ?? 0, 3);
  return (row.SizeRootFs ?? 0) > 0 ? `${own} (virtual ${humanSize(row.SizeRootFs ?? 0, 3)})` : own;
}

function platform(row: Row): unknown {
  const found = row.ImageManifestDescriptor?.platform;
  if (found === undefined) return null;
  return { architecture: found.architecture ?? '', os: found.os ?? '' };
}
