import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type { Context } from './context.ts';
import type { Op } from './plan.ts';

const MOUNT_POINT = '/sys/fs/resctrl';

/**
 * linux.intelRdt: a resctrl group is used like a cgroup (Documentation/arch/x86/resctrl.rst): directory, schemata, `tasks`.
 * A closID of its own (spec given, no schema) joins an existing group.
 */
export function compileRdt(context: Context): { readonly create: Op[]; readonly enter: Op[] } {
  const rdt = context.linux.intelRdt;
  if (rdt === undefined) return { create: [], enter: [] };
  const name = rdt.closID ?? context.id;
  if (!/^[^/\0\s]+$/.test(name) || name === '.' || name === '..') fail('invalidArgument', `linux.intelRdt: invalid closID ${JSON.stringify(name)}`);
  if (rdt.enableCMT === true || rdt.enableMBM === true) fail('notImplemented', 'linux.intelRdt: monitoring groups are not supported');
  const path = posix.join(MOUNT_POINT, name);
  const schema = [rdt.l3CacheSchema ?? '', rdt.memBwSchema ?? ''].filter((text) => text !== '').join('\n');
  const create: Op[] = [{ kind: 'cgroup.create', path, note: 'resctrl' }];
  if (schema !== '') create.push({ kind: 'cgroup.set', path: posix.join(path, 'schemata'), data: `${schema}\n`, optional: false });
  return { create, enter: [{ kind: 'cgroup.enter', paths: [path], note: 'resctrl' }] };
}
