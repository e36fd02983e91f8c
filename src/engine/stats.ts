import { formatTime, nowNs, zeroTime } from '#base/clock.ts';
import type * as wire from '#api/schema.ts';
import type { CgroupStats, IoCount } from '#kernel/cgroup-stats.ts';
import { readCgroupStats } from '#kernel/cgroup-stats.ts';
import { readHostCpu, readLinkCounters } from '#kernel/host-counters.ts';
import type { HostCpu, LinkCounters } from '#kernel/host-counters.ts';
import type { HostFacts } from '#spec/host.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { isActive } from './state.ts';

/** A container's counters at one moment, without those before; the zero answer when it has no process. */
export type Sample = wire.StatsResponse;

/** Reads everything that is counted for a container now. Blocks for some ten small files. */
export function sample(ctx: EngineContext, container: Container): Sample {
  const { runtime, task, record, name } = container;
  const { state } = runtime;
  if (!isActive(state) || task === undefined) return zeroSample(container);
  const counted = readCgroupStats(task.cgroups);
  const cpu = readHostCpu();
  const links = networkPid(ctx, container);
  return {
    name: `/${name}`,
    id: record.id,
    read: formatTime(nowNs()),
    ...statsDocuments(counted, cpu, ctx.host),
    ...networks(ctx, container, links === undefined ? new Map() : readLinkCounters(links)),
  };
}

/** What dockerd answers for a container that does not run: its name, and nothing counted. */
export function zeroSample({ name, record }: Container): Sample {
  return {
    name: `/${name}`, id: record.id, read: zeroTime, preread: zeroTime, pids_stats: {}, blkio_stats: blkioStats(null, null), num_procs: 0, storage_stats: {},
    cpu_stats: zeroCpu, precpu_stats: zeroCpu, memory_stats: {},
  };
}

/** The counters of a processor before anything was read. */
export const zeroCpu: wire.CpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

/** The documents of one reading. Pure. */
export function statsDocuments(counted: CgroupStats, cpu: HostCpu, host: HostFacts): Omit<wire.StatsResponse, 'name' | 'id' | 'read' | 'networks'> {
  const unified = host.cgroup.version === 2;
  const { pids, io } = counted;
  return {
    preread: zeroTime,
    pids_stats: { ...positive('current', pids.current), ...positive('limit', pids.limit) },
    blkio_stats: unified ? blkioStats(inPairs(io.bytes), null) : blkioStats(io.bytes.map(capitalised), io.operations.map(capitalised)),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuStats(counted, cpu),
    precpu_stats: zeroCpu,
    memory_stats: memoryStats(counted, host),
  };
}

function cpuStats({ cpu }: CgroupStats, host: HostCpu): wire.CpuStats {
  return {
    cpu_usage: {
      total_usage: cpu.total,
      ...(cpu.perCpu === undefined ? {} : { percpu_usage: [...cpu.perCpu] }),
      usage_in_kernelmode: cpu.system,
      usage_in_usermode: cpu.user,
    },
    system_cpu_usage: host.total,
    online_cpus: host.online,
    throttling_data: { periods: cpu.periods, throttled_periods: cpu.throttledPeriods, throttled_time: cpu.throttledTime },
  };
}

// A container without a limit, or with one beyond the machine, is limited by the machine.
function memoryStats({ memory }: CgroupStats, host: HostFacts): wire.MemoryStats {
  const unified = host.cgroup.version === 2;
  return {
    ...positive('usage', memory.usage),
    ...(unified ? {} : positive('max_usage', memory.maxUsage)),
    stats: unified ? pick(memory.stats, unifiedNames) : pick(memory.stats, v1Names),
    ...positive('failcnt', memory.failCount),
    limit: Math.min(memory.limit ?? host.memoryBytes, host.memoryBytes),
  };
}

// The fields of memory.stat that dockerd passes on; those that a kernel no longer has are zero.
const unifiedNames = [
  'anon', 'file', 'kernel_stack', 'slab', 'sock', 'shmem', 'file_mapped', 'file_dirty', 'file_writeback', 'anon_thp', 'inactive_anon', 'active_anon', 'inactive_file',
  'active_file', 'unevictable', 'slab_reclaimable', 'slab_unreclaimable', 'pgfault', 'pgmajfault', 'workingset_refault', 'workingset_activate', 'workingset_nodereclaim',
  'pgrefill', 'pgscan', 'pgsteal', 'pgactivate', 'pgdeactivate', 'pglazyfree', 'pglazyfreed', 'thp_fault_alloc', 'thp_collapse_alloc',
];
const v1Counted = [
  'cache', 'rss', 'rss_huge', 'mapped_file', 'dirty', 'writeback', 'pgpgin', 'pgpgout', 'pgfault', 'pgmajfault', 'inactive_anon', 'active_anon', 'inactive_file', 'active_file',
  'unevictable',
];
const v1Names = [...v1Counted, 'hierarchical_memory_limit', 'hierarchical_memsw_limit', ...v1Counted.map((name) => `total_${name}`)];

function pick(stats: CgroupStats['memory']['stats'], names: readonly string[]): Record<string, number | bigint> {
  return Object.fromEntries(names.map((name) => [name, stats[name] ?? 0]));
}

function blkioStats(bytes: wire.BlkioEntry[] | null, operations: wire.BlkioEntry[] | null): wire.StatsResponse['blkio_stats'] {
  const nothing = bytes !== null && operations !== null ? [] : null;
  return {
    io_service_bytes_recursive: bytes, io_serviced_recursive: operations, io_queue_recursive: nothing, io_service_time_recursive: nothing, io_wait_time_recursive: nothing,
    io_merged_recursive: nothing, io_time_recursive: nothing, sectors_recursive: nothing,
  };
}

function capitalised({ major, minor, operation, value }: IoCount): wire.BlkioEntry {
  return { major, minor, op: `${operation.slice(0, 1).toUpperCase()}${operation.slice(1)}`, value };
}

// Version 2 counts reads and writes per device; no device at all is null.
function inPairs(counts: readonly IoCount[]): wire.BlkioEntry[] | null {
  return counts.length === 0 ? null : counts.map(({ major, minor, operation, value }) => ({ major, minor, op: operation, value }));
}

function positive<K extends string>(key: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined || value === 0 ? {} : ({ [key]: value } as { [P in K]: number });
}

// The container whose network namespace it is; none for the host's, where nothing is the container's own.
function networkOwner(ctx: EngineContext, container: Container): Container | undefined {
  const mode = container.record.hostConfig.NetworkMode ?? '';
  const target = /^container:(.+)$/.exec(mode)?.[1];
  return mode === 'host' ? undefined : target === undefined ? container : ctx.registry.find(target);
}

function networkPid(ctx: EngineContext, container: Container): number | undefined {
  const state = networkOwner(ctx, container)?.runtime.state;
  return state !== undefined && isActive(state) ? state.pid : undefined;
}

/** Only interfaces that the engine put there: what the container makes itself (tunnels, bridges) would count the same bytes again. */
function networks(ctx: EngineContext, container: Container, links: ReadonlyMap<string, LinkCounters>): { networks?: Record<string, wire.NetworkStats> } {
  const own = networkOwner(ctx, container)?.endpoint?.containerInterface;
  const found = [...links].filter(([name]) => name === own);
  return found.length === 0 ? {} : { networks: Object.fromEntries(found.map(([name, counters]) => [name, networkStats(counters)])) };
}

function networkStats(link: LinkCounters): wire.NetworkStats {
  return {
    rx_bytes: link.rxBytes, rx_packets: link.rxPackets, rx_errors: link.rxErrors, rx_dropped: link.rxDropped,
    tx_bytes: link.txBytes, tx_packets: link.txPackets, tx_errors: link.txErrors, tx_dropped: link.txDropped,
  };
}
