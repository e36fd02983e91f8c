import { bytesSize } from './units.ts';

/** The server's part of `info`, as Docker's client prints it. */

export interface ServerInfo {
  readonly ID?: string;
  readonly Name?: string;
  readonly Containers?: number;
  readonly ContainersRunning?: number;
  readonly ContainersPaused?: number;
  readonly ContainersStopped?: number;
  readonly Images?: number;
  readonly Driver?: string;
  readonly DriverStatus?: readonly (readonly string[])[] | null;
  readonly ServerVersion?: string;
  readonly LoggingDriver?: string;
  readonly CgroupDriver?: string;
  readonly CgroupVersion?: string;
  readonly Plugins?: { readonly Volume?: readonly string[] | null; readonly Network?: readonly string[] | null; readonly Log?: readonly string[] | null } | null;
  readonly CDISpecDirs?: readonly string[] | null;
  readonly Swarm?: { readonly LocalNodeState?: string } | null;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly DefaultRuntime?: string;
  readonly InitBinary?: string;
  readonly ContainerdCommit?: Commit;
  readonly RuncCommit?: Commit;
  readonly InitCommit?: Commit;
  readonly SecurityOptions?: readonly string[] | null;
  readonly KernelVersion?: string;
  readonly OperatingSystem?: string;
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly NCPU?: number;
  readonly MemTotal?: number;
  readonly DockerRootDir?: string;
  readonly Debug?: boolean;
  readonly HttpProxy?: string;
  readonly HttpsProxy?: string;
  readonly NoProxy?: string;
  readonly Labels?: readonly string[] | null;
  readonly ExperimentalBuild?: boolean;
  readonly RegistryConfig?: { readonly InsecureRegistryCIDRs?: readonly string[] | null; readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean }>>; readonly Mirrors?: readonly string[] | null } | null;
  readonly LiveRestoreEnabled?: boolean;
  readonly ProductLicense?: string;
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[] | null;
  readonly FirewallBackend?: { readonly Driver?: string } | null;
  readonly Warnings?: readonly string[] | null;
}

interface Commit {
  readonly ID?: string;
}

export function serverInfo(info: ServerInfo): string {
  const lines = [...counts(info), ...storage(info), ...plugins(info), ...runtime(info), ...security(info.SecurityOptions ?? []), ...host(info), ...settings(info)];
  return `${lines.map((line) => ` ${line}\n`).join('')}\n`;
}

function counts(info: ServerInfo): string[] {
  return [
    `Containers: ${info.Containers ?? 0}`, ` Running: ${info.ContainersRunning ?? 0}`, ` Paused: ${info.ContainersPaused ?? 0}`, ` Stopped: ${info.ContainersStopped ?? 0}`,
    `Images: ${info.Images ?? 0}`, ...optional('Server Version', info.ServerVersion),
  ];
}

function storage(info: ServerInfo): string[] {
  return [
    ...optional('Storage Driver', info.Driver), ...(info.DriverStatus ?? []).map(([name = '', value = '']) => ` ${name}: ${value}`),
    ...optional('Logging Driver', info.LoggingDriver), ...optional('Cgroup Driver', info.CgroupDriver), ...optional('Cgroup Version', info.CgroupVersion),
  ];
}

function plugins(info: ServerInfo): string[] {
  const { Volume: volume = [], Network: network = [], Log: log = [] } = info.Plugins ?? {};
  return [
    'Plugins:', ` Volume: ${(volume ?? []).join(' ')}`, ` Network: ${(network ?? []).join(' ')}`, ...(log !== null && log.length > 0 ? [` Log: ${log.join(' ')}`] : []),
    ...((info.CDISpecDirs ?? []).length > 0 ? ['CDI spec directories:', ...(info.CDISpecDirs ?? []).map((directory) => `  ${directory}`)] : []),
    `Swarm: ${info.Swarm?.LocalNodeState ?? 'inactive'}`,
  ];
}

function runtime(info: ServerInfo): string[] {
  if (info.OSType !== undefined && info.OSType !== 'linux') return [];
  return [
    `Runtimes: ${Object.keys(info.Runtimes ?? {}).sort().join(' ')}`, `Default Runtime: ${info.DefaultRuntime ?? ''}`, `Init Binary: ${info.InitBinary ?? ''}`,
    `containerd version: ${info.ContainerdCommit?.ID ?? ''}`, `runc version: ${info.RuncCommit?.ID ?? ''}`, `init version: ${info.InitCommit?.ID ?? ''}`,
  ];
}

function security(options: readonly string[]): string[] {
  if (options.length === 0) return [];
  return ['Security Options:', ...options.flatMap((option) => {
    const pairs = option.split(',').map((pair) => pair.split('=') as [string, string | undefined]);
    const name = pairs.find(([key]) => key === 'name')?.[1] ?? option;
    return [` ${name}`, ...pairs.filter(([key]) => key !== 'name').map(([key, value]) => `  ${key === 'profile' ? 'Profile' : key}: ${value ?? ''}`)];
  })];
}

function host(info: ServerInfo): string[] {
  return [
    ...optional('Kernel Version', info.KernelVersion), ...optional('Operating System', info.OperatingSystem), ...optional('OSType', info.OSType),
    ...optional('Architecture', info.Architecture), `CPUs: ${info.NCPU ?? 0}`, `Total Memory: ${bytesSize(info.MemTotal ?? 0)}`,
    ...optional('Name', info.Name), ...optional('ID', info.ID), `Docker Root Dir: ${info.DockerRootDir ?? ''}`, `Debug Mode: ${info.Debug ?? false}`,
    ...optional('HTTP Proxy', info.HttpProxy), ...optional('HTTPS Proxy', info.HttpsProxy), ...optional('No Proxy', info.NoProxy),
  ];
}

function settings(info: ServerInfo): string[] {
  const registry = info.RegistryConfig;
  const insecure = [
    ...Object.entries(registry?.IndexConfigs ?? {}).filter(([, config]) => config.Secure === false).map(([name]) => name),
    ...(registry?.InsecureRegistryCIDRs ?? []),
  ];
  const mirrors = registry?.Mirrors ?? [];
  const pools = info.DefaultAddressPools ?? [];
  return [
    ...((info.Labels ?? []).length > 0 ? ['Labels:', ...(info.Labels ?? []).map((label) => ` ${label}`)] : []),
    `Experimental: ${info.ExperimentalBuild ?? false}`,
    ...(insecure.length > 0 ? ['Insecure Registries:', ...insecure.map((name) => ` ${name}`)] : []),
    ...(mirrors.length > 0 ? ['Registry Mirrors:', ...mirrors.map((name) => ` ${name}`)] : []),
    `Live Restore Enabled: ${info.LiveRestoreEnabled ?? false}`,
    ...optional('Product License', info.ProductLicense),
    ...(pools.length > 0 ? ['Default Address Pools:', ...pools.map((pool) => `  Base: ${pool.Base}, Size: ${pool.Size}`)] : []),
    ...optional('Firewall Backend', info.FirewallBackend?.Driver),
  ];
}

function optional(name: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [`${name}: ${value}`];
}
