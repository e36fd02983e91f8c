import { isUnified, readCgroupFile } from './cgroup.ts';
import type { CgroupDirs } from './cgroup.ts';

/** A counter; a bigint only beyond 2^53, where a double is no longer exact. */
export type Count = number | bigint;

/** What the task's cgroups count. Times are nanoseconds, sizes bytes; a missing controller counts nothing. */
export interface CgroupStats {
  readonly cpu: {
    readonly total: number;
    readonly user: number;
    readonly system: number;
    /** Per processor; version 1 only. */
    readonly perCpu?: readonly number[];
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledTime: number;
  };
  readonly memory: {
    readonly usage: number;
    /** Version 1 and, since Linux 5.19, version 2. */
    readonly maxUsage?: number;
    /** Undefined: no limit. */
    readonly limit?: number;
    /** Version 1: how often the limit was met; version 2: how often that led to the OOM killer. */
    readonly failCount?: number;
    /** memory.stat as the kernel has it. */
    readonly stats: Readonly<Record<string, Count>>;
  };
  readonly pids: { readonly current?: number; readonly limit?: number };
  readonly io: { readonly bytes: readonly IoCount[]; readonly operations: readonly IoCount[] };
  readonly oomKills: number;
}

export interface IoCount {
  readonly major: number;
  readonly minor: number;
  /** "read", "write", … in lower case. */
  readonly operation: string;
  readonly value: number;
}

/** Reads the counters of a task's cgroups; zeros where the cgroup is gone. */
export function readCgroupStats(dirs: CgroupDirs): CgroupStats {
  return isUnified(dirs) ? readUnified(dirs['unified'] ?? '') : readV1(dirs);
}

/** "name value" lines as a record; a line that is not like that is skipped. */
export function parseFlatKeyed(text: string | undefined): Record<string, number> {
  return flatKeyed(text, Number);
}

function flatKeyed<T>(text: string | undefined, convert: (digits: string) => T): Record<string, T> {
  const found: Record<string, T> = {};
  for (const line of (text ?? '').split('\n')) {
    const match = /^(\S+) (\d+)$/.exec(line);
    if (match !== null) found[match[1] as string] = convert(match[2] as string);
  }
  return found;
}

function exact(digits: string): Count {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

function count(dir: string | undefined, file: string): number | undefined {
  const text = readCgroupFile(dir, file);
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

// Version 1 says "no limit" by a number near 2^63, rounded down to a page.
function limitV1(value: number | undefined): number | undefined {
  return value === undefined || value >= 2 ** 62 ? undefined : value;
}

function readUnified(dir: string): CgroupStats {
  const cpu = parseFlatKeyed(readCgroupFile(dir, 'cpu.stat'));
  const io = parseIoStat(readCgroupFile(dir, 'io.stat'));
  const events = parseFlatKeyed(readCgroupFile(dir, 'memory.events'));
  const micros = (name: string): number => (cpu[name] ?? 0) * 1000;
  return {
    cpu: {
      total: micros('usage_usec'),
      user: micros('user_usec'),
      system: micros('system_usec'),
      periods: cpu['nr_periods'] ?? 0,
      throttledPeriods: cpu['nr_throttled'] ?? 0,
      throttledTime: micros('throttled_usec'),
    },
    memory: {
      usage: count(dir, 'memory.current') ?? 0,
      maxUsage: count(dir, 'memory.peak'),
      limit: count(dir, 'memory.max'),
      failCount: events['oom'] ?? 0,
      stats: flatKeyed(readCgroupFile(dir, 'memory.stat'), exact),
    },
    pids: { current: count(dir, 'pids.current'), limit: count(dir, 'pids.max') },
    io,
    oomKills: events['oom_kill'] ?? 0,
  };
}

function readV1(dirs: CgroupDirs): CgroupStats {
  const throttling = parseFlatKeyed(readCgroupFile(dirs['cpu'], 'cpu.stat'));
  const ticks = parseFlatKeyed(readCgroupFile(dirs['cpuacct'], 'cpuacct.stat'));
  const perCpu = readCgroupFile(dirs['cpuacct'], 'cpuacct.usage_percpu')?.split(' ').map(Number);
  const nanosecondsPerTick = 10_000_000;
  return {
    cpu: {
      total: count(dirs['cpuacct'], 'cpuacct.usage') ?? 0,
      user: (ticks['user'] ?? 0) * nanosecondsPerTick,
      system: (ticks['system'] ?? 0) * nanosecondsPerTick,
      ...(perCpu === undefined ? {} : { perCpu }),
      periods: throttling['nr_periods'] ?? 0,
      throttledPeriods: throttling['nr_throttled'] ?? 0,
      throttledTime: throttling['throttled_time'] ?? 0,
    },
    memory: {
      usage: count(dirs['memory'], 'memory.usage_in_bytes') ?? 0,
      maxUsage: count(dirs['memory'], 'memory.max_usage_in_bytes'),
      limit: limitV1(count(dirs['memory'], 'memory.limit_in_bytes')),
      failCount: count(dirs['memory'], 'memory.failcnt'),
      stats: flatKeyed(readCgroupFile(dirs['memory'], 'memory.stat'), exact),
    },
    pids: { current: count(dirs['pids'], 'pids.current'), limit: count(dirs['pids'], 'pids.max') },
    io: { bytes: blkio(dirs, 'io_service_bytes'), operations: blkio(dirs, 'io_serviced') },
    oomKills: parseFlatKeyed(readCgroupFile(dirs['memory'], 'memory.oom_control'))['oom_kill'] ?? 0,
  };
}

// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6"
function parseIoStat(text: string | undefined): CgroupStats['io'] {
  const bytes: IoCount[] = [];
  const operations: IoCount[] = [];
  for (const line of (text ?? '').split('\n')) {
    const device = /^(\d+):(\d+) /.exec(line);
    if (device === null) continue;
    const add = (to: IoCount[], key: string, operation: string): void => {
      const value = new RegExp(`\\b${key}=(\\d+)`).exec(line)?.[1];
      if (value !== undefined) to.push({ major: Number(device[1]), minor: Number(device[2]), operation, value: Number(value) });
    };
    add(bytes, 'rbytes', 'read');
    add(bytes, 'wbytes', 'write');
    add(operations, 'rios', 'read');
    add(operations, 'wios', 'write');
  }
  return { bytes, operations };
}

// "8:0 Read 4096"; the throttling policy counts on every kernel, the recursive file includes cgroups below.
function blkio(dirs: CgroupDirs, name: string): IoCount[] {
  const text = readCgroupFile(dirs['blkio'], `blkio.throttle.${name}_recursive`) ?? readCgroupFile(dirs['blkio'], `blkio.throttle.${name}`) ?? '';
  return text.split('\n').flatMap((line) => {
    const match = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line);
    if (match === null) return [];
    return [{ major: Number(match[1]), minor: Number(match[2]), operation: (match[3] as string).toLowerCase(), value: Number(match[4]) }];
  });
}
