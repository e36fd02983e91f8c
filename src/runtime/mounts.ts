import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type { MountSpec } from '#spec/runtime.ts';
import type { CgroupPaths } from './cgroup-paths.ts';
import { type Context, checkText } from './context.ts';
import { MOUNT_ATTR, MS } from './linux.ts';
import { cgroupMounts } from './mount-cgroup.ts';
import { type MountOptions, attributesOf, parseMountOptions } from './mount-options.ts';
import { idMap } from './namespaces.ts';
import type { Op } from './plan.ts';

// File systems that take an SELinux label as a mount option.
const LABELLED: readonly string[] = ['tmpfs', 'devpts', 'mqueue'];

/** Mounts of the spec in order, and what can only be done after everything is in place (read-only tmpfs). */
export function compileMounts(context: Context, cgroups: CgroupPaths): { readonly now: Op[]; readonly late: Op[] } {
  const now: Op[] = [];
  const late: Op[] = [];
  for (const mount of context.spec.mounts ?? []) {
    const options = parseMountOptions((mount.options ?? []).map((option) => checkText('mounts', option)));
    const target = destinationOf(mount);
    if (mount.type === 'cgroup' || mount.type === 'cgroup2') now.push(...cgroupMounts(context, target, options, cgroups));
    else if ((options.flags & MS.BIND) !== 0 || mount.type === 'bind') now.push(...bind(context, mount, target, options));
    else {
      now.push(...fresh(context, mount, target, options));
      if (delayedReadonly(mount, options)) late.push({ kind: 'mount.attr', target, set: MOUNT_ATTR.RDONLY, clear: 0, recursive: false, uidMap: '', gidMap: '' });
    }
    now.push(...afterwards(target, options));
  }
  return { now, late };
}

/** True when /dev is the container's own and has to be filled; a bind mount brings its content. */
export function needsDevices(context: Context): boolean {
  return !(context.spec.mounts ?? []).some((m) => {
    const { flags } = parseMountOptions(m.options ?? []);
    return posix.normalize(`/${m.destination}`).replace(/\/$/, '') === '/dev' && (m.type === 'bind' || (flags & MS.BIND) !== 0);
  });
}

function destinationOf(mount: MountSpec): string {
  const destination = checkText('mounts', mount.destination ?? '');
  if (destination === '') fail('invalidArgument', 'mounts: a mount without a destination');
  const clean = posix.normalize(`/${destination}`).replace(/(.)\/$/, '$1');
  if (clean === '/') fail('invalidArgument', `invalid mount: destination ${JSON.stringify(destination)} is the root`);
  return clean;
}

// A tmpfs must stay writable until the mount points and devices in it are made.
function delayedReadonly(mount: MountSpec, options: MountOptions): boolean {
  return mount.type === 'tmpfs' && (options.flags & MS.RDONLY) !== 0 && (options.flags & MS.REMOUNT) === 0;
}

function fresh(context: Context, mount: MountSpec, target: string, options: MountOptions): Op[] {
  if (options.idmap !== 'none' || mount.uidMappings !== undefined || mount.gidMappings !== undefined) {
    fail('invalidArgument', `mounts: ${target}: id-mapped mounts are supported for bind mounts only`);
  }
  const fstype = checkText('mounts', mount.type ?? '');
  if (fstype === '') fail('invalidArgument', `mounts: ${target} has neither a type nor the option bind`);
  const flags = delayedReadonly(mount, options) ? options.flags & ~MS.RDONLY : options.flags;
  const data = withLabel(context, fstype, options.data);
  const note = fstype;
  if (fstype === 'tmpfs' && options.tmpcopyup) return [{ kind: 'tmpfs.copyup', target, flags, data, note }];
  const source = checkText('mounts', mount.source ?? '') || fstype;
  return [{ kind: 'mount', source, target, fstype, flags, data, where: 'root', create: 'dir', createMode: 0o755, cwd: '', note }];
}

function bind(context: Context, mount: MountSpec, target: string, options: MountOptions): Op[] {
  const source = mount.sourceRoot === undefined ? sourceOf(context, mount, target) : checkText('mounts', mount.source ?? '');
  const flags = MS.BIND | (options.flags & MS.REC);
  if ((options.flags & MS.REMOUNT) !== 0) {
    return [{ kind: 'mount', source: '', target, fstype: '', flags: options.flags, data: options.data, where: 'root', create: 'none', createMode: 0, cwd: '', note: 'remount' }];
  }
  const ops: Op[] = [{ kind: 'mount', source, target, fstype: '', flags, data: '', where: 'root', create: 'like', createMode: 0o755, cwd: mount.sourceRoot === undefined ? '' : checkText('mounts', mount.sourceRoot), note: 'bind' }];
  ops.push(...idmapOf(context, mount, target, options));
  const { set, clear } = attributesOf(options.flags, options.cleared);
  if (set !== 0 || clear !== 0) ops.push({ kind: 'mount.attr', target, set, clear, recursive: false, uidMap: '', gidMap: '' });
  return ops;
}

function sourceOf(context: Context, mount: MountSpec, target: string): string {
  const source = checkText('mounts', mount.source ?? '');
  if (source === '') fail('invalidArgument', `mounts: the bind mount at ${target} has no source`);
  if (!source.startsWith('/') && context.bundle === '') fail('invalidArgument', `mounts: the source ${JSON.stringify(source)} is relative and there is no bundle`);
  return posix.resolve(context.bundle === '' ? '/' : context.bundle, source);
}

function idmapOf(context: Context, mount: MountSpec, target: string, options: MountOptions): Op[] {
  const own = mount.uidMappings !== undefined || mount.gidMappings !== undefined;
  if (options.idmap === 'none' && !own) return [];
  const uids = mount.uidMappings ?? context.linux.uidMappings ?? [];
  const gids = mount.gidMappings ?? context.linux.gidMappings ?? [];
  if (uids.length === 0 || gids.length === 0) fail('invalidArgument', `mounts: ${target}: id-mapped mounts need mappings of the mount or of the container`);
  return [
    { kind: 'mount.attr', target, set: MOUNT_ATTR.IDMAP, clear: 0, recursive: options.idmap === 'ridmap', uidMap: idMap('uidMappings', uids), gidMap: idMap('gidMappings', gids) },
  ];
}

// Propagation and recursive attributes come last, for every kind of mount.
function afterwards(target: string, options: MountOptions): Op[] {
  const ops: Op[] = options.propagation.map((flags) => ({ kind: 'mount', source: '', target, fstype: '', flags, data: '', where: 'root', create: 'none', createMode: 0, cwd: '', note: 'propagation' }));
  const { recursive } = options;
  if (recursive !== undefined) ops.push({ kind: 'mount.attr', target, set: recursive.set, clear: recursive.clear, recursive: true, uidMap: '', gidMap: '' });
  return ops;
}

function withLabel(context: Context, fstype: string, data: string): string {
  const label = context.linux.mountLabel ?? '';
  if (label === '' || !context.host.lsm.selinux || !LABELLED.includes(fstype)) return data;
  return [data, `context="${checkText('linux.mountLabel', label)}"`].filter((text) => text !== '').join(',');
}
