import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { FILTER, STRING } from '../flag-types.ts';
import { inspectFormatUsage } from '../format-usage.ts';
import { rfc3339NanoFixed, timestampParameter } from '../go-time.ts';
import { parseJson } from '../go-json.ts';
import { filtersParameter } from '../many.ts';

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
  readonly time?: number;
  readonly timeNano?: number | bigint;
}

async function runEvents(cli: Cli, flags: Flags): Promise<void> {
  const show = await formatter(flags.str('format'));
  const api = await cli.api();
  const response = await api.stream({
    method: 'GET', path: '/events',
    query: {
      since: timestampParameter(flags.str('since'), Date.now()) || undefined, until: timestampParameter(flags.str('until'), Date.now()) || undefined,
      filters: filtersParameter(flags.get<Record<string, string[]>>('filter')),
    },
  });
  let rest = '';
  const decoder = new TextDecoder();
  await response.read((chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) if (line.trim() !== '') cli.out.line(show(line));
  });
  if (rest.trim() !== '') cli.out.line(show(rest));
}

async function formatter(format: string): Promise<(line: string) => string> {
  if (format === '') return (line) => plain(parseJson(line) as Message);
  if (format === 'json') return (line) => line.trim();
  const { compileTemplate } = await import('../template/eval.ts');
  try {
    const template = compileTemplate(format);
    return (line) => template.execute(eventData(parseJson(line) as Message));
  } catch (error) {
    throw new Error(`Error parsing format: ${(error as Error).message}`, { cause: error });
  }
}

// In templates the fields have their Go names.
function eventData(message: Message): Record<string, unknown> {
  return { Scope: 'local', ...message, Time: message.time ?? 0, TimeNano: message.timeNano ?? 0, ID: message.Actor.ID, Status: message.Action };
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
