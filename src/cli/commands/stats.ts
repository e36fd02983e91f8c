import { setTimeout as delay } from 'node:timers/promises';
import type { EventMessage } from '#api/schema.ts';
import type { Client } from '#client/client.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { formatUsage } from '../format-usage.ts';
import { type ListView, listText } from '../listing.ts';
import { readLines } from '../read-lines.ts';
import { StatsReaders } from '../stats-readers.ts';
import type { Reading, ReadingValues } from '../stats-reading.ts';
import { bytesSize, humanSize } from '../units.ts';

const frameMs = 500;

export const stats: Command = {
  use: '[OPTIONS] [CONTAINER...]',
  short: 'Display a live stream of container(s) resource usage statistics',
  flags: [
    { name: 'all', short: 'a', type: BOOL, usage: 'Show all containers (default shows just running)' },
    { name: 'format', type: STRING, usage: formatUsage },
    { name: 'no-stream', type: BOOL, usage: 'Disable streaming stats and only pull the first result' },
    { name: 'no-trunc', type: BOOL, usage: 'Do not truncate output' },
  ],
  min: 0,
  run: runStats,
};

async function runStats(cli: Cli, flags: Flags, names: readonly string[]): Promise<void> {
  const api = await cli.api();
  const stream = !flags.bool('no-stream');
  const readers = new StatsReaders(api, stream);
  const everything = names.length === 0;
  const watch = everything && stream ? await watchEvents(api, readers, flags.bool('all')) : undefined;
  const wanted = everything ? (await api.call('ContainerList', { query: { all: flags.bool('all') || undefined } })).map(({ Id }) => Id) : names;
  await Promise.all(wanted.map((name) => readers.add(name)));
  if (!everything && readers.errors.length > 0) throw new Error(readers.errors.map(({ message }) => message).join('\n'));
  const show = (): Promise<string> => listText(view(!flags.bool('no-trunc')), readers.readings, { format: flags.str('format') || (cli.config.formats['statsFormat'] ?? ''), quiet: false });
  if (!stream) return cli.out.text(await show());
  while (!cli.out.broken && watch?.ended !== true) {
    await delay(frameMs);
    // From the top left; each line clears what stood there, the last one all below.
    cli.out.text(`\u001B[H${(await show()).replaceAll('\n', ' \u001B[K\n')}\u001B[J`);
  }
  if (watch?.error !== undefined) throw watch.error;
}

/** Containers that come and go while all are shown. */
async function watchEvents(api: Client, readers: StatsReaders, all: boolean): Promise<Watch> {
  const watch: Watch = { ended: false, error: undefined };
  const response = await api.call('SystemEvents', { query: { filters: new Map([['type', ['container']]]) } });
  const read = readLines(response, (line) => {
    const { Action, Actor } = JSON.parse(line) as EventMessage;
    if (Action === 'start' || (all && Action === 'create')) void readers.add(Actor.ID);
    else if (Action === 'destroy' || (!all && Action === 'die')) readers.remove(Actor.ID);
  });
  void read.catch((error: unknown) => (watch.error = error instanceof Error ? error : new Error(String(error)))).then(() => (watch.ended = true));
  return watch;
}

interface Watch {
  ended: boolean;
  error: Error | undefined;
}

function view(truncate: boolean): ListView<Reading> {
  const shown = (otherwise: string, text: (values: ReadingValues) => string) => ({ values }: Reading): string => (values === undefined ? otherwise : text(values));
  const percent = (value: number): string => `${value.toFixed(2)}%`;
  const pair = (one: number, other: number): string => `${humanSize(one, 3)} / ${humanSize(other, 3)}`;
  return {
    columns: [
      ['CONTAINER ID', 'ID'], ['NAME', 'Name'], ['CPU %', 'CPUPerc'], ['MEM USAGE / LIMIT', 'MemUsage'], ['MEM %', 'MemPerc'], ['NET I/O', 'NetIO'], ['BLOCK I/O', 'BlockIO'],
      ['PIDS', 'PIDs'],
    ],
    titles: {
      Container: 'CONTAINER', ID: 'CONTAINER ID', Name: 'NAME', CPUPerc: 'CPU %', MemUsage: 'MEM USAGE / LIMIT', MemPerc: 'MEM %', NetIO: 'NET I/O', BlockIO: 'BLOCK I/O', PIDs: 'PIDS',
    },
    typeName: '*container.statsContext',
    templateError: 'template parsing error',
    quiet: 'ID',
    fields: {
      BlockIO: shown('--', ({ readBytes, writtenBytes }) => pair(readBytes, writtenBytes)),
      CPUPerc: shown('--', ({ cpuPercent }) => percent(cpuPercent)),
      Container: ({ container }) => container,
      ID: ({ id }) => (truncate ? id.slice(0, 12) : id),
      MemPerc: shown('--', ({ memoryPercent }) => percent(memoryPercent)),
      MemUsage: shown('-- / --', ({ memory, memoryLimit }) => `${bytesSize(memory)} / ${bytesSize(memoryLimit)}`),
      Name: ({ name }) => (name.length > 1 ? name.slice(1) : '--'),
      NetIO: shown('--', ({ received, sent }) => pair(received, sent)),
      PIDs: shown('--', ({ pids }) => String(pids)),
    },
  };
}
