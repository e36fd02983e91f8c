import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { must, waitFor } from './command.ts';
import type { Engine } from './engine.ts';
import { fetchOracle, oracleEnv } from './oracle.ts';

/** The daemon whose belongings are listed; {@link BerthUnderTest} is one. */
export interface Owner {
  readonly engine: Engine;
  readonly scratch: string;
  readonly execRoot: string;
  readonly cgroupParent: string;
}

/** Everything on the host that belongs to one daemon, by kind, as sorted lines. Two equal snapshots: nothing leaked. */
export type Belongings = Readonly<Record<'processes' | 'descriptors' | 'mounts' | 'links' | 'addresses' | 'cgroups' | 'nft' | 'runFiles', readonly string[]>>;

/** What belongs to the daemon now. Only its own things are looked at: other tests may run beside this one. */
export async function belongings(owner: Owner): Promise<Belongings> {
  const root = await fetchOracle();
  const inside = (program: string, args: readonly string[]): Promise<string> =>
    must('nsenter', [`--net=${owner.engine.namespace.path}`, program, ...args], { env: oracleEnv(root) });
  const daemon = owner.engine.pid;
  const links = await inside('ip', ['-o', 'link', 'show']);
  return {
    processes: processesOf(owner).filter((pid) => pid !== daemon).map(describeProcess).sort(),
    descriptors: descriptorsOf(daemon),
    mounts: readFileSync(`/proc/${daemon}/mountinfo`, 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${owner.scratch}/`)).sort(),
    links: links.split('\n').map((line) => line.split(':')[1]?.trim() ?? '').sort(),
    // Link-local addresses come and change by themselves.
    addresses: (await inside('ip', ['-o', 'addr', 'show'])).split('\n').filter((line) => !line.includes(' scope link')).map((line) => line.replace(/^\d+: /, '').replace(/\\? *valid_lft.*$/, '').replace(' tentative', '').trim()).sort(),
    cgroups: cgroupDirectories(owner.cgroupParent),
    nft: (await inside('nft', ['--stateless', 'list', 'ruleset'])).split('\n'),
    runFiles: filesBelow(owner.execRoot),
  };
}

/** Waits until the daemon has what it had before; otherwise an error that lists what came and what went. */
export async function expectNoLeaks(owner: Owner, before: Belongings, timeoutMs = 10_000): Promise<void> {
  let difference = '';
  await waitFor('everything to be as before', async () => {
    difference = compareBelongings(before, await belongings(owner));
    return difference === '';
  }, timeoutMs).catch(() => {
    throw new Error(`left behind:\n${difference}`);
  });
}

/** Differences as lines "kind: + what came" and "kind: - what went"; "" when there are none. */
export function compareBelongings(before: Belongings, after: Belongings): string {
  const lines: string[] = [];
  for (const kind of Object.keys(before) as (keyof Belongings)[]) {
    const rest = [...after[kind]];
    for (const line of before[kind]) {
      const at = rest.indexOf(line);
      if (at >= 0) rest.splice(at, 1);
      // The base set may hold things that end by themselves (an idle connection), so only for lasting kinds a loss counts.
      else if (kind !== 'descriptors' && kind !== 'processes') lines.push(`${kind}: - ${line}`);
    }
    for (const line of rest) lines.push(`${kind}: + ${line}`);
  }
  return lines.join('\n');
}

/** Pids in the daemon's network namespace or with their working directory below its scratch directory, and all their descendants. */
export function processesOf(owner: Pick<Owner, 'engine' | 'scratch'>): number[] {
  const namespace = inodeOf(owner.engine.namespace.path);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  const owned = new Set(pids.filter((pid) => pid !== process.pid && belongs(pid, namespace, owner.scratch)));
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]));
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents) {
      if (parent === undefined || owned.has(pid) || !owned.has(parent)) continue;
      owned.add(pid);
      grown = true;
    }
  }
  return [...owned].sort((a, b) => a - b);
}

function belongs(pid: number, namespace: number | undefined, scratch: string): boolean {
  try {
    if (namespace !== undefined && inodeOf(`/proc/${pid}/ns/net`) === namespace) return true;
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return cwd === scratch || cwd.startsWith(`${scratch}/`);
  } catch {
    return false; // ended, or a zombie
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

// Without the pid: a pool of prepared shims may have been replaced by other ones.
function describeProcess(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() || `(${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
  } catch {
    return '(ended)';
  }
}

/** Descriptors by what they are, without numbers that differ from run to run. */
function descriptorsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  const targets: string[] = [];
  for (const fd of readdirSync(directory)) {
    try {
      const target = readlinkSync(join(directory, fd)).replace(/:\[\d+\]$/, '');
      // libuv opens one inotify descriptor at the first watch and keeps it for good.
      if (target !== 'anon_inode:inotify') targets.push(target);
    } catch {
      // closed meanwhile
    }
  }
  return targets.sort();
}

/** The cgroup `parent` itself in every hierarchy where it is. */
export function cgroupParents(parent: string): string[] {
  return ['', ...readdirSync('/sys/fs/cgroup')].map((hierarchy) => join('/sys/fs/cgroup', hierarchy, parent)).filter((path) => existsSync(path));
}

/** Directories named `parent` in every cgroup hierarchy, with everything below them except the parent itself; parents first. */
export function cgroupDirectories(parent: string): string[] {
  const found: string[] = [];
  const walk = (directory: string): void => {
    let names: string[];
    try {
      names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    } catch {
      return; // no such hierarchy, or removed meanwhile
    }
    for (const name of names) {
      found.push(join(directory, name));
      walk(join(directory, name));
    }
  };
  walk(join('/sys/fs/cgroup', parent));
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) walk(join('/sys/fs/cgroup', hierarchy, parent));
  return found.sort();
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true }).map(String).sort();
  } catch {
    return [];
  }
}
