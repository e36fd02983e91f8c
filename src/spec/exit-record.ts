/**
 * What the shim leaves behind when a process ends: `exit.json` in the run directory, by temp file, rename and fsync,
 * before anyone is told (design §3). Times are nanoseconds since the epoch as decimal strings.
 */
export interface ExitRecord {
  readonly version: 1;
  /** Exit status 0…255; 128+signal when a signal ended it. */
  readonly code: number;
  /** The signal that ended it, or 0. */
  readonly signal: number;
  readonly pid: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** OOM kills that the cgroup counted during the task's life. */
  readonly oomKills: number;
  /** Bytes of output that could not be written to the log. */
  readonly droppedBytes: number;
  /** Peak memory of the cgroup in bytes, or 0 where unknown. */
  readonly memoryPeak: number;
  /** Forks that the pids limit of the cgroup refused. */
  readonly pidsRefused?: number;
  /** Share of the CPU periods in which the quota held the cgroup back, 0…1. */
  readonly throttled?: number;
}

/** Identity of a process that survives pid reuse: pid, start time in clock ticks since boot (/proc/PID/stat field 22), boot id. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: number;
  readonly bootId: string;
}
