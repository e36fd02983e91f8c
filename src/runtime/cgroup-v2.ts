import { fail } from '#base/errors.ts';
import type { BlockIoSpec, CpuSpec, MemorySpec, ResourcesSpec, ThrottleDevice } from '#spec/runtime.ts';
import { type LimitWriter, limitText } from './cgroup-limits.ts';
import { listText, pageSizeName, rdmaText, throttleText, weightText } from './cgroup-v1.ts';
import type { CgroupFacts } from './types.ts';

/** Every limit of the spec for cgroup v2 (Documentation/admin-guide/cgroup-v2.rst); units are converted from v1's as runc does. */
export function resourcesV2(resources: ResourcesSpec, writer: LimitWriter, facts: CgroupFacts & { version: 2 }): void {
  memory(resources.memory, writer);
  cpu(resources.cpu, writer);
  if (resources.pids !== undefined && resources.pids.limit !== 0) writer.set('pids', 'pids.max', limitText('pids.limit', resources.pids.limit > 0 ? resources.pids.limit : -1, 'max'));
  blockIo(resources.blockIO, writer, facts.ioWeightFile ?? 'io.weight');
  for (const { pageSize, limit } of resources.hugepageLimits ?? []) {
    const data = limitText('hugepageLimits', limit, 'max');
    writer.set('hugetlb', `hugetlb.${pageSizeName(pageSize)}.max`, data);
    writer.set('hugetlb', `hugetlb.${pageSizeName(pageSize)}.rsvd.max`, data, true);
  }
  for (const [device, limits] of Object.entries(resources.rdma ?? {})) writer.set('rdma', 'rdma.max', rdmaText(device, limits));
  if (resources.network?.classID) writer.warn('network.classID is not available on cgroup v2 and left out');
  if ((resources.network?.priorities ?? []).length > 0) writer.warn('network.priorities is not available on cgroup v2 and left out');
  for (const [file, data] of Object.entries(resources.unified ?? {})) {
    if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(file)) fail('invalidArgument', `linux.resources.unified: invalid file name ${JSON.stringify(file)}`);
    const controller = file.slice(0, file.indexOf('.'));
    for (const line of data.split('\n').filter((text) => text !== '')) writer.set(controller === 'cgroup' ? '' : controller, file, line);
  }
}

function memory(spec: MemorySpec | undefined, writer: LimitWriter): void {
  if (spec === undefined) return;
  const limit = spec.limit === undefined || BigInt(spec.limit) === 0n ? undefined : spec.limit;
  const swap = swapMax(spec);
  // Lowering memory may need swap, so swap comes first.
  if (swap !== undefined) writer.set('memory', 'memory.swap.max', swap, swap === 'max');
  if (limit !== undefined) writer.set('memory', 'memory.max', limitText('memory.limit', limit, 'max'));
  if (spec.reservation) writer.set('memory', 'memory.low', limitText('memory.reservation', spec.reservation, 'max'));
  if (spec.swappiness !== undefined && spec.swappiness !== -1) writer.warn('memory.swappiness is not available on cgroup v2 and left out');
  if (spec.disableOOMKiller === true) writer.warn('memory.disableOOMKiller is not available on cgroup v2 and left out');
  if (spec.kernel) writer.warn('memory.kernel is no longer supported by Linux and left out');
  if (spec.kernelTCP) writer.warn('memory.kernelTCP is not available on cgroup v2 and left out');
}

/** memory.swap.max from v1's memory+swap: undefined leaves it alone. */
function swapMax(spec: MemorySpec): string | undefined {
  const limit = BigInt(spec.limit ?? 0);
  const total = BigInt(spec.swap ?? 0);
  if (total === 0n) return limit === -1n ? 'max' : undefined;
  if (total === -1n) return 'max';
  if (limit === 0n || limit === -1n) fail('invalidArgument', 'unable to set swap limit without memory limit');
  return String(total - limit);
}

/**
 * cpu.weight (1…10000) from v1's cpu.shares (2…262144): a curve through (2, 1), (1024, 100) and (262144, 10000), so that
 * both defaults meet. The formula of runc 1.3.2 and newer (github.com/opencontainers/cgroups, utils.go).
 */
export function weightOfShares(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

function cpu(spec: CpuSpec | undefined, writer: LimitWriter): void {
  if (spec === undefined) return;
  if (spec.idle !== undefined) writer.set('cpu', 'cpu.idle', limitText('cpu.idle', spec.idle, '0'));
  // An idle group has no weight of its own.
  if (spec.shares && spec.idle !== 1) writer.set('cpu', 'cpu.weight', String(weightOfShares(spec.shares)));
  if (spec.quota || spec.period) {
    const quota = spec.quota !== undefined && spec.quota > 0 ? limitText('cpu.quota', spec.quota, 'max') : 'max';
    writer.set('cpu', 'cpu.max', `${quota} ${limitText('cpu.period', spec.period || 100000, '100000')}`);
  }
  if (spec.burst !== undefined) writer.set('cpu', 'cpu.max.burst', limitText('cpu.burst', spec.burst, '0'));
  if (spec.realtimePeriod || spec.realtimeRuntime) writer.warn('cpu.realtimePeriod and cpu.realtimeRuntime are not available on cgroup v2 and left out');
  if (spec.cpus) writer.set('cpuset', 'cpuset.cpus', listText('cpu.cpus', spec.cpus));
  if (spec.mems) writer.set('cpuset', 'cpuset.mems', listText('cpu.mems', spec.mems));
}

function blockIo(spec: BlockIoSpec | undefined, writer: LimitWriter, file: string): void {
  if (spec === undefined) return;
  const bfq = file === 'io.bfq.weight';
  // io.weight goes from 1 to 10000, bfq and v1 from 10 (1) to 1000.
  const convert = (weight: number): string => (bfq ? weightText(weight) : String(1 + Math.floor(((Number(weightText(weight)) - 10) * 9999) / 990)));
  if (spec.weight) writer.set('io', file, bfq ? convert(spec.weight) : `default ${convert(spec.weight)}`, true);
  for (const { major, minor, weight } of spec.weightDevice ?? []) if (weight) writer.set('io', file, `${major}:${minor} ${convert(weight)}`, true);
  if (spec.leafWeight || (spec.weightDevice ?? []).some((d) => d.leafWeight)) writer.warn('blockIO leaf weights are not available on cgroup v2 and left out');
  const throttle = (key: string, devices: readonly ThrottleDevice[] | undefined): void => {
    for (const device of devices ?? []) {
      const [numbers = '', rate = ''] = throttleText(device, 'max').split(' ');
      writer.set('io', 'io.max', `${numbers} ${key}=${rate === '0' ? 'max' : rate}`);
    }
  };
  throttle('rbps', spec.throttleReadBpsDevice);
  throttle('wbps', spec.throttleWriteBpsDevice);
  throttle('riops', spec.throttleReadIOPSDevice);
  throttle('wiops', spec.throttleWriteIOPSDevice);
}
