import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { fail } from '#base/errors.ts';
import type { CgroupFacts, HostFacts } from '#spec/host.ts';
import { bootId } from './procfs.ts';
import { readResourceSupport } from './resource-support.ts';

/** Reads what plans depend on from the host. Throws unavailable for a host that we cannot run on at all. */
export function readHostFacts(): HostFacts {
  const status = readFileSync('/proc/self/status', 'utf8');
  const cgroup = cgroupFacts(readFileSync('/proc/self/mountinfo', 'utf8'));
  return {
    kernel: parseRelease(release()),
    arch: architecture(process.arch),
    cgroup,
    boundingCaps: BigInt(`0x${/^CapBnd:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`),
    lastCap: Number(readText('/proc/sys/kernel/cap_last_cap') ?? 40),
    lsm: {
      apparmor: readText('/sys/module/apparmor/parameters/enabled') === 'Y' && existsSync('/sys/kernel/security/apparmor'),
      selinux: existsSync('/sys/fs/selinux/enforce'),
    },
    cpus: cpusetFile(cgroup, 'cpus') ?? readText('/sys/devices/system/cpu/online') ?? '0',
    mems: cpusetFile(cgroup, 'mems') ?? readText('/sys/devices/system/node/online') ?? '0',
    memoryBytes: Number(/^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * 1024,
    cpuCount: countList(/^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? '0'),
    rootless: process.geteuid?.() !== 0 || !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8')),
    bootId: bootId(),
    kcore: existsSync('/proc/kcore'),
    resources: readResourceSupport(cgroup),
  };
}

/** "6.18.44-fc" → 6, 18. Throws unavailable for what does not begin with two numbers. */
export function parseRelease(text: string): HostFacts['kernel'] {
  const match = /^(\d+)\.(\d+)/.exec(text) ?? fail('unavailable', `kernel release ${JSON.stringify(text)} is not understood`);
  return { release: text, major: Number(match[1]), minor: Number(match[2]) };
}

function architecture(arch: string): HostFacts['arch'] {
  if (arch === 'x64') return 'x86_64';
  if (arch === 'arm64') return 'aarch64';
  return fail('unavailable', `processor architecture ${arch} is not supported`, { hint: 'Berth runs on x86-64 and arm64' });
}

/** How many numbers a kernel list ("0-3,8") names. */
export function countList(list: string): number {
  return list.split(',').reduce((sum, range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return sum + (last - first + 1);
  }, 0);
}

/**
 * Which cgroup hierarchies are mounted, from /proc/self/mountinfo (proc_pid_mountinfo(5)). Any mounted v1 controller makes
 * it version 1 (hybrid): a controller lives in one hierarchy only. Of several mounts of one the first wins.
 */
export function cgroupFacts(mountinfo: string): CgroupFacts {
  const controllers: Record<string, string> = {};
  let unified = '';
  for (const line of mountinfo.split('\n')) {
    const [mount, filesystem] = line.split(' - ');
    const target = unescapeMount(mount?.split(' ')[4] ?? '');
    const [fstype, , options = ''] = filesystem?.split(' ') ?? [];
    if (fstype === 'cgroup2' && unified === '') unified = target;
    if (fstype !== 'cgroup') continue;
    for (const option of options.split(',')) {
      if (V1_CONTROLLERS.has(option) || option.startsWith('name=')) controllers[option] ??= target;
    }
  }
  if (Object.keys(controllers).some((name) => !name.startsWith('name='))) return { version: 1, controllers, unified };
  if (unified === '') fail('unavailable', 'no cgroup hierarchy is mounted', { hint: 'mount -t cgroup2 none /sys/fs/cgroup' });
  return { version: 2, root: unified, controllers: (readText(`${unified}/cgroup.controllers`) ?? '').split(' ').filter(Boolean) };
}

const V1_CONTROLLERS: ReadonlySet<string> = new Set([
  ...['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'hugetlb', 'net_cls', 'net_prio', 'perf_event', 'rdma', 'misc'],
]);

// Space, tab, newline and backslash stand as octal escapes.
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

function cpusetFile(cgroup: CgroupFacts, what: 'cpus' | 'mems'): string | undefined {
  if (cgroup.version === 2) return readText(`${cgroup.root}/cpuset.${what}.effective`);
  const root = cgroup.controllers['cpuset'];
  if (root === undefined) return undefined;
  return readText(`${root}/cpuset.${what}`) ?? readText(`${root}/${what}`); // the latter where it is mounted with noprefix
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
