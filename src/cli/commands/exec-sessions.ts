import { quote } from '#base/go-quote.ts';
import type { Document } from '#api/schema.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { formatUsage } from '../format-usage.ts';
import { ellipsis } from '../go-text.ts';
import { type ListView, printList } from '../listing.ts';
import { forEach } from '../many.ts';
import { humanDuration } from '../units.ts';

export const execLs: Command = {
  use: '[OPTIONS] [CONTAINER]',
  short: 'List exec sessions',
  flags: [
    { name: 'all', short: 'a', type: BOOL, usage: 'Show ended sessions that are still known, too' },
    { name: 'format', type: STRING, usage: formatUsage },
    { name: 'no-trunc', type: BOOL, usage: 'Don\'t truncate output' },
    { name: 'quiet', short: 'q', type: BOOL, usage: 'Only display exec IDs' },
  ],
  min: 0,
  max: 1,
  run: runExecLs,
};

export const execKill: Command = {
  use: '[OPTIONS] EXEC [EXEC...]',
  short: 'Kill all processes of an exec session',
  flags: [{ name: 'signal', short: 's', type: STRING, usage: 'Signal to send to the session\'s processes' }],
  min: 1,
  run: (cli, flags, args) => {
    const query = { signal: flags.str('signal') || undefined };
    return forEach(cli, args, (api, name) => api.call('ExecKill', { name, query }));
  },
};

async function runExecLs(cli: Cli, flags: Flags, [container]: string[]): Promise<void> {
  const api = await cli.api();
  const query = { all: flags.bool('all') || undefined };
  const rows = container === undefined ? await api.call('ExecList', { query }) : await api.call('ContainerExecList', { name: container, query });
  await printList(cli, view(!flags.bool('no-trunc')), rows, { format: flags.str('format'), quiet: flags.bool('quiet') });
}

const titles: Readonly<Record<string, string>> = {
  ID: 'EXEC ID', Container: 'CONTAINER', Command: 'COMMAND', RunningFor: 'STARTED', Status: 'STATUS', Processes: 'PROCESSES', User: 'USER', Pid: 'PID',
};

function view(truncate: boolean): ListView<Document<'ExecSession'>> {
  return {
    columns: ['ID', 'Container', 'Command', 'RunningFor', 'Status', 'Processes'].map((field) => [titles[field] as string, field]),
    titles,
    typeName: '*formatter.ExecContext',
    quiet: 'ID',
    fields: {
      Command: ({ Command: words }) => quote(truncate ? ellipsis(words.join(' '), 20) : words.join(' ')),
      Container: ({ ContainerName }) => ContainerName,
      ID: ({ Id }) => (truncate ? Id.slice(0, 12) : Id),
      Pid: ({ Pid }) => String(Pid),
      Processes: ({ Processes }) => String(Processes),
      RunningFor: ({ StartedAt }) => (StartedAt.startsWith('0001-') ? '' : `${humanDuration((Date.now() - Date.parse(StartedAt)) / 1000)} ago`),
      Status: ({ Status, ExitCode }) => (Status === 'exited' ? `exited (${ExitCode ?? ''})` : Status),
      User: ({ User }) => User,
    },
  };
}
