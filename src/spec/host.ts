/** Facts about the host that plans depend on; read once at start by the kernel layer (`readHostFacts`). */
export interface HostFacts {
  readonly kernel: { readonly release: string; readonly major: number; readonly minor: number };
  /** seccomp's name: SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64. */
  readonly arch: 'x86_64' | 'aarch64';
  readonly cgroup: CgroupFacts;
  /** Capabilities in our own bounding set, as a mask; what lacks is left out of plans with a warning. */
  readonly boundingCaps: bigint;
  readonly lastCap: number;
  readonly lsm: { readonly apparmor: boolean; readonly selinux: boolean };
  readonly cpus: string; // list format, "0-1"
  readonly mems: string;
  readonly memoryBytes: number;
  readonly cpuCount: number;
  readonly rootless: boolean;
  /** What the cgroups can limit; absent: unknown, taken as everything. */
  readonly resources?: ResourceSupport;
  readonly bootId: string;
  /** /proc/kcore exists (CONFIG_PROC_KCORE); absent: unknown, taken as yes. */
  readonly kcore?: boolean;
  /** Our own limits by name (RLIMIT_NOFILE); absent: unknown, then none is lowered. Unlimited is 2^64-1. */
  readonly rlimits?: Readonly<Record<string, { readonly soft: bigint; readonly hard: bigint }>>;
}

export type CgroupFacts =
  /** `self`: our own cgroup ("/" when absent), for relative cgroupsPath. `ioWeightFile`: io.weight (when absent) or io.bfq.weight. */
  | { readonly version: 2; readonly root: string; readonly controllers: readonly string[]; readonly self?: string; readonly ioWeightFile?: string }
  /** Controllers of v1 with their mount points; `unified` is the hybrid's cgroup2 mount or "". */
  | { readonly version: 1; readonly controllers: Readonly<Record<string, string>>; readonly unified: string };

/** Limits that the host's cgroups can set. */
export interface ResourceSupport {
  readonly memory: boolean;
  readonly swap: boolean;
  readonly reservation: boolean;
  readonly swappiness: boolean;
  readonly oomKillDisable: boolean;
  readonly kernelMemory: boolean;
  readonly kernelMemoryTcp: boolean;
  readonly cpuShares: boolean;
  readonly cpuQuota: boolean;
  readonly cpuRealtime: boolean;
  readonly cpuset: boolean;
  readonly pids: boolean;
  readonly ioWeight: boolean;
  readonly ioWeightDevice: boolean;
  readonly ioReadBps: boolean;
  readonly ioWriteBps: boolean;
  readonly ioReadOps: boolean;
  readonly ioWriteOps: boolean;
}
