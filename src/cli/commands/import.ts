import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { LIST, STRING } from '../flag-types.ts';
import { showProgress } from '../progress.ts';
import { openFile } from './load.ts';

export const importImage: Command = {
  use: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  short: 'Import the contents from a tarball to create a filesystem image',
  flags: [
    { name: 'change', short: 'c', type: LIST, usage: 'Apply Dockerfile instruction to the created image' },
    { name: 'message', short: 'm', type: STRING, usage: 'Set commit message for imported image' },
    { name: 'platform', type: STRING, usage: 'Set platform if server is multi-platform capable' },
  ],
  min: 1,
  run: runImport,
};

async function runImport(cli: Cli, flags: Flags, args: string[]): Promise<void> {
  const [source = '', reference] = args;
  const isUrl = /^(https?|git):\/\//.test(source) || source.startsWith('github.com/');
  const stream = isUrl ? undefined : source === '-' ? process.stdin : await openFile(source);
  const api = await cli.api();
  const response = await api.call('ImageCreate', {
    stream,
    query: {
      fromSrc: isUrl ? source : '-', repo: reference, message: flags.str('message') || undefined,
      platform: flags.str('platform').toLowerCase() || undefined, changes: [...flags.list('change')],
    },
  });
  await showProgress(response, cli.out);
}
