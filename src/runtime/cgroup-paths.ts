import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import type { CgroupFacts, HostFacts } from './types.ts';

/**
 * The container's cgroup directories: v1 by controller name as in the host facts ("memory", "name=systemd"), plus
 * "unified" for the hybrid's cgroup2 mount; v2 only "unified".
 */
export type CgroupPaths = Readonly<Record<string, string>>;

/**
 * Directories for `linux.cgroupsPath`: absolute paths start at the root of each hierarchy, relative ones below our own
 * cgroup (v2) or its root (v1), `slice:prefix:name` as systemd would name them, absent `/berth/<id>`. Throws invalidArgument.
 */
export function cgroupPaths(input: { readonly id: string; readonly spec: RuntimeSpec }, facts: HostFacts): CgroupPaths {
  const path = relativePath(input.id, input.spec.linux?.cgroupsPath ?? '', facts.cgroup);
  if (facts.cgroup.version === 2) return { unified: posix.join(facts.cgroup.root, path) };
  const paths: Record<string, string> = {};
  for (const [name, mountPoint] of Object.entries(facts.cgroup.controllers)) paths[name] = posix.join(mountPoint, path);
  if (facts.cgroup.unified !== '') paths['unified'] = posix.join(facts.cgroup.unified, path);
  return paths;
}

/** Directories without repetition: v1 controllers may share a hierarchy. */
export function uniqueDirectories(paths: CgroupPaths): string[] {
  return [...new Set(Object.values(paths))];
}

function relativePath(id: string, asked: string, facts: CgroupFacts): string {
  if (asked.includes('\0')) fail('invalidArgument', 'linux.cgroupsPath contains a NUL byte');
  if (asked === '') return `/berth/${id}`;
  const systemd = /^([^/:]*):([^/:]*):([^/:]*)$/.exec(asked);
  if (systemd !== null) return systemdPath(systemd[1] ?? '', systemd[2] ?? '', systemd[3] ?? '');
  // Normalised from a leading slash, ".." cannot leave the hierarchy.
  const clean = posix.normalize(`/${asked}`).replace(/\/+$/, '');
  if (clean === '') fail('invalidArgument', `linux.cgroupsPath ${JSON.stringify(asked)} is the root of the hierarchy`);
  if (asked.startsWith('/') || facts.version === 1) return clean;
  return posix.join(facts.self ?? '/', clean);
}

// systemd.slice(5): a-b.slice lies in a.slice. Without systemd the directories are made by us under the same names.
function systemdPath(slice: string, prefix: string, name: string): string {
  const full = slice === '' ? 'system.slice' : slice;
  if (!full.endsWith('.slice') || full.includes('--') || full.startsWith('-') && full !== '-.slice') fail('invalidArgument', `invalid slice name ${JSON.stringify(full)}`);
  if (name === '') fail('invalidArgument', 'linux.cgroupsPath names no unit');
  const parts = full === '-.slice' ? [] : full.slice(0, -'.slice'.length).split('-');
  const slices = parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`);
  const unit = name.endsWith('.slice') ? name : `${prefix === '' ? '' : `${prefix}-`}${name}.scope`;
  return posix.join('/', ...slices, unit);
}
