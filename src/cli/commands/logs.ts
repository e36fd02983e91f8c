import { quote } from '#base/go-quote.ts';
import type { ApiResponse } from '#client/types.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { timestampParameter } from '../go-time.ts';
import { Demultiplexer } from '../stdcopy.ts';

export const logs: Command = {
  use: '[OPTIONS] CONTAINER',
  short: 'Fetch the logs of a container',
  flags: [
    { name: 'details', type: BOOL, usage: 'Show extra details provided to logs' },
    { name: 'follow', short: 'f', type: BOOL, usage: 'Follow log output' },
    { name: 'since', type: STRING, usage: 'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)' },
    { name: 'tail', short: 'n', type: STRING, usage: 'Number of lines to show from the end of the logs', shown: '"all"', initial: 'all' },
    { name: 'timestamps', short: 't', type: BOOL, usage: 'Show timestamps' },
    { name: 'until', type: STRING, usage: 'Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)' },
  ],
  min: 1,
  max: 1,
  run: runLogs,
};

async function runLogs(cli: Cli, flags: Flags, args: string[]): Promise<void> {
  const name = args[0] as string;
  const api = await cli.api();
  const on = (flag: string): true | undefined => flags.bool(flag) || undefined;
  const response = await api.call('ContainerLogs', {
    name,
    query: {
      stdout: true, stderr: true, follow: on('follow'), timestamps: on('timestamps'), details: on('details'), tail: flags.str('tail'),
      since: time(flags, 'since'), until: time(flags, 'until'),
    },
  });
  if (await isRaw(response, async () => (await api.call('ContainerInspect', { name })).Config.Tty === true)) {
    await response.read((chunk) => (cli.out.push(chunk) ? undefined : cli.out.drained()));
    return;
  }
  const demultiplexer = new Demultiplexer(cli.out, cli.err);
  await response.read((chunk) => demultiplexer.push(chunk));
}

function time(flags: Flags, name: string): string | undefined {
  try {
    return timestampParameter(flags.str(name), Date.now()) || undefined;
  } catch (error) {
    throw new Error(`invalid value for ${quote(name)}: ${(error as Error).message}`, { cause: error });
  }
}

// Daemons before API 1.42 do not say which kind of stream they send.
async function isRaw(response: ApiResponse, hasTerminal: () => Promise<boolean>): Promise<boolean> {
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('multiplexed-stream')) return false;
  if (type.includes('raw-stream')) return true;
  return hasTerminal();
}
