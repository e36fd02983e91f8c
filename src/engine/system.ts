import { readFileSync, readdirSync } from 'node:fs';
import { formatTime, nowNs } from '#base/clock.ts';
import type * as wire from '#api/schema.ts';
import type { ResourceSupport } from '#spec/host.ts';
import type { EngineContext } from './context.ts';
import { imageSummary } from './images.ts';
import { listContainers } from './list.ts';
import { volumeUsers } from './remove.ts';
import type { SystemService } from './types.ts';
import { volumeDocument } from './volumes.ts';

/** What the daemon says about itself beside what it counts. */
export interface DaemonFacts {
  readonly version: string;
  readonly gitCommit: string;
  readonly buildTime: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  /** A UUID that stays with the data root. */
  readonly id: string;
  readonly labels: readonly string[];
  readonly debug: boolean;
  readonly eventListeners: () => number;
}

const goArch: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

export function createSystem(ctx: EngineContext, facts: DaemonFacts): SystemService {
  return {
    ping: () => ({ apiVersion: facts.apiVersion, osType: 'linux' }),
    version: async () => version(ctx, facts),
    info: async () => info(ctx, facts),
    diskUsage: () => diskUsage(ctx),
  };
}

function version(ctx: EngineContext, facts: DaemonFacts): wire.SystemVersion {
  const arch = goArch[ctx.host.arch] ?? ctx.host.arch;
  const node = process.version;
  return {
    Platform: { Name: 'Berth' },
    Components: [
      {
        Name: 'Engine',
        Version: facts.version,
        Details: {
          ApiVersion: facts.apiVersion, Arch: arch, BuildTime: facts.buildTime, Experimental: 'false', GitCommit: facts.gitCommit, GoVersion: node,
          KernelVersion: ctx.host.kernel.release, MinAPIVersion: facts.minApiVersion, Os: 'linux',
        },
      },
      { Name: 'node', Version: node, Details: { V8: process.versions.v8 } },
    ],
    Version: facts.version,
    ApiVersion: facts.apiVersion,
    MinAPIVersion: facts.minApiVersion,
    GitCommit: facts.gitCommit,
    GoVersion: node,
    Os: 'linux',
    Arch: arch,
    KernelVersion: ctx.host.kernel.release,
    BuildTime: facts.buildTime,
  };
}

function osRelease(): Readonly<Record<string, string>> {
  try {
    const pairs = readFileSync('/etc/os-release', 'utf8').split('\n').flatMap((line) => {
      const match = /^([A-Z_]+)="?(.*?)"?$/.exec(line);
      return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
    });
    return Object.fromEntries(pairs);
  } catch {
    return {};
  }
}

function info(ctx: EngineContext, facts: DaemonFacts): wire.SystemInfo {
  const { host } = ctx;
  const containers = [...ctx.registry.all()].map((container) => container.runtime.state.status);
  const count = (...wanted: string[]): number => containers.filter((status) => wanted.includes(status)).length;
  const os = osRelease();
  const can = (what: keyof ResourceSupport): boolean => host.resources?.[what] ?? true;
  return {
    ID: facts.id,
    Containers: containers.length,
    ContainersRunning: count('running', 'restarting'),
    ContainersPaused: count('paused'),
    ContainersStopped: count('created', 'exited', 'dead', 'removing'),
    Images: ctx.images.list().length,
    Driver: 'overlay2',
    DriverStatus: [['Supports d_type', 'true'], ['Using metacopy', 'false'], ['Native Overlay Diff', 'true'], ['userxattr', 'false']],
    Plugins: { Volume: ['local'], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file'] },
    MemoryLimit: can('memory'),
    SwapLimit: can('swap'),
    ...(can('kernelMemoryTcp') && host.cgroup.version === 1 ? { KernelMemoryTCP: true } : {}),
    CpuCfsPeriod: can('cpuQuota'),
    CpuCfsQuota: can('cpuQuota'),
    CPUShares: can('cpuShares'),
    CPUSet: can('cpuset'),
    PidsLimit: can('pids'),
    IPv4Forwarding: readText('/proc/sys/net/ipv4/ip_forward') === '1',
    Debug: facts.debug,
    NFd: readdirSync('/proc/self/fd').length,
    OomKillDisable: can('oomKillDisable'),
    NGoroutines: process.getActiveResourcesInfo().length,
    SystemTime: formatTime(nowNs()),
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: String(host.cgroup.version),
    NEventsListener: facts.eventListeners(),
    KernelVersion: host.kernel.release,
    OperatingSystem: os['PRETTY_NAME'] ?? 'Linux',
    OSVersion: os['VERSION_ID'] ?? '',
    OSType: 'linux',
    Architecture: host.arch,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'],
      IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: [], Secure: true, Official: true } },
      Mirrors: null,
    },
    NCPU: host.cpuCount,
    MemTotal: host.memoryBytes,
    GenericResources: null,
    DockerRootDir: ctx.paths.dataRoot,
    HttpProxy: process.env['HTTP_PROXY'] ?? '',
    HttpsProxy: process.env['HTTPS_PROXY'] ?? '',
    NoProxy: process.env['NO_PROXY'] ?? '',
    Name: ctx.hostname,
    Labels: [...facts.labels],
    ExperimentalBuild: false,
    ServerVersion: facts.version,
    Runtimes: { runc: { path: 'runc' } },
    DefaultRuntime: 'runc',
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'berth-init',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: [...(host.lsm.apparmor ? ['name=apparmor'] : []), 'name=seccomp,profile=builtin', ...(host.cgroup.version === 2 ? ['name=cgroupns'] : [])],
    CDISpecDirs: [...ctx.cdiSpecDirs],
    Warnings: null,
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

async function diskUsage(ctx: EngineContext): Promise<wire.DiskUsage> {
  const all = [...ctx.registry.all()];
  const images = ctx.images.list();
  const containers = await listContainers(ctx, { all: true, size: true, filters: new Map() });
  return {
    LayersSize: images.reduce((sum, image) => sum + image.size, 0),
    Images: images.map((image) => imageSummary(image, all.filter((container) => container.record.imageId === image.id).length)),
    Containers: containers,
    Volumes: ctx.volumes.list().map((volume) => ({
      ...volumeDocument(volume), UsageData: { RefCount: volumeUsers(ctx, volume.name).length, Size: -1 },
    })),
    BuildCache: [],
  };
}
