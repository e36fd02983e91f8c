/**
 * The OCI runtime specification 1.2 as types: config.json, with its exact JSON names. Pure data; nothing here checks
 * (the compiler in `runtime/` does). Integers that may exceed 2^53 (rlimits, scheduler times) are `number | bigint`,
 * because `RLIM_INFINITY` is 2^64-1 and JSON readers of ours may keep it exact.
 * Source: github.com/opencontainers/runtime-spec, config.md, config-linux.md; state and features are in `runtime-state.ts`.
 */
export interface RuntimeSpec {
  ociVersion: string;
  process?: ProcessSpec;
  root?: { path: string; readonly?: boolean };
  hostname?: string;
  domainname?: string;
  mounts?: MountSpec[];
  hooks?: HooksSpec;
  annotations?: Record<string, string>;
  linux?: LinuxSpec;
}

/** An integer of up to 64 bits. */
export type Int64 = number | bigint;

export interface ProcessSpec {
  terminal?: boolean;
  consoleSize?: { height: number; width: number };
  user: UserSpec;
  args?: string[];
  commandLine?: string;
  env?: string[];
  cwd: string;
  capabilities?: CapabilitiesSpec;
  rlimits?: RlimitSpec[];
  noNewPrivileges?: boolean;
  apparmorProfile?: string;
  oomScoreAdj?: number;
  scheduler?: SchedulerSpec;
  selinuxLabel?: string;
  ioPriority?: { class: string; priority?: number };
  execCPUAffinity?: { initial?: string; final?: string };
}

export interface UserSpec {
  uid: number;
  gid: number;
  umask?: number;
  additionalGids?: number[];
  username?: string;
}

/** Names as `CAP_CHOWN`. */
export interface CapabilitiesSpec {
  bounding?: string[];
  effective?: string[];
  inheritable?: string[];
  permitted?: string[];
  ambient?: string[];
}

export interface RlimitSpec {
  type: string;
  hard: Int64;
  soft: Int64;
}

/** sched_setattr(2): `policy` as SCHED_*, `flags` as SCHED_FLAG_*. */
export interface SchedulerSpec {
  policy: string;
  nice?: number;
  priority?: number;
  flags?: string[];
  runtime?: Int64;
  deadline?: Int64;
  period?: Int64;
}

export interface MountSpec {
  destination: string;
  type?: string;
  source?: string;
  /** Not of OCI: the source of a bind mount is resolved inside this directory, which containers may write while it is. */
  sourceRoot?: string;
  options?: string[];
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
}

export interface HookSpec {
  path: string;
  args?: string[];
  env?: string[];
  /** Seconds. */
  timeout?: number;
}

export interface HooksSpec {
  prestart?: HookSpec[];
  createRuntime?: HookSpec[];
  createContainer?: HookSpec[];
  startContainer?: HookSpec[];
  poststart?: HookSpec[];
  poststop?: HookSpec[];
}

export interface IdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

export interface NamespaceSpec {
  type: NamespaceType;
  path?: string;
}

export interface LinuxSpec {
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
  timeOffsets?: Record<string, { secs?: number; nanosecs?: number }>;
  sysctl?: Record<string, string>;
  resources?: ResourcesSpec;
  cgroupsPath?: string;
  namespaces?: NamespaceSpec[];
  devices?: DeviceSpec[];
  netDevices?: Record<string, { name?: string }>;
  seccomp?: SeccompSpec;
  rootfsPropagation?: string;
  maskedPaths?: string[];
  readonlyPaths?: string[];
  mountLabel?: string;
  intelRdt?: { closID?: string; l3CacheSchema?: string; memBwSchema?: string; enableCMT?: boolean; enableMBM?: boolean };
  personality?: { domain: string; flags?: string[] };
}

export interface DeviceSpec {
  /** `c`, `u` (same as c), `b` or `p`. */
  type: string;
  path: string;
  major?: number;
  minor?: number;
  fileMode?: number;
  uid?: number;
  gid?: number;
}

export interface ResourcesSpec {
  devices?: DeviceRule[];
  memory?: MemorySpec;
  cpu?: CpuSpec;
  pids?: { limit: number };
  blockIO?: BlockIoSpec;
  hugepageLimits?: { pageSize: string; limit: Int64 }[];
  network?: { classID?: number; priorities?: { name: string; priority: number }[] };
  rdma?: Record<string, { hcaHandles?: number; hcaObjects?: number }>;
  /** cgroup v2 file name → content. */
  unified?: Record<string, string>;
}

export interface DeviceRule {
  allow: boolean;
  /** `a` (all), `c` or `b`; absent: all. */
  type?: string;
  major?: number;
  minor?: number;
  /** Letters of `rwm`. */
  access?: string;
}

/** Bytes; -1 is unlimited. */
export interface MemorySpec {
  limit?: Int64;
  reservation?: Int64;
  /** Memory plus swap. */
  swap?: Int64;
  kernel?: Int64;
  kernelTCP?: Int64;
  swappiness?: number;
  disableOOMKiller?: boolean;
  useHierarchy?: boolean;
  checkBeforeUpdate?: boolean;
}

/** Times in microseconds. */
export interface CpuSpec {
  shares?: number;
  quota?: number;
  burst?: number;
  period?: number;
  realtimeRuntime?: number;
  realtimePeriod?: number;
  cpus?: string;
  mems?: string;
  idle?: number;
}

export interface BlockIoSpec {
  weight?: number;
  leafWeight?: number;
  weightDevice?: { major: number; minor: number; weight?: number; leafWeight?: number }[];
  throttleReadBpsDevice?: ThrottleDevice[];
  throttleWriteBpsDevice?: ThrottleDevice[];
  throttleReadIOPSDevice?: ThrottleDevice[];
  throttleWriteIOPSDevice?: ThrottleDevice[];
}

export interface ThrottleDevice {
  major: number;
  minor: number;
  rate: Int64;
}

/** Names of libseccomp: SCMP_ACT_*, SCMP_ARCH_*, SCMP_CMP_*, SECCOMP_FILTER_FLAG_*. */
export interface SeccompSpec {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  listenerPath?: string;
  listenerMetadata?: string;
  syscalls?: SeccompRule[];
}

export interface SeccompRule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: SeccompArg[];
}

export interface SeccompArg {
  index: number;
  value: Int64;
  valueTwo?: Int64;
  op: string;
}
