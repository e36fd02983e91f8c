import { createReadStream } from 'node:fs';
import { isatty } from 'node:tty';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { errorText } from '../go-errors.ts';
import { showProgress } from '../progress.ts';

export const load: Command = {
  use: '[OPTIONS]',
  short: 'Load an image from a tar archive or STDIN',
  flags: [
    { name: 'input', short: 'i', type: STRING, usage: 'Read from tar archive file, instead of STDIN' },
    { name: 'platform', type: STRING, usage: 'Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")' },
    { name: 'quiet', short: 'q', type: BOOL, usage: 'Suppress the load output' },
  ],
  min: 0,
  max: 0,
  run: runLoad,
};

async function runLoad(cli: Cli, flags: Flags): Promise<void> {
  const input = flags.str('input');
  if (input === '' && isatty(0)) throw new Error('requested load from stdin, but stdin is empty');
  const stream = input === '' ? process.stdin : await openFile(input);
  const quiet = flags.bool('quiet') || !isatty(1);
  const api = await cli.api();
  const response = await api.call('ImageLoad', { stream, query: { quiet, platform: platform(flags.str('platform')) } });
  await showProgress(response, cli.out);
}

function platform(text: string): string | undefined {
  if (text === '') return undefined;
  const [os, architecture, variant] = text.split('/');
  return JSON.stringify({ os, architecture, ...(variant && { variant }) });
}

/** Opens a file for streaming; errors are Go's. */
export async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (error) => reject(new Error(errorText(error, 'open', path), { cause: error })));
  });
  return stream as AsyncIterable<Uint8Array>;
}
