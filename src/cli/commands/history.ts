import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { formatUsage } from '../format-usage.ts';
import { ellipsis } from '../go-text.ts';
import { rfc3339 } from '../go-time.ts';
import { type ListView, printList } from '../listing.ts';
import { checkPlatform } from '../platform.ts';
import { humanDuration, humanSize } from '../units.ts';

export const history: Command = {
  use: '[OPTIONS] IMAGE',
  short: 'Show the history of an image',
  flags: [
    { name: 'format', type: STRING, usage: formatUsage },
    { name: 'human', short: 'H', type: BOOL, usage: 'Print sizes and dates in human readable format', shown: 'true', initial: true },
    { name: 'no-trunc', type: BOOL, usage: 'Don\'t truncate output' },
    { name: 'platform', type: STRING, usage: 'Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")' },
    { name: 'quiet', short: 'q', type: BOOL, usage: 'Only show image IDs' },
  ],
  min: 1,
  max: 1,
  run: runHistory,
};

interface Layer {
  readonly Id: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Comment: string;
  readonly Size: number;
}

async function runHistory(cli: Cli, flags: Flags, args: string[]): Promise<void> {
  try {
    checkPlatform(flags.str('platform'));
  } catch (error) {
    throw new Error(`invalid platform: ${(error as Error).message}`, { cause: error });
  }
  const [os, architecture, variant] = flags.str('platform').split('/');
  const platform = flags.str('platform') === '' ? undefined : JSON.stringify({ os, architecture, ...(variant && { variant }) });
  const api = await cli.api();
  const layers = await api.call('ImageHistory', { name: args[0] as string, query: { platform } });
  await printList(cli, view(!flags.bool('no-trunc'), flags.bool('human')), layers, { format: flags.str('format'), quiet: flags.bool('quiet') });
}

function view(truncate: boolean, human: boolean): ListView<Layer> {
  return {
    columns: [['IMAGE', 'ID'], [human ? 'CREATED' : 'CREATED AT', 'CreatedSince'], ['CREATED BY', 'CreatedBy'], ['SIZE', 'Size'], ['COMMENT', 'Comment']],
    titles: { ID: 'IMAGE', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', CreatedBy: 'CREATED BY', Size: 'SIZE', Comment: 'COMMENT' },
    typeName: '*image.historyContext',
    quiet: 'ID',
    fields: {
      Comment: (layer) => layer.Comment,
      CreatedAt: (layer) => rfc3339(layer.Created * 1000),
      CreatedBy: (layer) => {
        const text = layer.CreatedBy.replaceAll('\t', ' ');
        return truncate ? ellipsis(text, 45) : text;
      },
      CreatedSince: (layer) => {
        if (!human) return rfc3339(layer.Created * 1000);
        return layer.Created <= 0 ? 'N/A' : `${humanDuration(Date.now() / 1000 - layer.Created)} ago`;
      },
      ID: (layer) => (truncate ? layer.Id.replace(/^sha256:/, '').slice(0, 12) : layer.Id),
      Size: (layer) => (human ? humanSize(layer.Size, 3) : String(layer.Size)),
    },
  };
}
