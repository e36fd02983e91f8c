import type * as wire from '#api/schema.ts';
import type { MountSpec } from '#spec/runtime.ts';
import type { ContainerMount, ContainerRecord } from './container.ts';
import { mergeTmpfsOptions } from './tmpfs-options.ts';

/** Host paths that the mounts of a container need. */
export interface MountFacts {
  /** Generated files; '' for those that this container does not get. */
  readonly resolvConf: string;
  readonly hostname: string;
  readonly hosts: string;
  /** The init program on the host, '' when not asked for. */
  readonly init: string;
  /** /dev/shm of the container whose IPC is shared; '' for an own one. */
  readonly shm: string;
  /** Where a volume's data is. A subpath is checked and still resolved inside it when it is mounted. */
  readonly volumePath: (mount: ContainerMount) => string;
}

/** Where the init program is in the container. */
export const initTarget = '/sbin/docker-init';

/** The mounts of a container in the order in which they are made (dockerd: oci/defaults.go, daemon/oci_linux.go `withMounts`). */
export function specMounts(record: ContainerRecord, facts: MountFacts): MountSpec[] {
  const { hostConfig } = record;
  const own = [...record.mounts.map((mount) => ownMount(mount, facts)), ...tmpfsMounts(hostConfig), ...fileMounts(record, facts)];
  const targets = new Set(own.map((mount) => mount.destination));
  const ipc = ipcMounts(hostConfig, facts).filter((mount) => !targets.has(mount.destination));
  const userDev = targets.has('/dev');
  const defaults = defaultMounts(hostConfig).filter((mount) => !targets.has(mount.destination) && !(userDev && mount.destination.startsWith('/dev/')));
  return [...defaults, ...[...ipc, ...own].sort((a, b) => depth(a) - depth(b))];
}

function depth(mount: MountSpec): number {
  return mount.destination.split('/').length;
}

function defaultMounts(hostConfig: wire.HostConfig): MountSpec[] {
  const access = hostConfig.Privileged === true ? 'rw' : 'ro';
  const safe = ['nosuid', 'noexec', 'nodev'];
  const mounts: MountSpec[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: safe },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...safe, access] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [access, ...safe] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: safe },
  ];
  return hostConfig.IpcMode === 'none' ? mounts.filter((mount) => mount.destination !== '/dev/mqueue') : mounts;
}

function ipcMounts(hostConfig: wire.HostConfig, facts: MountFacts): MountSpec[] {
  const mode = hostConfig.IpcMode ?? '';
  if (mode === 'none') return [];
  if (mode === 'host') return [{ destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'] }];
  if (facts.shm !== '') return [{ destination: '/dev/shm', type: 'bind', source: facts.shm, options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'] }];
  return [{ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${hostConfig.ShmSize ?? 0}`] }];
}

function ownMount(mount: ContainerMount, facts: MountFacts): MountSpec {
  const { point } = mount;
  if (point.Type === 'tmpfs') {
    return { destination: point.Destination, type: 'tmpfs', source: 'tmpfs', options: [...mount.tmpfsOptions] };
  }
  const source = point.Type === 'volume' ? facts.volumePath(mount) : point.Source;
  const access = point.RW ? [] : [mount.readonlyRecursive && mount.recursive ? 'rro' : 'ro'];
  const inside = point.Type === 'volume' && mount.subpath !== '' ? { source: mount.subpath, sourceRoot: source } : { source };
  return { destination: point.Destination, type: 'bind', ...inside, options: [mount.recursive ? 'rbind' : 'bind', ...access, point.Propagation || 'rprivate'] };
}

function tmpfsMounts(hostConfig: wire.HostConfig): MountSpec[] {
  return Object.entries(hostConfig.Tmpfs ?? {}).map(([destination, options]) => ({ destination, type: 'tmpfs', source: 'tmpfs', options: mergeTmpfsOptions(options) }));
}

function fileMounts(record: ContainerRecord, facts: MountFacts): MountSpec[] {
  const taken = new Set(record.mounts.map((mount) => mount.point.Destination));
  const access = record.hostConfig.ReadonlyRootfs === true ? ['ro'] : [];
  const files: [string, string, string[]][] = [
    ['/etc/resolv.conf', facts.resolvConf, access],
    ['/etc/hostname', facts.hostname, access],
    ['/etc/hosts', facts.hosts, access],
    [initTarget, facts.init, ['ro']],
  ];
  return files
    .filter(([target, source]) => source !== '' && !taken.has(target))
    .map(([destination, source, options]) => ({ destination, type: 'bind', source, options: ['rbind', 'rprivate', ...options] }));
}
