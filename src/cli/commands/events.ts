import { goJson, GoStruct } from '#base/go-template/value.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import { filtersOf } from '../filters.ts';
import type { Flags } from '../flags.ts';
import { FILTER, STRING } from '../flag-types.ts';
import { inspectFormatUsage } from '../format-usage.ts';
import { rfc3339NanoFixed, timestampParameter } from '../go-time.ts';
import { parseJson } from '../go-json.ts';
import { readLines } from '../read-lines.ts';

export const events: Command = {
  use: '[OPTIONS]',
  short: 'Get real time events from the server',
  flags: [
    { name: 'filter', short: 'f', type: FILTER, usage: 'Filter output based on conditions provided' },
    { name: 'format', type: STRING, usage: inspectFormatUsage },
    { name: 'since', type: STRING, usage: 'Show all events created since timestamp' },
    { name: 'until', type: STRING, usage: 'Stream events until this timestamp' },
  ],
  min: 0,
  max: 0,
  run: runEvents,
};

interface Message {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes?: Readonly<Record<string, string>> | null };
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly scope?: string;
  readonly time?: number;
  readonly timeNano?: number | bigint;
}

async function runEvents(cli: Cli, flags: Flags): Promise<void> {
  const show = await formatter(flags.str('format'));
  const api = await cli.api();
  const response = await api.call('SystemEvents', {
    query: {
      since: timestampParameter(flags.str('since'), Date.now()) || undefined, until: timestampParameter(flags.str('until'), Date.now()) || undefined,
      filters: filtersOf(flags),
    },
  });
  await readLines(response, (line) => cli.out.line(show(line)));
}

async function formatter(format: string): Promise<(line: string) => string> {
  if (format === '') return (line) => plain(parseJson(line) as Message);
  if (format === 'json') return (line) => goJson(eventData(parseJson(line) as Message));
  const { compileTemplate } = await import('#base/go-template/eval.ts');
  try {
    const template = compileTemplate(format);
    return (line) => template.execute(eventData(parseJson(line) as Message));
  } catch (error) {
    throw new Error(`Error parsing format: ${(error as Error).message}`, { cause: error });
  }
}

// In templates the fields have their Go names, in JSON their wire names in the order of the struct.
function eventData(message: Message): GoStruct {
  const actor = new GoStruct('events.Actor', ['ID', 'Attributes'], (name) => (name === 'ID' ? message.Actor.ID : (message.Actor.Attributes ?? null)));
  const fields: Record<string, unknown> = {
    Status: message.status ?? '', ID: message.id ?? '', From: message.from ?? '', Type: message.Type, Action: message.Action, Actor: actor,
    Scope: message.scope ?? '', Time: message.time ?? 0, TimeNano: message.timeNano ?? 0,
  };
  return new GoStruct('*events.Message', Object.keys(fields), (name) => fields[name], () => wireJson(message, actor));
}

function wireJson(message: Message, actor: GoStruct): string {
  const present = ([, value]: readonly [string, unknown]): boolean => value !== undefined && value !== '' && value !== 0;
  const head = ([['status', message.status], ['id', message.id], ['from', message.from]] as const).filter(present);
  const tail = ([['scope', message.scope], ['time', message.time], ['timeNano', message.timeNano]] as const).filter(present);
  return goJson(Object.fromEntries<unknown>([...head, ['Type', message.Type], ['Action', message.Action], ['Actor', actor], ...tail]));
}

function plain(message: Message): string {
  let out = '';
  const nanos = BigInt(message.timeNano ?? 0);
  if (nanos !== 0n) out += `${rfc3339NanoFixed(nanos)} `;
  else if (message.time !== undefined && message.time !== 0) out += `${rfc3339NanoFixed(BigInt(message.time) * 1_000_000_000n)} `;
  out += `${message.Type} ${message.Action} ${message.Actor.ID}`;
  const attributes = Object.entries(message.Actor.Attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
  return attributes.length > 0 ? `${out} (${attributes.join(', ')})` : out;
}
