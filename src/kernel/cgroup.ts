import { readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BerthError, errnoOf, messageOf } from '#base/errors.ts';
import { openPidfd } from './pidfd.ts';

/**
 * A task's cgroup directories. Version 2: the one directory under `unified`. Version 1 (and hybrid): by controller
 * ("memory" → "/sys/fs/cgroup/memory/berth/…"), with `unified` beside them where the hybrid hierarchy is mounted.
 */
export type CgroupDirs = Readonly<Record<string, string>>;

/** True when `unified` is all there is. */
export function isUnified(dirs: CgroupDirs): boolean {
  return dirs['unified'] !== undefined && Object.keys(dirs).length === 1;
}

/** Content of a cgroup file without the trailing newline; undefined when the file or the cgroup is gone. */
export function readCgroupFile(dir: string | undefined, name: string): string | undefined {
  if (dir === undefined) return undefined;
  try {
    return readFileSync(`${dir}/${name}`, 'utf8').trim();
  } catch (error) {
    if (['ENOENT', 'ENODEV', 'EOPNOTSUPP', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw new BerthError('internal', `reading ${dir}/${name}: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes a cgroup file. False when the cgroup is gone. */
export function writeCgroupFile(dir: string, name: string, value: string): boolean {
  try {
    writeFileSync(`${dir}/${name}`, value);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENODEV') return false;
    throw new BerthError(errno === 'EBUSY' ? 'conflict' : 'internal', `writing ${value} to ${dir}/${name}: ${messageOf(error)}`, { cause: error, data: { errno } });
  }
}

// The one directory whose membership counts: every process of a task is in all of them.
function home(dirs: CgroupDirs): string | undefined {
  return isUnified(dirs) ? dirs['unified'] : (dirs['pids'] ?? dirs['memory'] ?? dirs['freezer'] ?? Object.values(dirs)[0]);
}

/** Directories below `dir` (the processes' own cgroups), deepest first, then `dir` itself. Empty when it is gone. */
function tree(dir: string): string[] {
  try {
    const below = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...below.flatMap((entry) => tree(`${dir}/${entry.name}`)), dir];
  } catch {
    return [];
  }
}

/** Process ids in the task's cgroup and below, ascending, each once. */
export function cgroupPids(dirs: CgroupDirs): number[] {
  const dir = home(dirs);
  if (dir === undefined) return [];
  const pids = tree(dir).flatMap((path) => (readCgroupFile(path, 'cgroup.procs') ?? '').split('\n').filter(Boolean).map(Number));
  return [...new Set(pids)].filter((pid) => pid > 0).sort((a, b) => a - b); // 0: a process of another pid namespace
}

/** Stops every process of the task; resolves when the kernel says that all are frozen. Throws notFound when the cgroup is gone. */
export async function freeze(dirs: CgroupDirs, signal?: AbortSignal): Promise<void> {
  const [dir, file, value] = freezer(dirs);
  if (!writeCgroupFile(dir, file, value)) throw gone(dir);
  for (let pause = 0; !isFrozen(dirs); pause = Math.min(pause * 2 + 1, 50)) {
    signal?.throwIfAborted();
    // v1: a task that forks while being frozen can leave the group in FREEZING; writing again catches it.
    if (!writeCgroupFile(dir, file, value)) throw gone(dir);
    await delay(pause, undefined, signal === undefined ? {} : { signal });
  }
}

/** Lets a frozen task run again. */
export function thaw(dirs: CgroupDirs): void {
  const [dir, file] = freezer(dirs);
  if (!writeCgroupFile(dir, file, isUnified(dirs) ? '0' : 'THAWED')) throw gone(dir);
}

/** True when every process of the task is stopped by the freezer. */
export function isFrozen(dirs: CgroupDirs): boolean {
  if (isUnified(dirs)) return /^frozen 1$/m.test(readCgroupFile(dirs['unified'], 'cgroup.events') ?? '');
  return readCgroupFile(dirs['freezer'], 'freezer.state') === 'FROZEN';
}

function freezer(dirs: CgroupDirs): [dir: string, file: string, frozen: string] {
  const dir = isUnified(dirs) ? dirs['unified'] : dirs['freezer'];
  if (dir === undefined) throw new BerthError('notImplemented', 'this host has no freezer cgroup');
  return isUnified(dirs) ? [dir, 'cgroup.freeze', '1'] : [dir, 'freezer.state', 'FROZEN'];
}

function gone(dir: string): BerthError {
  return new BerthError('notFound', `cgroup ${dir} does not exist`, { data: { errno: 'ENOENT' } });
}

/** Kills every process of the task, frozen or not, until none is left. Rejects with the signal's reason when they do not go. */
export async function killAll(dirs: CgroupDirs, signal?: AbortSignal): Promise<void> {
  const unified = isUnified(dirs) ? dirs['unified'] : undefined;
  for (let pause = 0; ; pause = Math.min(pause * 2 + 1, 100)) {
    const pids = cgroupPids(dirs);
    if (pids.length === 0) return;
    // cgroup.kill (5.14) cannot be outrun by a fork bomb; v1 has nothing like it.
    if (unified === undefined || readCgroupFile(unified, 'cgroup.type') === undefined || !tryKillFile(unified)) {
      for (const pid of pids) {
        using pidfd = openPidfd(pid);
        pidfd?.signal(9);
      }
      // The kernel takes even SIGKILL to a frozen process only when it is thawed. The shim may have removed the directory by now.
      if (unified === undefined && dirs['freezer'] !== undefined) writeCgroupFile(dirs['freezer'], 'freezer.state', 'THAWED');
    }
    signal?.throwIfAborted();
    await delay(pause, undefined, signal === undefined ? {} : { signal });
  }
}

function tryKillFile(dir: string): boolean {
  try {
    return writeCgroupFile(dir, 'cgroup.kill', '1');
  } catch {
    return false;
  }
}

/** Removes the directories and what is below them; waits while the kernel still counts dead processes. Idempotent. */
export async function removeCgroups(dirs: CgroupDirs, signal?: AbortSignal): Promise<void> {
  for (const dir of new Set(Object.values(dirs))) {
    for (let pause = 0; ; pause = Math.min(pause * 2 + 1, 100)) {
      const busy = tree(dir).find((path) => !tryRemove(path));
      if (busy === undefined) break;
      signal?.throwIfAborted();
      await delay(pause, undefined, signal === undefined ? {} : { signal });
    }
  }
}

function tryRemove(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENODEV') return true;
    if (errno === 'EBUSY' || errno === 'ENOTEMPTY') return false;
    throw new BerthError('internal', `removing cgroup ${dir}: ${messageOf(error)}`, { cause: error, data: { errno } });
  }
}
