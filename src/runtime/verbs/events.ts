import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '#base/errors.ts';
import { type CgroupStats, readCgroupStats } from '#kernel/cgroup-stats.ts';
import { processExited } from '#kernel/process.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';
import { loadContainer } from './state.ts';

export const EVENTS_FLAGS: FlagTable = { options: { interval: 'text', stats: 'bool' } };

/** `events`: statistics at an interval and OOM kills, one JSON document per line, until the container ends; --stats: once. */
export async function events(call: Call): Promise<number> {
  const { record, status } = loadContainer(call.global.root, call.args[0]);
  if (status === 'stopped') fail('conflict', `container with id ${record.id} is not running`);
  const emit = (type: string, data?: object): void => call.deps.write(`${JSON.stringify({ type, id: record.id, ...(data === undefined ? {} : { data }) })}\n`);
  if (call.flags.bool('stats')) {
    emit('stats', statsDocument(readCgroupStats(record.cgroups)));
    return 0;
  }
  const interval = intervalOf(call);
  const ended = new AbortController();
  const end = processExited(record).then(() => ended.abort());
  for (let kills = readCgroupStats(record.cgroups).oomKills; !ended.signal.aborted; ) {
    await delay(interval, undefined, { signal: ended.signal }).catch(() => {});
    const stats = readCgroupStats(record.cgroups);
    if (stats.oomKills > kills) emit('oom');
    kills = Math.max(kills, stats.oomKills);
    if (!ended.signal.aborted) emit('stats', statsDocument(stats));
  }
  await end;
  return 0;
}

/** Statistics with the names of runc's `events` document. */
export function statsDocument(stats: CgroupStats): object {
  const { cpu, memory, pids, io } = stats;
  const entries = (list: CgroupStats['io']['bytes']): object[] => list.map(({ operation, ...rest }) => ({ ...rest, op: operation }));
  return {
    cpu: {
      usage: { total: cpu.total, percpu: cpu.perCpu ?? [], kernel: cpu.system, user: cpu.user },
      throttling: { periods: cpu.periods, throttledPeriods: cpu.throttledPeriods, throttledTime: cpu.throttledTime },
    },
    memory: {
      usage: { usage: memory.usage, limit: memory.limit ?? 0, max: memory.maxUsage ?? 0, failcnt: memory.failCount ?? 0 },
      cache: Number(memory.stats['cache'] ?? memory.stats['file'] ?? 0),
      raw: Object.fromEntries(Object.entries(memory.stats).map(([name, value]) => [name, Number(value)])),
    },
    pids: { current: pids.current ?? 0, limit: pids.limit ?? 0 },
    blkio: { ioServiceBytesRecursive: entries(io.bytes), ioServicedRecursive: entries(io.operations) },
    hugetlb: {},
  };
}

function intervalOf(call: Call): number {
  const text = call.flags.text('interval') || '5s';
  const [, number, unit = ''] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  const value = Number(number) * ({ ms: 1, s: 1000, m: 60_000 }[unit] ?? Number.NaN);
  return value > 0 && value < 2 ** 31 ? value : fail('invalidArgument', 'duration interval must be greater than 0');
}
