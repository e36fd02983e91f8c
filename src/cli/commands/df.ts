import { quote } from '#base/go-quote.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { formatUsage } from '../format-usage.ts';
import { ellipsis } from '../go-text.ts';
import { type ListView, printList } from '../listing.ts';
import { align } from '../tabwriter.ts';
import { humanDuration, humanSize } from '../units.ts';

export const df: Command = {
  use: '[OPTIONS]',
  short: 'Show docker disk usage',
  flags: [
    { name: 'format', type: STRING, usage: formatUsage },
    { name: 'verbose', short: 'v', type: BOOL, usage: 'Show detailed information on space usage' },
  ],
  min: 0,
  max: 0,
  run: runDf,
};

interface Image {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Created: number;
  readonly Size: number;
  readonly SharedSize: number;
  readonly Containers: number;
}

interface Container {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Command: string;
  readonly State: string;
  readonly Status: string;
  readonly Created: number;
  readonly SizeRw?: number;
  readonly Mounts?: readonly { readonly Driver?: string }[] | null;
}

interface Volume {
  readonly Name: string;
  readonly UsageData?: { readonly RefCount: number; readonly Size: number } | null;
}

interface CacheRecord {
  readonly ID: string;
  readonly Type: string;
  readonly CreatedAt: string;
  readonly LastUsedAt?: string | null;
  readonly UsageCount: number;
  readonly Size: number;
  readonly InUse: boolean;
  readonly Shared: boolean;
}

interface Usage {
  readonly LayersSize?: number;
  readonly Images?: readonly Image[] | null;
  readonly Containers?: readonly Container[] | null;
  readonly Volumes?: readonly Volume[] | null;
  readonly BuildCache?: readonly CacheRecord[] | null;
}

interface Row {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  readonly size: number;
  readonly reclaimable: number;
  readonly percent: boolean;
}

async function runDf(cli: Cli, flags: Flags): Promise<void> {
  const api = await cli.api();
  const usage = await api.call('SystemDataUsage');
  if (flags.bool('verbose') && flags.str('format') === '') cli.out.text(verbose(usage));
  else await printList(cli, view, rowsOf(usage), { format: flags.str('format'), quiet: false });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function rowsOf(usage: Usage): Row[] {
  const images = usage.Images ?? [];
  const containers = usage.Containers ?? [];
  const volumes = usage.Volumes ?? [];
  const cache = usage.BuildCache ?? [];
  const layers = usage.LayersSize ?? 0;
  const used = images.filter((image) => image.Containers > 0);
  const inUse = sum(used.filter((image) => image.Size !== -1 && image.SharedSize !== -1).map((image) => image.Size - image.SharedSize));
  const isActive = (container: Container): boolean => ['running', 'paused', 'restarting'].includes(container.State);
  const sizeOf = (volume: Volume): number => Math.max(0, volume.UsageData?.Size ?? 0);
  const free = volumes.filter((volume) => volume.UsageData?.RefCount === 0);
  return [
    { type: 'Images', total: images.length, active: used.length, size: layers, reclaimable: layers - inUse, percent: true },
    {
      type: 'Containers', total: containers.length, active: containers.filter(isActive).length, size: sum(containers.map((one) => one.SizeRw ?? 0)),
      reclaimable: sum(containers.filter((one) => !isActive(one)).map((one) => one.SizeRw ?? 0)), percent: true,
    },
    {
      type: 'Local Volumes', total: volumes.length, active: volumes.filter((volume) => (volume.UsageData?.RefCount ?? 0) > 0).length,
      size: sum(volumes.map(sizeOf)), reclaimable: sum(free.map(sizeOf)), percent: true,
    },
    {
      type: 'Build Cache', total: cache.length, active: cache.filter((record) => record.InUse).length, size: sum(cache.filter((record) => !record.Shared).map((record) => record.Size)),
      reclaimable: sum(cache.filter((record) => !record.InUse && !record.Shared).map((record) => record.Size)), percent: false,
    },
  ];
}

const view: ListView<Row> = {
  columns: [['TYPE', 'Type'], ['TOTAL', 'TotalCount'], ['ACTIVE', 'Active'], ['SIZE', 'Size'], ['RECLAIMABLE', 'Reclaimable']],
  titles: { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' },
  typeName: '*formatter.diskUsageContext',
  quiet: 'Type',
  fields: {
    Active: (row) => String(row.active),
    Reclaimable: (row) => humanSize(row.reclaimable) + (row.percent && row.size > 0 ? ` (${Math.trunc((row.reclaimable * 100) / row.size)}%)` : ''),
    Size: (row) => humanSize(row.size),
    TotalCount: (row) => String(row.total),
    Type: (row) => row.type,
  },
};

function verbose(usage: Usage): string {
  const ago = (created: number): string => `${humanDuration(Date.now() / 1000 - created)} ago`;
  const images = (usage.Images ?? []).flatMap((image) => (image.RepoTags?.length ? image.RepoTags : ['<none>:<none>']).map((name) => {
    const colon = name.lastIndexOf(':');
    return [
      name.slice(0, colon), name.slice(colon + 1), image.Id.replace('sha256:', '').slice(0, 12), ago(image.Created), humanSize(image.Size, 3), humanSize(image.SharedSize),
      humanSize(image.Size - image.SharedSize), String(image.Containers),
    ];
  }));
  const containers = (usage.Containers ?? []).map((one) => [
    one.Id.slice(0, 12), one.Image, quote(ellipsis(one.Command, 20)), String((one.Mounts ?? []).filter((mount) => mount.Driver === 'local').length),
    humanSize(one.SizeRw ?? 0, 3), ago(one.Created), one.Status, one.Names.map((name) => name.replace(/^\//, '')).join(','),
  ]);
  const volumes = (usage.Volumes ?? []).map((volume) => [volume.Name, String(volume.UsageData?.RefCount ?? 0), humanSize(volume.UsageData?.Size ?? 0)]);
  const records = (usage.BuildCache ?? []).map((record) => [
    record.ID.slice(0, 12), record.Type, humanSize(record.Size, 3), ago(Date.parse(record.CreatedAt) / 1000),
    record.LastUsedAt ? ago(Date.parse(record.LastUsedAt) / 1000) : '', String(record.UsageCount), String(record.Shared),
  ]);
  const cache = humanSize(sum((usage.BuildCache ?? []).map((record) => record.Size)));
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => `${align([head, ...rows].map((cells) => cells.join('\t')).join('\n'))}\n`;
  return `Images space usage:\n\n${table(['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE', 'SHARED SIZE', 'UNIQUE SIZE', 'CONTAINERS'], images)}`
    + `\nContainers space usage:\n\n${table(['CONTAINER ID', 'IMAGE', 'COMMAND', 'LOCAL VOLUMES', 'SIZE', 'CREATED', 'STATUS', 'NAMES'], containers)}`
    + `\nLocal Volumes space usage:\n\n${table(['VOLUME NAME', 'LINKS', 'SIZE'], volumes)}\nBuild cache usage: ${cache}\n\n`
    + table(['CACHE ID', 'CACHE TYPE', 'SIZE', 'CREATED', 'LAST USED', 'USAGE', 'SHARED'], records);
}
