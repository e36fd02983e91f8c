import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type { RootMount } from '#spec/mount.ts';
import { type Context, checkText } from './context.ts';
import { MS } from './linux.ts';
import type { Op, OpOf } from './plan.ts';

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MS.PRIVATE,
  rprivate: MS.PRIVATE | MS.REC,
  slave: MS.SLAVE,
  rslave: MS.SLAVE | MS.REC,
  shared: MS.SHARED,
  rshared: MS.SHARED | MS.REC,
  unbindable: MS.UNBINDABLE,
  runbindable: MS.UNBINDABLE | MS.REC,
};

/**
 * Brings the root file system to its mount point and opens it. With a root mount the mount point is `root.path` when that is
 * absolute, else the directory of the layers itself: inside the container's own mount namespace nobody else looks there.
 */
export function compileRoot(context: Context, rootMount: RootMount | undefined): Op[] {
  const propagation = rootPropagation(context);
  const shared = (propagation & MS.SHARED) !== 0;
  // The host's tree as the container's namespace sees it; only an explicit `shared` lets anything flow back.
  const ops: Op[] = [{ kind: 'propagation', path: '/', flags: propagation === 0 ? MS.SLAVE | MS.REC : propagation, where: 'host' }];
  const target = mountPoint(context, rootMount);
  // pivot_root refuses a root below a shared mount, and a root mounted there would show up on the host.
  if (shared) ops.push({ kind: 'propagation', path: posix.dirname(target), flags: MS.PRIVATE, where: 'host' });
  ops.push(mountOf(target, rootMount));
  return [...ops, { kind: 'root.open', path: target }];
}

/** Into the new root, and what is left to be done with / itself. */
export function compilePivot(context: Context, noPivot: boolean): Op[] {
  const propagation = rootPropagation(context);
  const ops: Op[] = [{ kind: 'pivot_root', mode: noPivot ? 'move' : 'pivot' }];
  if (propagation !== 0) ops.push({ kind: 'root.propagation', flags: propagation });
  return ops;
}

function rootPropagation(context: Context): number {
  const name = context.linux.rootfsPropagation ?? '';
  if (name === '') return 0;
  return PROPAGATION[name] ?? fail('invalidArgument', `rootfsPropagation=${name} is not supported`);
}

function mountPoint(context: Context, rootMount: RootMount | undefined): string {
  const path = checkText('root.path', context.spec.root?.path ?? '');
  if (rootMount !== undefined) return path.startsWith('/') ? posix.normalize(path) : rootMount.type === 'overlay' ? rootMount.base : rootMount.source;
  if (path === '') fail('invalidArgument', 'root property must not be empty');
  if (!path.startsWith('/') && context.bundle === '') fail('invalidArgument', `root.path ${JSON.stringify(path)} is relative and there is no bundle`);
  return posix.resolve(context.bundle === '' ? '/' : context.bundle, path);
}

function mountOf(target: string, rootMount: RootMount | undefined): OpOf<'mount'> {
  const common = { kind: 'mount', target, where: 'host', create: 'none', createMode: 0o755, note: 'root' } as const;
  if (rootMount?.type !== 'overlay') {
    return { ...common, source: rootMount?.source ?? target, fstype: '', flags: MS.BIND | MS.REC, data: '', cwd: '' };
  }
  const parts = [`lowerdir=${rootMount.lower.join(':')}`];
  if (rootMount.upper !== undefined) parts.push(`upperdir=${rootMount.upper}`, `workdir=${rootMount.work ?? ''}`);
  return { ...common, source: 'overlay', fstype: 'overlay', flags: 0, data: [...parts, ...(rootMount.options ?? [])].join(','), cwd: rootMount.base };
}
