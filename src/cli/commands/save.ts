import { closeSync, openSync, renameSync, rmSync, statSync, write } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isatty } from 'node:tty';
import { quote } from '#base/go-quote.ts';
import type { ApiResponse } from '#client/types.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { STRING } from '../flag-types.ts';
import { errorText } from '../go-errors.ts';

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
  if (output !== '') checkOutput(output);
  const [os, architecture, variant] = flags.str('platform').split('/');
  const platform = flags.str('platform') === '' ? undefined : JSON.stringify({ os, architecture, ...(variant && { variant }) });
  const api = await cli.api();
  const response = await api.call('ImageGetAll', { query: { names: args, platform } });
  if (output === '') await response.read((chunk) => (cli.out.push(chunk) ? undefined : cli.out.drained()));
  else await writeFile(response, output);
}

function checkOutput(path: string): void {
  const directory = dirname(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`failed to save image: invalid output path: stat ${directory}: no such file or directory`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error(`failed to save image: invalid output path: ${quote(path)} must not be a directory`);
}

// The name appears only when the archive is complete.
async function writeFile(response: ApiResponse, path: string): Promise<void> {
  const temporary = `${dirname(path)}/.tmp-${basename(path)}${process.pid}`;
  let fd: number;
  try {
    fd = openSync(temporary, 'wx', 0o600);
  } catch (error) {
    throw new Error(errorText(error, 'open', temporary), { cause: error });
  }
  try {
    await response.read((chunk) => writeAll(fd, chunk));
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function writeAll(fd: number, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    at += await new Promise<number>((resolve, reject) => {
      write(fd, chunk, at, chunk.length - at, null, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
  }
}
