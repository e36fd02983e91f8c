import { isatty } from 'node:tty';
import type { Command } from '../command.ts';
import { STRING } from '../flag-types.ts';
import { checkOutput, writeFile } from '../output-file.ts';

export const exportContainer: Command = {
  use: '[OPTIONS] CONTAINER',
  short: "Export a container's filesystem as a tar archive",
  flags: [{ name: 'output', short: 'o', type: STRING, usage: 'Write to a file, instead of STDOUT' }],
  min: 1,
  max: 1,
  run: async (cli, flags, args) => {
    const output = flags.str('output');
    if (output === '' && isatty(1)) throw new Error('cowardly refusing to save to a terminal. Use the -o flag or redirect');
    if (output !== '') checkOutput(output, 'failed to export container');
    const api = await cli.api();
    const response = await api.call('ContainerExport', { name: args[0] as string });
    if (output === '') await response.read((chunk) => (cli.out.push(chunk) ? undefined : cli.out.drained()));
    else await writeFile(response, output);
  },
};
