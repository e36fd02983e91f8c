import { statSync } from 'node:fs';
import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { BlockIoSpec, CpuSpec, MemorySpec, ResourcesSpec, RlimitSpec, ThrottleDevice } from '#spec/runtime.ts';
import { deviceNumbers } from './devices.ts';

/** HostConfig's resources in the terms of the OCI spec, without devices (dockerd: daemon/daemon_unix.go `getCPUResources` …). */
export function specResources(config: wire.HostConfig): ResourcesSpec {
  return { memory: memory(config), cpu: cpu(config), ...pids(config), blockIO: blockIo(config) };
}

function memory(config: wire.HostConfig): MemorySpec {
  const { Memory = 0, MemorySwap = 0, MemoryReservation = 0, KernelMemoryTCP = 0, MemorySwappiness, OomKillDisable } = config;
  return {
    ...(Memory > 0 ? { limit: Memory } : {}),
    ...(MemorySwap > 0 || MemorySwap === -1 ? { swap: MemorySwap } : {}),
    ...(KernelMemoryTCP > 0 ? { kernelTCP: KernelMemoryTCP } : {}),
    ...(MemoryReservation > 0 ? { reservation: MemoryReservation } : {}),
    ...(typeof MemorySwappiness === 'number' ? { swappiness: MemorySwappiness } : {}),
    ...(OomKillDisable === true ? { disableOOMKiller: true } : {}),
  };
}

const period = 100_000;

function cpu(config: wire.HostConfig): CpuSpec {
  const { CpuShares = 0, NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, CpuRealtimePeriod = 0, CpuRealtimeRuntime = 0, CpusetCpus = '', CpusetMems = '' } = config;
  const byNano = NanoCpus > 0;
  return {
    ...(CpuShares !== 0 ? { shares: CpuShares } : {}),
    ...(byNano ? { period, quota: Math.trunc((NanoCpus * period) / 1e9) } : {}),
    ...(!byNano && CpuPeriod !== 0 ? { period: CpuPeriod } : {}),
    ...(!byNano && CpuQuota !== 0 ? { quota: CpuQuota } : {}),
    ...(CpuRealtimePeriod !== 0 ? { realtimePeriod: CpuRealtimePeriod } : {}),
    ...(CpuRealtimeRuntime !== 0 ? { realtimeRuntime: CpuRealtimeRuntime } : {}),
    ...(CpusetCpus === '' ? {} : { cpus: CpusetCpus }),
    ...(CpusetMems === '' ? {} : { mems: CpusetMems }),
  };
}

function pids(config: wire.HostConfig): { pids?: { limit: number } } {
  const limit = config.PidsLimit ?? null;
  return limit === null ? {} : { pids: { limit: limit <= 0 ? -1 : limit } };
}

function blockIo(config: wire.HostConfig): BlockIoSpec {
  const throttle = (list: wire.ThrottleDevice[] | null | undefined): ThrottleDevice[] => (list ?? []).map((entry) => ({ ...numbers(entry.Path ?? ''), rate: entry.Rate ?? 0 }));
  const io: BlockIoSpec = {
    ...((config.BlkioWeight ?? 0) > 0 ? { weight: config.BlkioWeight } : {}),
    weightDevice: (config.BlkioWeightDevice ?? []).map((entry) => ({ ...numbers(entry.Path ?? ''), weight: entry.Weight })),
    throttleReadBpsDevice: throttle(config.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttle(config.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttle(config.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttle(config.BlkioDeviceWriteIOps),
  };
  return Object.fromEntries(Object.entries(io).filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

function numbers(path: string): { major: number; minor: number } {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) fail('internal', `stat ${path}: no such file or directory`);
  return deviceNumbers(stat.rdev);
}

const RLIMITS = ['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack'];

/** Resource limits of the process. -1 is unlimited. Throws invalidArgument with Docker's texts. */
export function specRlimits(config: wire.HostConfig): RlimitSpec[] {
  return (config.Ulimits ?? []).map(({ Name = '', Soft: soft = 0, Hard: hard = 0 }) => {
    const name = Name.toLowerCase();
    if (!RLIMITS.includes(name)) fail('invalidArgument', `invalid ulimit type: ${Name}`);
    const value = (limit: number): bigint => (limit < 0 ? 0xffff_ffff_ffff_ffffn : BigInt(limit));
    if (value(soft) > value(hard)) fail('invalidArgument', `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
    return { type: `RLIMIT_${name.toUpperCase()}`, soft: value(soft), hard: value(hard) };
  });
}
