import { fail } from '#base/errors.ts';
import type { BlockIoSpec, CpuSpec, MemorySpec, ResourcesSpec, ThrottleDevice } from '#spec/runtime.ts';
import { type LimitWriter, limitText } from './cgroup-limits.ts';

/** Every limit of the spec for cgroup v1 (Documentation/admin-guide/cgroup-v1). */
export function resourcesV1(resources: ResourcesSpec, writer: LimitWriter, update: boolean): void {
  if (resources.unified !== undefined && Object.keys(resources.unified).length > 0) {
    fail('invalidArgument', 'linux.resources.unified: unified resources can be set on cgroup v2 only');
  }
  memory(resources.memory, writer, update);
  cpu(resources.cpu, writer, update);
  if (resources.pids !== undefined && resources.pids.limit !== 0) writer.set('pids', 'pids.max', limitText('pids.limit', resources.pids.limit > 0 ? resources.pids.limit : -1, 'max'));
  blockIo(resources.blockIO, writer);
  for (const { pageSize, limit } of resources.hugepageLimits ?? []) {
    const data = limitText('hugepageLimits', limit, '-1');
    writer.set('hugetlb', `hugetlb.${pageSizeName(pageSize)}.limit_in_bytes`, data);
    writer.set('hugetlb', `hugetlb.${pageSizeName(pageSize)}.rsvd.limit_in_bytes`, data, true);
  }
  for (const [device, limits] of Object.entries(resources.rdma ?? {})) writer.set('rdma', 'rdma.max', rdmaText(device, limits));
  if (resources.network?.classID) writer.set('net_cls', 'net_cls.classid', limitText('network.classID', resources.network.classID, '0'));
  for (const { name, priority } of resources.network?.priorities ?? []) writer.set('net_prio', 'net_prio.ifpriomap', `${word('network.priorities', name)} ${priority}`);
}

function memory(spec: MemorySpec | undefined, writer: LimitWriter, update: boolean): void {
  if (spec === undefined) return;
  const { limit, swap } = spec;
  // Unlimited memory under limited memory+swap makes no sense: runc takes the swap limit away as well.
  const total = limit !== undefined && BigInt(limit) === -1n && (swap === undefined || BigInt(swap) === 0n) ? -1 : swap;
  const hasTotal = total !== undefined && BigInt(total) !== 0n;
  // The kernel keeps memory ≤ memory+swap at every moment, so the outer limit is lifted while both move.
  if (update && hasTotal && limit !== undefined) writer.set('memory', 'memory.memsw.limit_in_bytes', '-1');
  if (limit !== undefined && BigInt(limit) !== 0n) writer.set('memory', 'memory.limit_in_bytes', limitText('memory.limit', limit, '-1'));
  if (hasTotal) writer.set('memory', 'memory.memsw.limit_in_bytes', limitText('memory.swap', total, '-1'), BigInt(total) === -1n);
  if (spec.reservation) writer.set('memory', 'memory.soft_limit_in_bytes', limitText('memory.reservation', spec.reservation, '-1'));
  if (spec.kernelTCP) writer.set('memory', 'memory.kmem.tcp.limit_in_bytes', limitText('memory.kernelTCP', spec.kernelTCP, '-1'));
  if (spec.kernel) writer.warn('memory.kernel is no longer supported by Linux and left out');
  if (spec.disableOOMKiller !== undefined && (spec.disableOOMKiller || update)) writer.set('memory', 'memory.oom_control', spec.disableOOMKiller ? '1' : '0');
  if (spec.swappiness !== undefined && spec.swappiness !== -1) {
    if (spec.swappiness < 0 || spec.swappiness > 100) fail('invalidArgument', `invalid memory swappiness value: ${spec.swappiness} (valid range is 0-100)`);
    writer.set('memory', 'memory.swappiness', String(spec.swappiness));
  }
}

function cpu(spec: CpuSpec | undefined, writer: LimitWriter, update: boolean): void {
  if (spec === undefined) return;
  const set = (file: string, value: number | undefined): void => {
    if (value !== undefined && value !== 0) writer.set('cpu', file, limitText(`cpu (${file})`, value, '-1'));
  };
  // Realtime first: a task with a realtime policy cannot enter a group without realtime budget.
  set('cpu.rt_period_us', spec.realtimePeriod);
  set('cpu.rt_runtime_us', spec.realtimeRuntime);
  // The kernel would take what is out of range for the nearest value; runc refuses it.
  if (spec.shares && spec.shares < 2) fail('invalidArgument', 'the minimum allowed cpu-shares is 2');
  if (spec.shares && spec.shares > 262144) fail('invalidArgument', 'the maximum allowed cpu-shares is 262144');
  set('cpu.shares', spec.shares);
  // A smaller period under a larger quota may exceed the parent's share; lifting the quota first always works.
  if (update && spec.quota && spec.period) writer.set('cpu', 'cpu.cfs_quota_us', '-1');
  set('cpu.cfs_period_us', spec.period);
  set('cpu.cfs_quota_us', spec.quota === undefined ? undefined : spec.quota < 0 ? -1 : spec.quota);
  if (spec.burst !== undefined) writer.set('cpu', 'cpu.cfs_burst_us', limitText('cpu.burst', spec.burst, '0'));
  if (spec.idle !== undefined) writer.set('cpu', 'cpu.idle', limitText('cpu.idle', spec.idle, '0'));
  if (spec.cpus) writer.set('cpuset', 'cpuset.cpus', listText('cpu.cpus', spec.cpus));
  if (spec.mems) writer.set('cpuset', 'cpuset.mems', listText('cpu.mems', spec.mems));
}

function blockIo(spec: BlockIoSpec | undefined, writer: LimitWriter): void {
  if (spec === undefined) return;
  if (spec.weight) writer.set('blkio', 'blkio.bfq.weight', weightText(spec.weight), true);
  if (spec.leafWeight) writer.set('blkio', 'blkio.leaf_weight', weightText(spec.leafWeight), true);
  for (const { major, minor, weight, leafWeight } of spec.weightDevice ?? []) {
    if (weight) writer.set('blkio', 'blkio.bfq.weight_device', `${major}:${minor} ${weightText(weight)}`, true);
    if (leafWeight) writer.set('blkio', 'blkio.leaf_weight_device', `${major}:${minor} ${weightText(leafWeight)}`, true);
  }
  const throttle = (file: string, devices: readonly ThrottleDevice[] | undefined): void => {
    for (const device of devices ?? []) writer.set('blkio', `blkio.throttle.${file}`, throttleText(device, '0'));
  };
  throttle('read_bps_device', spec.throttleReadBpsDevice);
  throttle('write_bps_device', spec.throttleWriteBpsDevice);
  throttle('read_iops_device', spec.throttleReadIOPSDevice);
  throttle('write_iops_device', spec.throttleWriteIOPSDevice);
}

/** `major:minor rate`. */
export function throttleText({ major, minor, rate }: ThrottleDevice, unlimited: string): string {
  return `${limitText('blockIO', major, '0')}:${limitText('blockIO', minor, '0')} ${limitText('blockIO rate', rate, unlimited)}`;
}

/** A block I/O weight of 10…1000. */
export function weightText(weight: number): string {
  if (!Number.isInteger(weight) || weight < 10 || weight > 1000) fail('invalidArgument', `linux.resources.blockIO: weight ${weight} is not within 10-1000`);
  return String(weight);
}

/** `device hca_handle=… hca_object=…` (Documentation/admin-guide/cgroup-v1/rdma.rst). */
export function rdmaText(device: string, limits: { hcaHandles?: number; hcaObjects?: number }): string {
  const parts = [word('rdma', device)];
  if (limits.hcaHandles !== undefined) parts.push(`hca_handle=${limitText('rdma', limits.hcaHandles, 'max')}`);
  if (limits.hcaObjects !== undefined) parts.push(`hca_object=${limitText('rdma', limits.hcaObjects, 'max')}`);
  return parts.join(' ');
}

/** A list of numbers and ranges as the kernel reads it ("0-2,7"). */
export function listText(property: string, value: string): string {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(value.trim())) fail('invalidArgument', `linux.resources.${property}: invalid list ${JSON.stringify(value)}`);
  return value.trim();
}

/** A huge page size as it stands in file names ("2MB"): it becomes part of a path. */
export function pageSizeName(size: string): string {
  if (!/^\d+[KMG]B$/.test(size)) fail('invalidArgument', `linux.resources.hugepageLimits: invalid page size ${JSON.stringify(size)}`);
  return size;
}

function word(property: string, text: string): string {
  if (!/^[^\s/]+$/.test(text)) fail('invalidArgument', `linux.resources.${property}: invalid name ${JSON.stringify(text)}`);
  return text;
}
