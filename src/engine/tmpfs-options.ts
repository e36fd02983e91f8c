import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';

const FLAGS = [
  'async', 'atime', 'bind', 'defaults', 'dev', 'diratime', 'dirsync', 'exec', 'mand', 'noatime', 'nodev', 'nodiratime', 'noexec', 'nomand', 'norelatime',
  'nostrictatime', 'nosuid', 'private', 'relatime', 'remount', 'ro', 'rprivate', 'rshared', 'rslave', 'runbindable', 'rw', 'shared', 'slave', 'strictatime',
  'suid', 'sync', 'unbindable', 'rbind', 'size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol', 'huge', 'noswap', 'inode32', 'inode64',
];

/** Checks the value of --tmpfs. Throws invalidArgument with Docker's text. */
export function checkTmpfsOptions(text: string): void {
  for (const option of text === '' ? [] : text.split(',')) {
    const [name = '', value] = option.split('=', 2);
    const takesValue = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol', 'huge'].includes(name);
    if (!FLAGS.includes(name) || takesValue !== (value !== undefined)) fail('invalidArgument', `invalid tmpfs option ${JSON.stringify(name)}`);
  }
}

const OPPOSITES: Readonly<Record<string, string>> = { noexec: 'exec', nosuid: 'suid', nodev: 'dev', rprivate: '' };

/** Mount options of a tmpfs: Docker's defaults, less those that the user turned round, then the user's. */
export function mergeTmpfsOptions(text: string): string[] {
  const own = text === '' ? [] : text.split(',');
  const propagation = own.some((option) => ['private', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable', 'rprivate'].includes(option));
  const defaults = ['noexec', 'nosuid', 'nodev', ...(propagation ? [] : ['rprivate'])];
  return [...defaults.filter((option) => !own.includes(OPPOSITES[option] ?? '') && !own.includes(option)), ...own];
}

/** Mount options of an entry of type tmpfs in HostConfig.Mounts. */
export function tmpfsOptions(mount: wire.Mount): string[] {
  const options: string[] = [];
  const { SizeBytes = 0, Mode = 0, Options } = mount.TmpfsOptions ?? {};
  if (mount.ReadOnly === true) options.push('ro');
  if (Mode !== 0) options.push(`mode=${Mode.toString(8)}`);
  if (SizeBytes < 0) fail('invalidArgument', 'invalid mount config for type "tmpfs": size must not be negative');
  if (SizeBytes !== 0) options.push(`size=${tmpfsSize(SizeBytes)}`);
  for (const [name, value] of Options ?? []) if (name !== undefined) options.push(value === undefined ? name : `${name}=${value}`);
  checkTmpfsOptions(options.join(','));
  return mergeTmpfsOptions(options.join(','));
}

function tmpfsSize(bytes: number): string {
  for (const [suffix, unit] of [['g', 1024 ** 3], ['m', 1024 ** 2], ['k', 1024]] as const) if (bytes % unit === 0) return `${bytes / unit}${suffix}`;
  return String(bytes);
}
