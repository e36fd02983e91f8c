import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import { filtersOf } from '../filters.ts';
import type { Flags } from '../flags.ts';
import { BOOL, FILTER, STRING } from '../flag-types.ts';
import { formatUsage } from '../format-usage.ts';
import { timeString } from '../go-time.ts';
import { type ListView, printList } from '../listing.ts';
import { humanDuration, humanSize } from '../units.ts';

export const images: Command = {
  use: '[OPTIONS] [REPOSITORY[:TAG]]',
  short: 'List images',
  flags: [
    { name: 'all', short: 'a', type: BOOL, usage: 'Show all images (default hides intermediate images)' },
    { name: 'digests', type: BOOL, usage: 'Show digests' },
    { name: 'filter', short: 'f', type: FILTER, usage: 'Filter output based on conditions provided' },
    { name: 'format', type: STRING, usage: formatUsage },
    { name: 'no-trunc', type: BOOL, usage: 'Don\'t truncate output' },
    { name: 'quiet', short: 'q', type: BOOL, usage: 'Only show image IDs' },
  ],
  min: 0,
  max: 1,
  run: runImages,
};

interface Summary {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Created: number;
  readonly Size: number;
  readonly SharedSize?: number;
  readonly Containers?: number;
}

/** One line of the list: an image under one of its names. */
export interface ImageRow {
  readonly image: Summary;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

async function runImages(cli: Cli, flags: Flags, args: string[]): Promise<void> {
  const filters = filtersOf(flags);
  if (args[0] !== undefined) filters.set('reference', [...(filters.get('reference') ?? []), args[0]]);
  const api = await cli.api();
  const found = await api.call('ImageList', { query: { all: flags.bool('all') || undefined, filters } });
  const format = flags.str('format') || (flags.bool('quiet') ? '' : cli.config.formats['imagesFormat'] ?? '');
  const digests = flags.bool('digests') || /\{\{-?[^}]*\.Digest\b/.test(format);
  const rows = found.flatMap((image) => rowsOf(image, digests, flags.bool('digests')));
  await printList(cli, view(!flags.bool('no-trunc'), flags.bool('digests')), rows, { format, quiet: flags.bool('quiet') });
}

const none = '<none>';

// Digests of names without a tag show only in the column that was asked for by flag.
function rowsOf(image: Summary, digests: boolean, column: boolean): ImageRow[] {
  const tags = (image.RepoTags ?? []).filter((name) => name !== `${none}:${none}`);
  const byRepository = new Map<string, string[]>();
  for (const name of (image.RepoDigests ?? []).filter((one) => one !== `${none}@${none}`)) {
    const [repository, digest] = name.split('@') as [string, string];
    byRepository.set(repository, [...(byRepository.get(repository) ?? []), digest]);
  }
  if (tags.length === 0 && byRepository.size === 0) return [{ image, repository: none, tag: none, digest: none }];
  const rows: ImageRow[] = [];
  const tagged = new Set<string>();
  for (const name of tags) {
    const colon = name.lastIndexOf(':');
    const repository = name.slice(0, colon);
    tagged.add(repository);
    const known = digests ? (byRepository.get(repository) ?? []) : [];
    for (const digest of known.length > 0 ? known : [none]) rows.push({ image, repository, tag: name.slice(colon + 1), digest });
  }
  for (const [repository, known] of byRepository) {
    if (tagged.has(repository)) continue;
    for (const digest of column ? known : ['']) rows.push({ image, repository, tag: none, digest });
  }
  return rows;
}

function view(truncate: boolean, digests: boolean): ListView<ImageRow> {
  const countOrNone = (value: number | undefined, show: (known: number) => string): string => (value === undefined || value < 0 ? 'N/A' : show(value));
  return {
    columns: [
      ['REPOSITORY', 'Repository'], ['TAG', 'Tag'], ...(digests ? [['DIGEST', 'Digest'] as const] : []), ['IMAGE ID', 'ID'], ['CREATED', 'CreatedSince'], ['SIZE', 'Size'],
    ],
    titles: {
      ID: 'IMAGE ID', Repository: 'REPOSITORY', Tag: 'TAG', Digest: 'DIGEST', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', Size: 'SIZE',
      Containers: 'CONTAINERS', VirtualSize: 'SIZE', SharedSize: 'SHARED SIZE', UniqueSize: 'UNIQUE SIZE',
    },
    typeName: '*formatter.imageContext',
    quiet: 'ID',
    fields: {
      Containers: ({ image }) => countOrNone(image.Containers, String),
      CreatedAt: ({ image }) => timeString(image.Created * 1000),
      CreatedSince: ({ image }) => (image.Created <= 0 ? 'N/A' : `${humanDuration(Date.now() / 1000 - image.Created)} ago`),
      Digest: (row) => row.digest,
      ID: ({ image }) => (truncate ? image.Id.replace(/^sha256:/, '').slice(0, 12) : image.Id),
      Repository: (row) => row.repository,
      SharedSize: ({ image }) => countOrNone(image.SharedSize, (size) => humanSize(size)),
      Size: ({ image }) => humanSize(image.Size, 3),
      Tag: (row) => row.tag,
      UniqueSize: ({ image }) => countOrNone(image.SharedSize, (size) => humanSize(image.Size - size)),
      VirtualSize: ({ image }) => humanSize(image.Size),
    },
  };
}
