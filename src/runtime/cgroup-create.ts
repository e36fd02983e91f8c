import { posix } from 'node:path';
import type { Context } from './context.ts';
import { type CgroupPaths, uniqueDirectories } from './cgroup-paths.ts';
import type { Op } from './plan.ts';
import type { CgroupFacts } from './types.ts';

// What containers and their statistics use; the others (perf_event, dmem…) stay where the host has them.
const ENABLED: readonly string[] = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'];

/** Makes the directories and everything that must be there before limits can be written. */
export function createCgroups(context: Context, paths: CgroupPaths): Op[] {
  const facts = context.host.cgroup;
  return facts.version === 2 ? createUnified(facts, paths['unified'] ?? '') : createV1(paths);
}

/** The cgroup2 directory for CLONE_INTO_CGROUP, or "". */
export function cloneDirectory(paths: CgroupPaths): string {
  return paths['unified'] ?? '';
}

/** Steps of the process itself into the v1 hierarchies (v2: it was born there). */
export function enterCgroups(context: { readonly host: Context['host'] }, paths: CgroupPaths): Op[] {
  if (context.host.cgroup.version === 2) return [];
  const { unified: _unified, ...controllers } = paths;
  const directories = uniqueDirectories(controllers);
  return directories.length === 0 ? [] : [{ kind: 'cgroup.enter', paths: directories }];
}

function createV1(paths: CgroupPaths): Op[] {
  const ops: Op[] = uniqueDirectories(paths).map((path) => ({ kind: 'cgroup.create', path }));
  // A v1 cpuset without cpus and mems takes no process (Documentation/admin-guide/cgroup-v1/cpusets.rst).
  const cpuset = paths['cpuset'];
  if (cpuset === undefined) return ops;
  return [...ops, ...['cpuset.cpus', 'cpuset.mems'].map((file): Op => ({ kind: 'cgroup.inherit', path: posix.join(cpuset, file) }))];
}

function createUnified(facts: CgroupFacts & { version: 2 }, path: string): Op[] {
  const data = facts.controllers
    .filter((name) => ENABLED.includes(name))
    .map((name) => `+${name}`)
    .join(' ');
  const create: Op = { kind: 'cgroup.create', path };
  if (data === '') return [create];
  // A controller works in a directory when each directory above has it in cgroup.subtree_control. The parents, made with
  // the directory, stay when the task ends: another one may be on its way into them.
  const above = posix.relative(facts.root, path).split('/').slice(0, -1);
  const directories = [facts.root, ...above.map((_, index) => posix.join(facts.root, ...above.slice(0, index + 1)))];
  return [create, ...directories.map((directory): Op => ({ kind: 'cgroup.set', path: posix.join(directory, 'cgroup.subtree_control'), data, optional: true }))];
}
