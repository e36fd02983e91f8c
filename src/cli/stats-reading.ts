import type { CpuStats, MemoryStats, StatsResponse } from '#api/schema.ts';

/** What `stats` shows of a container. */
export interface Reading {
  /** As the user, or the daemon's list, named it. */
  readonly container: string;
  readonly name: string;
  readonly id: string;
  /** Undefined: nothing was heard of it for too long, or it is gone. */
  readonly values: ReadingValues | undefined;
}

export interface ReadingValues {
  readonly cpuPercent: number;
  readonly memory: number;
  readonly memoryLimit: number;
  readonly memoryPercent: number;
  readonly received: number;
  readonly sent: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly pids: number;
}

/** The figures of one answer of the daemon, calculated as Docker's client does. */
export function readingValues(stats: StatsResponse): ReadingValues {
  const memory = usedMemory(stats.memory_stats);
  const memoryLimit = Number(stats.memory_stats.limit ?? 0);
  const links = Object.values(stats.networks ?? {});
  const blocks = (letter: string): number => (stats.blkio_stats?.io_service_bytes_recursive ?? []).filter(({ op }) => op.slice(0, 1).toLowerCase() === letter).reduce((sum, { value }) => sum + Number(value), 0);
  return {
    cpuPercent: cpuPercent(stats.precpu_stats, stats.cpu_stats),
    memory,
    memoryLimit,
    memoryPercent: memoryLimit === 0 ? 0 : (memory / memoryLimit) * 100,
    received: links.reduce((sum, link) => sum + Number(link.rx_bytes), 0),
    sent: links.reduce((sum, link) => sum + Number(link.tx_bytes), 0),
    readBytes: blocks('r'),
    writtenBytes: blocks('w'),
    pids: Number(stats.pids_stats?.current ?? 0),
  };
}

/** Share of one processor since the sample before: 100 is one of them, all the time. */
function cpuPercent(before: CpuStats, now: CpuStats): number {
  const used = Number(now.cpu_usage.total_usage) - Number(before.cpu_usage.total_usage);
  const passed = Number(now.system_cpu_usage ?? 0) - Number(before.system_cpu_usage ?? 0);
  const online = now.online_cpus || (now.cpu_usage.percpu_usage ?? []).length;
  return used > 0 && passed > 0 ? (used / passed) * online * 100 : 0;
}

// Without the cache that the kernel would give up first; the name tells the cgroup version.
function usedMemory({ usage = 0, stats = {} }: MemoryStats): number {
  const total = Number(usage);
  const v1 = stats['total_inactive_file'];
  if (v1 !== undefined && Number(v1) < total) return total - Number(v1);
  const v2 = Number(stats['inactive_file'] ?? 0);
  return v2 < total ? total - v2 : total;
}
