import { existsSync } from 'node:fs';
import type { CgroupFacts, ResourceSupport } from '#spec/host.ts';

/** Which limits the host's cgroups have: on version 1 a file of the controller says so, on version 2 the controller itself. */
export function readResourceSupport(cgroup: CgroupFacts): ResourceSupport {
  return cgroup.version === 2 ? unified(cgroup) : v1(cgroup.controllers);
}

function v1(controllers: Readonly<Record<string, string>>): ResourceSupport {
  const has = (controller: string, file: string): boolean => controllers[controller] !== undefined && existsSync(`${controllers[controller]}/${file}`);
  return {
    memory: has('memory', 'memory.limit_in_bytes'),
    swap: has('memory', 'memory.memsw.limit_in_bytes'),
    reservation: has('memory', 'memory.soft_limit_in_bytes'),
    swappiness: has('memory', 'memory.swappiness'),
    oomKillDisable: has('memory', 'memory.oom_control'),
    kernelMemory: has('memory', 'memory.kmem.limit_in_bytes'),
    kernelMemoryTcp: has('memory', 'memory.kmem.tcp.limit_in_bytes'),
    cpuShares: has('cpu', 'cpu.shares'),
    cpuQuota: has('cpu', 'cpu.cfs_quota_us'),
    cpuRealtime: has('cpu', 'cpu.rt_runtime_us'),
    cpuset: controllers['cpuset'] !== undefined,
    pids: controllers['pids'] !== undefined,
    ioWeight: has('blkio', 'blkio.weight'),
    ioWeightDevice: has('blkio', 'blkio.weight_device'),
    ioReadBps: has('blkio', 'blkio.throttle.read_bps_device'),
    ioWriteBps: has('blkio', 'blkio.throttle.write_bps_device'),
    ioReadOps: has('blkio', 'blkio.throttle.read_iops_device'),
    ioWriteOps: has('blkio', 'blkio.throttle.write_iops_device'),
  };
}

function unified({ controllers }: CgroupFacts & { version: 2 }): ResourceSupport {
  const [memory, cpu, io] = ['memory', 'cpu', 'io'].map((name) => controllers.includes(name)) as [boolean, boolean, boolean];
  return {
    memory, swap: memory, reservation: memory, swappiness: false, oomKillDisable: false, kernelMemory: false, kernelMemoryTcp: false,
    cpuShares: cpu, cpuQuota: cpu, cpuRealtime: false, cpuset: controllers.includes('cpuset'), pids: controllers.includes('pids'),
    ioWeight: io, ioWeightDevice: io, ioReadBps: io, ioWriteBps: io, ioReadOps: io, ioWriteOps: io,
  };
}
