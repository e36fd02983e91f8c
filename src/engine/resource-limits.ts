import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { HostFacts, ResourceSupport } from '#spec/host.ts';

const minMemory = 6 * 1024 * 1024;

/** What a check found: warnings for the client, and fields as they become because the host can't do them. */
export interface ResourceVerdict {
  readonly warnings: readonly string[];
  readonly discarded: wire.Resources;
}

/** Collects the findings; later checks see a discarded field as it became. */
class Verdict implements ResourceVerdict {
  readonly warnings: string[] = [];
  readonly discarded: { -readonly [K in keyof wire.Resources]: wire.Resources[K] } = {};
  readonly support: ResourceSupport | undefined;

  constructor(support: ResourceSupport | undefined) {
    this.support = support;
  }

  lacks(what: keyof ResourceSupport): boolean {
    return this.support !== undefined && !this.support[what];
  }

  discard(change: wire.Resources, warning: string): void {
    Object.assign(this.discarded, change);
    this.warnings.push(warning);
  }
}

/** What a request to create may not say, looked at before anything else (dockerd: runconfig). */
export function checkCreateResources({ IOMaximumBandwidth = 0, IOMaximumIOps = 0, CpuRealtimePeriod = 0, CpuRealtimeRuntime = 0, CpuShares = 0 }: wire.Resources): void {
  if (Number(IOMaximumBandwidth) !== 0) fail('invalidArgument', 'invalid option: QoS maximum bandwidth configuration is not supported on linux');
  if (Number(IOMaximumIOps) !== 0) fail('invalidArgument', 'invalid option: QoS maximum IOPs configuration is not supported on linux');
  if (CpuRealtimePeriod !== 0 && CpuRealtimeRuntime !== 0 && CpuRealtimeRuntime > CpuRealtimePeriod) fail('invalidArgument', 'cpu real-time runtime cannot be higher than cpu real-time period');
  if (CpuShares < 0) fail('invalidArgument', `invalid CPU shares (${CpuShares}): value must be a positive integer`);
}

/**
 * Checks resources as a request has them, in dockerd's order (daemon/daemon_unix.go `verifyPlatformContainerResources`). Throws
 * invalidArgument with its texts. `update`: the request changes a container.
 */
export function checkResources(asked: wire.Resources, host: HostFacts, update: boolean): ResourceVerdict {
  const verdict = new Verdict(host.resources);
  checkMemory(asked, verdict, update);
  checkMemoryExtras(asked, verdict);
  checkCpu(asked, host, verdict);
  checkCpusets(asked, host, verdict);
  checkBlockIo(asked, verdict);
  return verdict;
}

const kernelLacks = (what: string): string => `Your kernel does not support ${what} or the cgroup is not mounted.`;

function checkMemory(asked: wire.Resources, verdict: Verdict, update: boolean): void {
  let { Memory = 0, MemorySwap = 0 } = asked;
  if (Memory !== 0 && Memory < minMemory) fail('invalidArgument', 'Minimum memory limit allowed is 6MB');
  if (Memory > 0 && verdict.lacks('memory')) {
    verdict.discard({ Memory: 0, MemorySwap: -1 }, `${kernelLacks('memory limit capabilities')} Limitation discarded.`);
    [Memory, MemorySwap] = [0, -1];
  }
  if (Memory > 0 && MemorySwap !== -1 && verdict.lacks('swap')) {
    verdict.discard({ MemorySwap: -1 }, `${kernelLacks('swap limit capabilities')} Memory limited without swap.`);
    MemorySwap = -1;
  }
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory) fail('invalidArgument', 'Minimum memoryswap limit should be larger than memory limit, see usage');
  if (Memory === 0 && MemorySwap > 0 && !update) fail('invalidArgument', 'You should always set the Memory limit when using Memoryswap limit, see usage');
  checkReservation(asked, Memory, verdict);
}

function checkReservation(asked: wire.Resources, memory: number, verdict: Verdict): void {
  const swappiness = asked.MemorySwappiness ?? -1;
  if (swappiness !== -1) {
    if (verdict.lacks('swappiness')) verdict.discard({ MemorySwappiness: null }, `${kernelLacks('memory swappiness capabilities')} Memory swappiness discarded.`);
    else if (swappiness < 0 || swappiness > 100) fail('invalidArgument', `Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
  let { MemoryReservation = 0 } = asked;
  if (MemoryReservation > 0 && verdict.lacks('reservation')) {
    verdict.discard({ MemoryReservation: 0 }, `${kernelLacks('memory soft limit capabilities')} Limitation discarded.`);
    MemoryReservation = 0;
  }
  if (MemoryReservation > 0 && MemoryReservation < minMemory) fail('invalidArgument', 'Minimum memory reservation allowed is 6MB');
  if (memory > 0 && MemoryReservation > 0 && memory < MemoryReservation) fail('invalidArgument', 'Minimum memory limit can not be less than memory reservation limit, see usage');
}

function checkMemoryExtras(asked: wire.Resources, verdict: Verdict): void {
  const { KernelMemory = 0, OomKillDisable = null, PidsLimit = null } = asked;
  const memory = verdict.discarded.Memory ?? asked.Memory ?? 0;
  if (KernelMemory > 0) {
    if (verdict.lacks('kernelMemory')) verdict.discard({ KernelMemory: 0 }, `${kernelLacks('kernel memory limit capabilities')} Limitation discarded.`);
    else if (KernelMemory < minMemory) fail('invalidArgument', 'Minimum kernel memory limit allowed is 6MB');
  }
  if (OomKillDisable !== null && verdict.lacks('oomKillDisable')) {
    if (OomKillDisable) verdict.warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    verdict.discarded.OomKillDisable = false;
  } else if (OomKillDisable === true && memory === 0) {
    verdict.warnings.push('OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.');
  }
  if (PidsLimit !== null && verdict.lacks('pids')) {
    if (PidsLimit > 0) verdict.warnings.push(`${kernelLacks('PIDs limit capabilities')} PIDs limit discarded.`);
    verdict.discarded.PidsLimit = null;
  }
}

function checkCpu(asked: wire.Resources, host: HostFacts, verdict: Verdict): void {
  const { NanoCpus = 0, CpuShares = 0 } = asked;
  let { CpuPeriod = 0, CpuQuota = 0 } = asked;
  if (NanoCpus > 0 && CpuPeriod > 0) fail('invalidArgument', 'Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (NanoCpus > 0 && CpuQuota > 0) fail('invalidArgument', 'Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (NanoCpus > 0 && verdict.lacks('cpuQuota')) fail('invalidArgument', 'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted');
  if (NanoCpus < 0 || NanoCpus > host.cpuCount * 1e9) {
    fail('invalidArgument', `range of CPUs is from 0.01 to ${host.cpuCount}.00, as there are only ${host.cpuCount} CPUs available`);
  }
  if (CpuShares > 0 && verdict.lacks('cpuShares')) verdict.discard({ CpuShares: 0 }, `${kernelLacks('CPU shares')} Shares discarded.`);
  if ((CpuPeriod !== 0 || CpuQuota !== 0) && verdict.lacks('cpuQuota')) {
    verdict.discard({ CpuPeriod: 0, CpuQuota: 0 }, 'CPU CFS scheduler is not supported by your kernel or the cgroup is not mounted. Period and quota discarded.');
    [CpuPeriod, CpuQuota] = [0, 0];
  }
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) fail('invalidArgument', 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (CpuQuota > 0 && CpuQuota < 1000) fail('invalidArgument', 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if ((asked.CpuPercent ?? 0) > 0) verdict.discard({ CpuPercent: 0 }, 'linux does not support CPU percent. Percent discarded.');
}

function checkCpusets(asked: wire.Resources, host: HostFacts, verdict: Verdict): void {
  const { CpusetCpus = '', CpusetMems = '' } = asked;
  if (CpusetCpus === '' && CpusetMems === '') return;
  if (verdict.lacks('cpuset')) return verdict.discard({ CpusetCpus: '', CpusetMems: '' }, `${kernelLacks('cpuset')} Cpuset discarded.`);
  checkCpuset('CPUs', 'cpuset cpus', CpusetCpus, host.cpus);
  // dockerd leaves it to the kernel whether there are such memory nodes.
  checkCpuset('memory nodes', 'cpuset mems', CpusetMems, undefined);
}

function checkCpuset(what: string, field: string, asked: string, available: string | undefined): void {
  if (asked === '') return;
  const wanted = parseList(asked);
  if (typeof wanted === 'string') fail('invalidArgument', `Invalid value ${asked} for ${field}: ${wanted}`);
  if (available === undefined) return;
  const have = parseList(available);
  for (const item of wanted) if (typeof have === 'string' || !have.has(item)) fail('invalidArgument', `Requested ${what} are not available - requested ${asked}, available: ${available}`);
}

/** The highest number of a list; a range beyond it is refused before it is counted out. */
const maxListed = 8192;

/** Parses "0-2,7" to numbers, or says what is wrong with it. */
function parseList(text: string): Set<number> | string {
  const items = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first) return `invalid format: ${text}`;
    if (last > maxListed) return `value of out range, maximum is ${maxListed}`;
    for (let item = first; item <= last; item++) items.add(item);
  }
  return items;
}

function checkBlockIo(asked: wire.Resources, verdict: Verdict): void {
  let { BlkioWeight = 0 } = asked;
  if (BlkioWeight > 0 && verdict.lacks('ioWeight')) {
    verdict.discard({ BlkioWeight: 0 }, `${kernelLacks('Block I/O weight')} Weight discarded.`);
    BlkioWeight = 0;
  }
  if (BlkioWeight > 0 && (BlkioWeight < 10 || BlkioWeight > 1000)) fail('invalidArgument', 'Range of blkio weight is from 10 to 1000');
  if (Number(asked.IOMaximumBandwidth ?? 0) !== 0 || Number(asked.IOMaximumIOps ?? 0) !== 0) {
    fail('invalidArgument', 'Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
  }
  const lists = [
    ['BlkioWeightDevice', 'ioWeightDevice', 'Block I/O weight_device', 'Weight-device'],
    ['BlkioDeviceReadBps', 'ioReadBps', 'BPS Block I/O read limit', 'Block I/O BPS read limit'],
    ['BlkioDeviceWriteBps', 'ioWriteBps', 'BPS Block I/O write limit', 'Block I/O BPS write limit'],
    ['BlkioDeviceReadIOps', 'ioReadOps', 'IOPS Block read limit', 'Block I/O IOPS read limit'],
    ['BlkioDeviceWriteIOps', 'ioWriteOps', 'IOPS Block write limit', 'Block I/O IOPS write limit'],
  ] as const;
  for (const [field, need, what, discarded] of lists) {
    if ((asked[field] ?? []).length > 0 && verdict.lacks(need)) verdict.discard({ [field]: [] }, `${kernelLacks(what)} ${discarded} discarded.`);
  }
}
