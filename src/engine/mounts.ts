import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import { anonymousLabel } from '#volumes/types.ts';
import type { VolumeService } from '#volumes/types.ts';
import type { ContainerMount } from './container.ts';
import { checkTmpfsOptions, tmpfsOptions } from './tmpfs-options.ts';

const PROPAGATION = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

const plain = { recursive: true, readonlyRecursive: true, createSource: false, anonymous: false, noCopy: false, subpath: '', tmpfsOptions: [] } as const;

/**
 * Decides every mount of a new container from Binds, Mounts, Tmpfs and Volumes (its own and the image's), later sources
 * yielding to earlier ones on the same destination as dockerd orders them. Makes the volumes that it names: `made`
 * lists the new ones, for undoing. Throws invalidArgument with Docker's texts.
 */
export function resolveMounts(
  config: wire.ContainerConfig,
  hostConfig: wire.HostConfig,
  volumesFrom: readonly (readonly ContainerMount[])[],
  volumes: VolumeService,
): { mounts: ContainerMount[]; made: string[] } {
  const byTarget = new Map<string, ContainerMount>();
  const explicit = new Set<string>();
  const made: string[] = [];
  for (const mounts of volumesFrom) for (const mount of mounts) byTarget.set(mount.point.Destination, mount);
  const add = (mount: ContainerMount): void => {
    const target = mount.point.Destination;
    if (explicit.has(target)) fail('invalidArgument', `Duplicate mount point: ${target}`);
    explicit.add(target);
    byTarget.set(target, mount);
  };
  for (const bind of hostConfig.Binds ?? []) add(parseBind(bind, volumes, made));
  for (const mount of hostConfig.Mounts ?? []) add(parseMount(mount, volumes, made));
  for (const [target, options] of Object.entries(hostConfig.Tmpfs ?? {})) checkTmpfs(target, options);
  for (const target of Object.keys(config.Volumes ?? {})) {
    const destination = checkTarget(posix.normalize(target), 'volume', target);
    if (byTarget.has(destination) || hostConfig.Tmpfs?.[destination] !== undefined) continue;
    byTarget.set(destination, volumeMount(anonymous(volumes, made), destination, { mode: '', rw: true, anonymous: true }));
  }
  return { mounts: [...byTarget.values()], made };
}

function checkTarget(target: string, type: string, spec: string): string {
  if (!target.startsWith('/')) fail('invalidArgument', `invalid volume specification: '${spec}': invalid mount config for type "${type}": invalid mount path: '${target}' mount path must be absolute`);
  const clean = posix.normalize(target).replace(/(.)\/$/, '$1');
  if (clean === '/') fail('invalidArgument', `invalid volume specification: '${spec}': invalid mount config for type "${type}": invalid specification: destination can't be '/'`);
  return clean;
}

function anonymous(volumes: VolumeService, made: string[]): string {
  const name = randomBytes(32).toString('hex');
  volumes.create(name, { labels: { [anonymousLabel]: '' } });
  made.push(name);
  return name;
}

function named(name: string, volumes: VolumeService, made: string[], labels?: Readonly<Record<string, string>>): string {
  const { made: fresh } = volumes.create(name, { labels });
  if (fresh) made.push(name);
  return name;
}

function volumeMount(name: string, destination: string, options: { mode: string; rw: boolean; anonymous: boolean; noCopy?: boolean; subpath?: string }): ContainerMount {
  return {
    ...plain,
    anonymous: options.anonymous,
    noCopy: options.noCopy ?? false,
    subpath: options.subpath ?? '',
    // The source is where the volume is at start; inspect shows where it is now.
    point: { Type: 'volume', Name: name, Source: '', Destination: destination, Driver: 'local', Mode: options.mode, RW: options.rw, Propagation: '' },
  };
}

/** `src:dst[:mode]`, `name:dst[:mode]` (dockerd: volume/mounts/linux_parser.go `ParseMountRaw`). */
function parseBind(text: string, volumes: VolumeService, made: string[]): ContainerMount {
  const invalid = (reason = ''): never => fail('invalidArgument', `invalid volume specification: '${text}'${reason}`);
  const parts = text.split(':');
  if (parts[0] === '' || parts.length > 3) invalid();
  if (parts.length === 1) {
    const target = checkTarget(text, 'volume', text);
    return volumeMount(anonymous(volumes, made), target, { mode: '', rw: true, anonymous: true });
  }
  const [source = '', target = '', modeText = ''] = parts;
  if (target === '') invalid();
  const isBind = source.startsWith('/');
  const mode = parseMode(modeText, isBind);
  const destination = checkTarget(target, isBind ? 'bind' : 'volume', text);
  if (!isBind) return volumeMount(named(source, volumes, made), destination, { mode: modeText || 'z', rw: mode.rw, anonymous: false, noCopy: mode.noCopy });
  const cleanSource = posix.normalize(source).replace(/(.)\/$/, '$1');
  return {
    ...plain,
    createSource: true,
    point: { Type: 'bind', Source: cleanSource, Destination: destination, Mode: modeText, RW: mode.rw, Propagation: mode.propagation || 'rprivate' },
  };
}

function parseMode(text: string, isBind: boolean): { rw: boolean; noCopy: boolean; propagation: string } {
  const invalid = (): never => fail('invalidArgument', `invalid mode: ${text}`);
  const result = { rw: true, noCopy: false, propagation: '' };
  const seen = new Set<string>();
  for (const word of text === '' ? [] : text.split(',')) {
    const kind = word === 'ro' || word === 'rw' ? 'access' : word === 'z' || word === 'Z' ? 'label' : PROPAGATION.includes(word) ? 'propagation' : word === 'nocopy' ? 'copy' : ['consistent', 'cached', 'delegated'].includes(word) ? 'consistency' : invalid();
    if (seen.has(kind) || (kind === 'propagation' && !isBind) || (kind === 'copy' && isBind)) invalid();
    seen.add(kind);
    if (word === 'ro') result.rw = false;
    if (kind === 'copy') result.noCopy = true;
    if (kind === 'propagation') result.propagation = word;
  }
  return result;
}

/** An entry of HostConfig.Mounts (dockerd: volume/mounts/linux_parser.go `validateMountConfigImpl`, `parseMountSpec`). */
function parseMount(mount: wire.Mount, volumes: VolumeService, made: string[]): ContainerMount {
  const type = mount.Type ?? '';
  const invalid = (reason: string): never => fail('invalidArgument', `invalid mount config for type "${type}": ${reason}`);
  const target = mount.Target ?? '';
  if (target === '') invalid('field Target must not be empty');
  if (!target.startsWith('/')) invalid(`invalid mount path: '${target}' mount path must be absolute`);
  const destination = posix.normalize(target).replace(/(.)\/$/, '$1');
  if (destination === '/') invalid("invalid specification: destination can't be '/'");
  const rw = mount.ReadOnly !== true;
  if (type === 'bind') return bindOf(mount, destination, rw, invalid);
  if (type === 'volume') {
    if (mount.BindOptions !== undefined) invalid('field BindOptions must not be specified');
    if ((mount.Source ?? '') === '' && mount.VolumeOptions?.Subpath !== undefined && mount.VolumeOptions.Subpath !== '') invalid('must not set Subpath when using anonymous volumes');
    const driver = mount.VolumeOptions?.DriverConfig?.Name ?? '';
    if (driver !== '' && driver !== 'local') fail('notFound', `error looking up volume plugin ${driver}: plugin "${driver}" not found`);
    const isAnonymous = (mount.Source ?? '') === '';
    const name = isAnonymous ? anonymous(volumes, made) : named(mount.Source ?? '', volumes, made, mount.VolumeOptions?.Labels);
    return volumeMount(name, destination, { mode: 'z', rw, anonymous: isAnonymous, noCopy: mount.VolumeOptions?.NoCopy, subpath: mount.VolumeOptions?.Subpath });
  }
  if (type === 'tmpfs') {
    if (mount.BindOptions !== undefined) invalid('field BindOptions must not be specified');
    if ((mount.Source ?? '') !== '') invalid('field Source must not be specified');
    return { ...plain, tmpfsOptions: tmpfsOptions(mount), point: { Type: 'tmpfs', Source: '', Destination: destination, Mode: '', RW: rw, Propagation: '' } };
  }
  return invalid('mount type unknown');
}

function bindOf(mount: wire.Mount, destination: string, rw: boolean, invalid: (reason: string) => never): ContainerMount {
  const { Source: source = '', BindOptions: options = {} } = mount;
  if (source === '') invalid('field Source must not be empty');
  if (mount.VolumeOptions !== undefined) invalid('field VolumeOptions must not be specified');
  if (!source.startsWith('/')) invalid(`invalid mount path: '${source}' mount path must be absolute`);
  const propagation = options.Propagation ?? '';
  if (propagation !== '' && !PROPAGATION.includes(propagation)) invalid(`invalid propagation mode: ${propagation}`);
  if (options.CreateMountpoint !== true && statSync(source, { throwIfNoEntry: false }) === undefined) invalid(`bind source path does not exist: ${source}`);
  return {
    ...plain,
    recursive: options.NonRecursive !== true,
    readonlyRecursive: options.NonRecursive !== true && options.ReadOnlyNonRecursive !== true,
    createSource: options.CreateMountpoint === true,
    point: { Type: 'bind', Source: posix.normalize(source).replace(/(.)\/$/, '$1'), Destination: destination, Mode: '', RW: rw, Propagation: propagation || 'rprivate' },
  };
}

function checkTmpfs(target: string, options: string): void {
  if (!target.startsWith('/')) fail('invalidArgument', `invalid mount path: '${target}' mount path must be absolute`);
  if (posix.normalize(target) === '/') fail('invalidArgument', `invalid specification: destination can't be '/'`);
  checkTmpfsOptions(options);
}
