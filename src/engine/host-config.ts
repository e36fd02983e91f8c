import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { HostFacts } from '#runtime/types.ts';
import { checkCapabilities } from './capabilities.ts';
import { checkLogConfig } from './log-config.ts';
import { checkCreateResources, checkResources } from './resource-limits.ts';
import type { ResourceVerdict } from './resource-limits.ts';

export const defaultMaskedPaths: readonly string[] = [
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats',
  '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap',
];
export const defaultReadonlyPaths: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

const defaultShmSize = 67_108_864;

/**
 * HostConfig with everything that dockerd 28 fills in (daemon/daemon_unix.go `adaptContainerSettings`), in its key order.
 * Lists that the request does not name stay null, as its JSON shows them.
 */
export function completeHostConfig(input: wire.HostConfig, host: HostFacts): wire.HostConfig {
  const privileged = input.Privileged ?? false;
  const securityOpt = input.SecurityOpt ?? null;
  const pidHost = input.PidMode === 'host' || input.IpcMode === 'host';
  const unconfinedPaths = (securityOpt ?? []).includes('systempaths=unconfined') || privileged;
  const memory = input.Memory ?? 0;
  return {
    Binds: input.Binds ?? null,
    ContainerIDFile: input.ContainerIDFile ?? '',
    LogConfig: { Type: input.LogConfig?.Type || 'json-file', Config: input.LogConfig?.Config ?? {} },
    NetworkMode: !input.NetworkMode || input.NetworkMode === 'default' ? 'bridge' : input.NetworkMode,
    PortBindings: input.PortBindings ?? null,
    RestartPolicy: { Name: input.RestartPolicy?.Name || 'no', MaximumRetryCount: input.RestartPolicy?.MaximumRetryCount ?? 0 },
    AutoRemove: input.AutoRemove ?? false,
    VolumeDriver: input.VolumeDriver ?? '',
    VolumesFrom: input.VolumesFrom ?? null,
    ConsoleSize: input.ConsoleSize ?? [0, 0],
    ...(input.Annotations === undefined ? {} : { Annotations: input.Annotations }),
    CapAdd: input.CapAdd ?? null,
    CapDrop: input.CapDrop ?? null,
    CgroupnsMode: input.CgroupnsMode || (host.cgroup.version === 2 && !privileged ? 'private' : 'host'),
    Dns: input.Dns ?? null,
    DnsOptions: input.DnsOptions ?? null,
    DnsSearch: input.DnsSearch ?? null,
    ExtraHosts: input.ExtraHosts ?? null,
    GroupAdd: input.GroupAdd ?? null,
    IpcMode: input.IpcMode || 'private',
    Cgroup: input.Cgroup ?? '',
    Links: input.Links ?? null,
    OomScoreAdj: input.OomScoreAdj ?? 0,
    PidMode: input.PidMode ?? '',
    Privileged: privileged,
    PublishAllPorts: input.PublishAllPorts ?? false,
    ReadonlyRootfs: input.ReadonlyRootfs ?? false,
    SecurityOpt: pidHost || privileged ? withLabelDisabled(securityOpt) : securityOpt,
    ...(input.StorageOpt === undefined ? {} : { StorageOpt: input.StorageOpt }),
    ...(input.Tmpfs === undefined ? {} : { Tmpfs: input.Tmpfs }),
    UTSMode: input.UTSMode ?? '',
    UsernsMode: input.UsernsMode ?? '',
    ShmSize: input.ShmSize || defaultShmSize,
    ...(input.Sysctls === undefined ? {} : { Sysctls: input.Sysctls }),
    Runtime: input.Runtime || 'runc',
    Isolation: input.Isolation ?? '',
    ...resourceDefaults(input, memory),
    ...(input.Mounts === undefined || input.Mounts === null ? {} : { Mounts: input.Mounts }),
    MaskedPaths: unconfinedPaths ? null : (input.MaskedPaths ?? [...defaultMaskedPaths]),
    ReadonlyPaths: unconfinedPaths ? null : (input.ReadonlyPaths ?? [...defaultReadonlyPaths]),
    ...(input.Init === undefined || input.Init === null ? {} : { Init: input.Init }),
  };
}

// dockerd turns SELinux labels off for containers that see the host's processes (daemon/create.go `generateSecurityOpt`).
function withLabelDisabled(options: readonly string[] | null): string[] {
  const list = [...(options ?? [])];
  return list.some((option) => option.startsWith('label')) ? list : [...list, 'label=disable'];
}

function resourceDefaults(input: wire.HostConfig, memory: number): wire.HostConfig {
  return {
    CpuShares: Math.max(0, input.CpuShares ?? 0),
    Memory: memory,
    NanoCpus: input.NanoCpus ?? 0,
    CgroupParent: input.CgroupParent ?? '',
    BlkioWeight: input.BlkioWeight ?? 0,
    BlkioWeightDevice: input.BlkioWeightDevice ?? null,
    BlkioDeviceReadBps: input.BlkioDeviceReadBps ?? null,
    BlkioDeviceWriteBps: input.BlkioDeviceWriteBps ?? null,
    BlkioDeviceReadIOps: input.BlkioDeviceReadIOps ?? null,
    BlkioDeviceWriteIOps: input.BlkioDeviceWriteIOps ?? null,
    CpuPeriod: input.CpuPeriod ?? 0,
    CpuQuota: input.CpuQuota ?? 0,
    CpuRealtimePeriod: input.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: input.CpuRealtimeRuntime ?? 0,
    CpusetCpus: input.CpusetCpus ?? '',
    CpusetMems: input.CpusetMems ?? '',
    Devices: input.Devices ?? null,
    DeviceCgroupRules: input.DeviceCgroupRules ?? null,
    DeviceRequests: input.DeviceRequests ?? null,
    ...(input.KernelMemoryTCP ? { KernelMemoryTCP: input.KernelMemoryTCP } : {}),
    MemoryReservation: input.MemoryReservation ?? 0,
    // A memory limit without a swap limit gives as much swap again.
    MemorySwap: memory > 0 && (input.MemorySwap ?? 0) === 0 ? doubled(memory) : (input.MemorySwap ?? 0),
    MemorySwappiness: input.MemorySwappiness === undefined || input.MemorySwappiness === -1 ? null : input.MemorySwappiness,
    OomKillDisable: input.OomKillDisable ?? false,
    PidsLimit: (input.PidsLimit ?? 0) > 0 ? input.PidsLimit : null,
    Ulimits: input.Ulimits ?? null,
    CpuCount: input.CpuCount ?? 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

// Beyond 64 bits it wraps round in dockerd, to a number that means no limit.
function doubled(memory: number): number {
  return memory * 2 < 2 ** 63 ? memory * 2 : -2;
}

/** Throws invalidArgument with dockerd's texts for what HostConfig may not say. `raw` is the request's own. */
export function checkHostConfig(config: wire.HostConfig, raw: wire.HostConfig, host: HostFacts): ResourceVerdict {
  checkCreateResources(raw);
  checkModes(config);
  checkRestartPolicy(config);
  checkCapabilities('CapAdd', config.CapAdd ?? []);
  checkCapabilities('CapDrop', config.CapDrop ?? []);
  checkSecurityOptions(config.SecurityOpt ?? []);
  for (const entry of config.ExtraHosts ?? []) checkExtraHost(entry);
  for (const key of Object.keys(config.Sysctls ?? {})) checkSysctl(key);
  if (config.Runtime !== 'runc' && config.Runtime !== 'io.containerd.runc.v2') {
    fail('invalidArgument', `unknown or invalid runtime name: ${config.Runtime}`);
  }
  const { Isolation = '' } = config;
  if (!['', 'default'].includes(Isolation.toLowerCase())) fail('invalidArgument', `invalid isolation (${Isolation}): linux only supports 'default'`);
  checkLogConfig(config.LogConfig ?? {});
  // Layers lie in plain directories: there is no quota to set.
  for (const key of Object.keys(config.StorageOpt ?? {})) if (key.toLowerCase() !== 'size') fail('internal', `Unknown option ${key}`);
  if (Object.keys(config.StorageOpt ?? {}).length > 0) fail('internal', "--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  return checkResources(raw, host, false);
}

// Which names may be set at all is for the runtime to say; those of one interface belong to its endpoint.
function checkSysctl(key: string): void {
  if (key.includes('\0')) fail('invalidArgument', `invalid sysctl ${JSON.stringify(key)}`);
  if (/^net\.[^.]*\.[^.]*\.eth[^.]*\./.test(key)) {
    fail('internal', `interface specific sysctl setting ${JSON.stringify(key)} must be supplied using driver option 'com.docker.network.endpoint.sysctls'`);
  }
}

function checkModes(config: wire.HostConfig): void {
  const reference = (mode: string): boolean => /^container:.+$/.test(mode);
  const { IpcMode = '', PidMode = '', UTSMode = '', CgroupnsMode = '', UsernsMode = '' } = config;
  if (!['private', 'host', 'none', 'shareable'].includes(IpcMode) && !reference(IpcMode)) fail('invalidArgument', `invalid IPC mode: ${IpcMode}`);
  if (!['', 'host', 'private'].includes(PidMode) && !reference(PidMode)) fail('invalidArgument', `invalid PID mode: ${PidMode}`);
  if (!['', 'host'].includes(UTSMode)) fail('invalidArgument', `invalid UTS mode: ${UTSMode}`);
  if (!['private', 'host'].includes(CgroupnsMode)) fail('invalidArgument', `invalid cgroup namespace mode: ${CgroupnsMode}`);
  if (!['', 'host'].includes(UsernsMode)) fail('invalidArgument', `invalid user namespace mode: ${UsernsMode}`);
  if ((config.OomScoreAdj ?? 0) < -1000 || (config.OomScoreAdj ?? 0) > 1000) {
    fail('invalidArgument', `Invalid value ${config.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  if ((config.ShmSize ?? 0) < 0) fail('invalidArgument', 'SHM size can not be less than 0');
}

/** What a policy may not say, alone and with AutoRemove. */
export function checkRestartPolicy(config: Pick<wire.HostConfig, 'RestartPolicy' | 'AutoRemove'>): void {
  const { Name = 'no', MaximumRetryCount = 0 } = config.RestartPolicy ?? {};
  if (config.AutoRemove === true && Name !== 'no') fail('invalidArgument', "can't create 'AutoRemove' container with restart policy");
  if (!['no', 'always', 'unless-stopped', 'on-failure'].includes(Name)) {
    fail('invalidArgument', `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
  if (Name !== 'on-failure' && MaximumRetryCount !== 0) {
    fail('invalidArgument', `invalid restart policy: maximum retry count can only be used with 'on-failure'${MaximumRetryCount < 0 ? ' and cannot be negative' : ''}`);
  }
  if (MaximumRetryCount < 0) fail('invalidArgument', 'invalid restart policy: maximum retry count cannot be negative');
}

/** Docker's security options as a record. Throws invalidArgument for an unknown one. */
export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** A profile as JSON, 'unconfined', or '' for the default. */
  readonly seccomp: string;
  readonly apparmor: string;
}

export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let noNewPrivileges = false;
  let seccomp = '';
  let apparmor = '';
  for (const option of options) {
    if (option === 'no-new-privileges') noNewPrivileges = true;
    else if (option === 'disable') continue;
    else if (option.startsWith('systempaths=')) continue;
    else {
      const match = /^([a-z-]+)[=:]([\s\S]*)$/.exec(option);
      if (match === null) fail('invalidArgument', `invalid --security-opt 1: "${option}"`);
      const [, key, value = ''] = match;
      if (key === 'label') continue;
      else if (key === 'seccomp') seccomp = value === 'builtin' ? '' : value;
      else if (key === 'apparmor') apparmor = value;
      else if (key === 'no-new-privileges') noNewPrivileges = parseBool(value, option);
      else fail('invalidArgument', `invalid --security-opt 2: "${option}"`);
    }
  }
  return { noNewPrivileges, seccomp, apparmor };
}

function parseBool(text: string, option: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  return fail('invalidArgument', `invalid --security-opt 2: "${option}"`);
}

function checkSecurityOptions(options: readonly string[]): void {
  const { seccomp } = parseSecurityOptions(options);
  if (seccomp === '' || seccomp === 'unconfined') return;
  try {
    JSON.parse(seccomp);
  } catch (error) {
    fail('invalidArgument', `Decoding seccomp profile failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkExtraHost(entry: string): void {
  const at = entry.indexOf(':');
  if (at <= 0) fail('invalidArgument', `bad format for add-host: "${entry}"`);
  const address = entry.slice(at + 1);
  if (address !== 'host-gateway' && !/^[0-9a-fA-F:.[\]]+$/.test(address)) fail('invalidArgument', `invalid IP address in add-host: "${address}"`);
}
