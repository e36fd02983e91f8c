import type { Client } from '#client/client.ts';
import type { ApiResponse } from '#client/types.ts';
import { posix } from 'node:path';
import { isatty } from 'node:tty';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import { type CopyInfo, type Rename, checkOutputPath, destinationInfo, prepareCopy, rebaseName, resolveLocal, sourceInfo, splitArgument, splitEntry } from '../cp-paths.ts';
import type { Flags } from '../flags.ts';
import { BOOL } from '../flag-types.ts';
import { humanSize } from '../units.ts';

export const cp: Command = {
  use: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tberth cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH',
  short: 'Copy files/folders between a container and the local filesystem',
  long: `Copy files/folders between a container and the local filesystem

Use '-' as the source to read a tar archive from stdin
and extract it to a directory destination in a container.
Use '-' as the destination to stream a tar archive of a
container source to stdout.`,
  flags: [
    { name: 'follow-link', short: 'L', type: BOOL, usage: 'Always follow symbol link in SRC_PATH' },
    { name: 'archive', short: 'a', type: BOOL, usage: 'Archive mode (copy all uid/gid information)' },
    { name: 'quiet', short: 'q', type: BOOL, usage: 'Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached' },
  ],
  min: 2,
  max: 2,
  run: runCp,
};

interface Copy {
  readonly container: string;
  readonly from: string;
  readonly to: string;
  readonly followLink: boolean;
  readonly archive: boolean;
  readonly quiet: boolean;
}

async function runCp(cli: Cli, flags: Flags, [source = '', destination = '']: string[]): Promise<void> {
  if (source === '') throw new Error('source can not be empty');
  if (destination === '') throw new Error('destination can not be empty');
  const [from, to] = [splitArgument(source), splitArgument(destination)];
  if (from.container !== '' && to.container !== '') throw new Error('copying between containers is not supported');
  const copy: Copy = {
    container: from.container || to.container, from: from.path, to: to.path, followLink: flags.bool('follow-link'), archive: flags.bool('archive'),
    quiet: flags.changed('quiet') ? flags.bool('quiet') : !isatty(2),
  };
  if (from.container !== '') return fromContainer(cli, copy);
  if (to.container !== '') return toContainer(cli, copy);
  throw new Error('must specify at least one container source');
}

/** What the header of HEAD and GET archive tells; `mode` is Go's. */
interface Stat {
  readonly mode: number;
  readonly linkTarget: string;
}

const MODE_DIRECTORY = 2 ** 31;
const MODE_SYMLINK = 2 ** 27;
const MODE_DEVICE = 2 ** 26;

function statOf(response: ApiResponse): Stat {
  const header = response.headers.get('x-docker-container-path-stat') ?? '';
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as Stat;
  } catch (error) {
    throw new Error(`unable to decode container path stat header: ${(error as Error).message}`, { cause: error });
  }
}

const has = (stat: Stat, bit: number): boolean => Math.floor(stat.mode / bit) % 2 === 1;

const archivePath = (container: string): string => `/containers/${encodeURIComponent(container)}/archive`;

/** Undefined for what is not there, or can't be asked for: the copy itself shows what is wrong. */
async function statIn(api: Client, container: string, path: string): Promise<Stat | undefined> {
  try {
    return statOf(await api.raw.stream({ method: 'HEAD', path: archivePath(container), query: { path } }));
  } catch {
    return undefined;
  }
}

function linkTarget(path: string, target: string): string {
  return target.startsWith('/') ? target : posix.join(splitEntry(path).directory, target);
}

async function fromContainer(cli: Cli, copy: Copy): Promise<void> {
  const { container } = copy;
  const target = copy.to === '-' ? '-' : resolveLocal(copy.to);
  checkOutputPath(target);
  const api = await cli.api();
  let path = copy.from;
  let name = '';
  const linked = copy.followLink ? await statIn(api, container, path) : undefined;
  if (linked !== undefined && has(linked, MODE_SYMLINK)) ({ path, name } = rebaseName(path, linkTarget(path, linked.linkTarget)));
  const response = await api.call('ContainerArchive', { name: container, query: { path } });
  if (target === '-') return response.read((chunk) => (cli.out.push(chunk) ? undefined : cli.out.drained()));
  const source: CopyInfo = { path, exists: true, isDirectory: has(statOf(response), MODE_DIRECTORY), rebaseName: name };
  const { directory, rename } = prepareCopy(source, destinationInfo(target));
  const renames: Rename[] = name === '' ? [] : [{ from: splitEntry(path).base === '/' ? '' : splitEntry(path).base, to: name }];
  let size = 0;
  const { unpack } = await import('../cp-archive.ts');
  await unpack(response, directory, rename === undefined ? renames : [...renames, rename], (bytes) => (size += bytes));
  if (!copy.quiet) cli.err.line(`Successfully copied ${humanSize(size)} to ${target}`);
}

async function toContainer(cli: Cli, copy: Copy): Promise<void> {
  const { container } = copy;
  const local = copy.from === '-' ? '-' : resolveLocal(copy.from);
  const api = await cli.api();
  let path = copy.to;
  let stat = await statIn(api, container, path);
  if (stat !== undefined && has(stat, MODE_SYMLINK)) {
    path = linkTarget(path, stat.linkTarget);
    stat = await statIn(api, container, path);
  }
  if (stat !== undefined && has(stat, MODE_DEVICE)) throw new Error(`destination "${container}:${copy.to}" must be a directory or a regular file: got a device`);
  const destination: CopyInfo = { path, exists: stat !== undefined, isDirectory: stat !== undefined && has(stat, MODE_DIRECTORY), rebaseName: '' };
  let size = 0;
  const { directory, stream } = await outgoing(copy, local, destination, (bytes) => (size += bytes));
  const query = { path: directory, noOverwriteDirNonDir: 'true', copyUIDGID: copy.archive ? 'true' : undefined };
  await api.raw.text({ method: 'PUT', path: archivePath(container), query, stream });
  if (!copy.quiet) cli.err.line(`Successfully copied ${humanSize(size)} to ${container}:${path}`);
}

async function outgoing(copy: Copy, local: string, destination: CopyInfo, counted: (bytes: number) => void): Promise<{ directory: string; stream: AsyncIterable<Uint8Array> }> {
  if (local === '-') {
    if (!destination.isDirectory) throw new Error(`destination "${copy.container}:${copy.to}" must be a directory`);
    return { directory: destination.path, stream: process.stdin };
  }
  const source = sourceInfo(local, copy.followLink);
  const { directory, rename } = prepareCopy(source, destination);
  const { archiveOf } = await import('../cp-archive.ts');
  return { directory, stream: archiveOf(source, rename, counted) };
}
