import { posix } from 'node:path';
import type { CgroupPaths } from './cgroup-paths.ts';
import { type Context, namespaceOf } from './context.ts';
import { MOUNT_ATTR, MS } from './linux.ts';
import type { MountOptions } from './mount-options.ts';
import type { Op } from './plan.ts';

/**
 * A mount of type cgroup: v2 is one mount; v1 a tmpfs with a directory per hierarchy and links for merged controllers, as
 * systemd lays it out. With a cgroup namespace the hierarchies are mounted, without one the container's own directories are bound.
 * As runc leaves it, a read-only v1 mount has read-only hierarchies in a tmpfs that is the container's own and stays writable, and
 * a hybrid's cgroup2 mount is not shown (runc: libcontainer/rootfs_linux.go, mountCgroupV1).
 */
export function cgroupMounts(context: Context, target: string, options: MountOptions, paths: CgroupPaths): Op[] {
  const namespaced = namespaceOf(context, 'cgroup') !== undefined;
  const { flags } = options;
  if (context.host.cgroup.version === 2) return unified(target, flags, namespaced, paths['unified'] ?? '');
  const ops: Op[] = [
    mount('tmpfs', target, 'tmpfs', flags & ~MS.RDONLY, 'mode=755'),
  ];
  for (const hierarchy of hierarchies(context.host.cgroup, paths)) {
    const place = posix.join(target, hierarchy.name);
    if (namespaced) ops.push(mount('cgroup', place, 'cgroup', flags, hierarchy.data));
    else ops.push(mount(hierarchy.path, place, '', MS.BIND | MS.REC, ''), attributes(place, flags));
    for (const link of hierarchy.links) ops.push({ kind: 'symlink', target: hierarchy.name, path: posix.join(target, link) });
  }
  return ops;
}

function unified(target: string, flags: number, namespaced: boolean, path: string): Op[] {
  if (namespaced) return [mount('cgroup', target, 'cgroup2', flags, '')];
  return [mount(path, target, '', MS.BIND | MS.REC, ''), attributes(target, flags)];
}

interface Hierarchy {
  readonly name: string;
  readonly data: string;
  readonly path: string;
  readonly links: readonly string[];
}

function hierarchies(facts: { readonly controllers: Readonly<Record<string, string>> }, paths: CgroupPaths): Hierarchy[] {
  const byMount = new Map<string, string[]>();
  for (const [controller, mountPoint] of Object.entries(facts.controllers)) byMount.set(mountPoint, [...(byMount.get(mountPoint) ?? []), controller]);
  const result = [...byMount].map(([mountPoint, controllers]): Hierarchy => {
    const name = posix.basename(mountPoint);
    // Options of mount(2) must be those of the existing hierarchy: all its controllers, or its name.
    const data = controllers.map((c) => (c.startsWith('name=') ? `none,${c}` : c)).join(',');
    const links = controllers.length > 1 ? controllers.filter((c) => c !== name && !c.startsWith('name=')) : [];
    return { name, data, path: paths[controllers[0] ?? ''] ?? mountPoint, links };
  });
  return result.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function mount(source: string, target: string, fstype: string, flags: number, data: string): Op {
  return { kind: 'mount', source, target, fstype, flags, data, where: 'root', create: 'dir', createMode: 0o755, cwd: '', note: 'cgroup' };
}

function attributes(target: string, flags: number): Op {
  let set = 0;
  for (const name of ['RDONLY', 'NOSUID', 'NODEV', 'NOEXEC'] as const) if ((flags & MS[name]) !== 0) set |= MOUNT_ATTR[name];
  return { kind: 'mount.attr', target, set, clear: 0, recursive: false, uidMap: '', gidMap: '' };
}
