import { isatty } from 'node:tty';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { STRING } from '../flag-types.ts';
import { checkOutput, writeFile } from '../output-file.ts';

export const save: Command = {
  use: '[OPTIONS] IMAGE [IMAGE...]',
  short: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
  flags: [
    { name: 'output', short: 'o', type: STRING, usage: 'Write to a file, instead of STDOUT' },
    { name: 'platform', type: STRING, usage: 'Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")' },
  ],
  min: 1,
  run: runSave,
};

async function runSave(cli: Cli, flags: Flags, args: string[]): Promise<void> {
  const output = flags.str('output');
  if (output === '' && isatty(1)) throw new Error('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  if (output !== '') checkOutput(output, 'failed to save image');
  const [os, architecture, variant] = flags.str('platform').split('/');
  const platform = flags.str('platform') === '' ? undefined : JSON.stringify({ os, architecture, ...(variant && { variant }) });
  const api = await cli.api();
  const response = await api.call('ImageGetAll', { query: { names: args, platform } });
  if (output === '') await response.read((chunk) => (cli.out.push(chunk) ? undefined : cli.out.drained()));
  else await writeFile(response, output);
}
