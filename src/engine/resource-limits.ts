import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { HostFacts } from '#runtime/types.ts';

const minMemory = 6 * 1024 * 1024;

/** Throws invalidArgument with dockerd's texts (daemon/daemon_unix.go `verifyPlatformContainerResources`); returns warnings. */
export function checkResources(config: wire.HostConfig, raw: wire.HostConfig, host: HostFacts): string[] {
  checkMemory(config, raw);
  checkCpu(config, host);
  checkBlockIo(config);
  const warnings: string[] = [];
  if (host.cgroup.version === 2 && (config.OomKillDisable === true || (config.MemorySwappiness ?? null) !== null)) {
    if (config.OomKillDisable === true) warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    if ((config.MemorySwappiness ?? null) !== null) warnings.push('Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.');
  } else if (config.OomKillDisable === true && (config.Memory ?? 0) === 0) {
    warnings.push('OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.');
  }
  return warnings;
}

function checkMemory(config: wire.HostConfig, raw: wire.HostConfig): void {
  const { Memory = 0, MemoryReservation = 0 } = config;
  const swap = raw.MemorySwap ?? 0;
  if (Memory !== 0 && Memory < minMemory) fail('invalidArgument', 'Minimum memory limit allowed is 6MB');
  if (Memory > 0 && swap > 0 && swap < Memory) fail('invalidArgument', 'Minimum memoryswap limit should be larger than memory limit, see usage');
  if (Memory === 0 && swap > 0) fail('invalidArgument', 'You should always set the Memory limit when using Memoryswap limit, see usage');
  const swappiness = config.MemorySwappiness ?? null;
  if (swappiness !== null && (swappiness < 0 || swappiness > 100)) fail('invalidArgument', `Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  if (MemoryReservation > 0 && MemoryReservation < minMemory) fail('invalidArgument', 'Minimum memory reservation allowed is 6MB');
  if (Memory > 0 && MemoryReservation > 0 && Memory < MemoryReservation) {
    fail('invalidArgument', 'Minimum memory limit can not be less than memory reservation limit, see usage');
  }
}

function checkCpu(config: wire.HostConfig, host: HostFacts): void {
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, CpusetCpus = '', CpusetMems = '' } = config;
  if (NanoCpus > 0 && (CpuPeriod > 0 || CpuQuota > 0)) {
    fail('invalidArgument', `Conflicting options: Nano CPUs and CPU ${CpuPeriod > 0 ? 'Period' : 'Quota'} cannot both be set`);
  }
  if (NanoCpus < 0 || NanoCpus > host.cpuCount * 1e9) {
    const range = `range of CPUs is from 0.01 to ${host.cpuCount}.00, as there are only ${host.cpuCount} CPUs available`;
    fail('invalidArgument', range);
  }
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) fail('invalidArgument', 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (CpuQuota > 0 && CpuQuota < 1000) fail('invalidArgument', 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
  checkCpuset('CPUs', 'cpuset cpus', CpusetCpus, host.cpus);
  checkCpuset('memory nodes', 'cpuset mems', CpusetMems, host.mems);
}

function checkCpuset(what: string, field: string, asked: string, available: string): void {
  if (asked === '') return;
  const wanted = parseList(asked);
  if (wanted === undefined) fail('invalidArgument', `Invalid value ${asked} for ${field}: invalid format: ${asked}`);
  const have = parseList(available) ?? new Set<number>();
  for (const item of wanted) if (!have.has(item)) fail('invalidArgument', `Requested ${what} are not available - requested ${asked}, available: ${available}`);
}

/** Parses "0-2,7" to numbers; undefined when it is not a list. */
function parseList(text: string): Set<number> | undefined {
  const items = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) return undefined;
    for (let item = first; item <= last; item++) items.add(item);
  }
  return items;
}

function checkBlockIo(config: wire.HostConfig): void {
  const { BlkioWeight = 0, PidsLimit } = config;
  if (BlkioWeight > 0 && (BlkioWeight < 10 || BlkioWeight > 1000)) fail('invalidArgument', 'Range of blkio weight is from 10 to 1000');
  if (PidsLimit !== undefined && PidsLimit !== null && PidsLimit < -1) fail('invalidArgument', `Invalid pids limit: ${PidsLimit}`);
}
