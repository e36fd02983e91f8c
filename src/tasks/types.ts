import type { Duplex } from 'node:stream';
import type { ExitRecord, ProcessIdentity } from '#spec/exit-record.ts';
import type { CgroupDirs } from '#kernel/cgroup.ts';
import type { Plan } from '#runtime/plan.ts';

/**
 * A task is a container's running half: a shim, its process and its execs. One state machine and one mailbox per task
 * order events (start before die) by construction.
 *
 *   creating ──► created ──► running ◄──► paused
 *      │            │           │            │
 *      └────────────┴─────► exited ◄─────────┘     ("unknown": the shim died without leaving a record)
 */
export type TaskState =
  | { readonly status: 'creating' }
  | { readonly status: 'created'; readonly process: ProcessIdentity }
  | { readonly status: 'running'; readonly process: ProcessIdentity; readonly startedAt: bigint }
  | { readonly status: 'paused'; readonly process: ProcessIdentity; readonly startedAt: bigint }
  | { readonly status: 'exited'; readonly exit: ExitRecord }
  | { readonly status: 'unknown'; readonly reason: string };

/** Output and input of a process. `mux`: Docker's 8-byte framed stdout/stderr (false for terminals: raw bytes). */
export interface TaskStream {
  /** Readable side: output of the process as framed by the shim. Writable side: stdin; `end()` closes stdin. */
  readonly duplex: Duplex;
  readonly mux: boolean;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export interface ExecStart {
  readonly execId: string;
  readonly plan: Plan;
  /** Streams wanted by the starter; undefined: detached. */
  readonly attach?: AttachOptions;
}

/** A running exec. */
export interface TaskExec {
  readonly execId: string;
  readonly pid: number;
  /** With the pid: its identity. Clock ticks since boot. */
  readonly startTime: number;
  readonly stream?: TaskStream;
  readonly exited: Promise<ExitRecord>;
}

export interface Task {
  readonly id: string;
  /** Its cgroup directories, for counters and limits; none are left of an ended task. */
  readonly cgroups: CgroupDirs;
  readonly state: TaskState;
  /** Lets the created process go on to exec. Rejects with the plan's failure in words when exec itself fails. */
  start(): Promise<void>;
  attach(options: AttachOptions): Promise<TaskStream>;
  exec(start: ExecStart): Promise<TaskExec>;
  /** Signals the init (or every process of the task). */
  signal(signal: number, all?: boolean): Promise<void>;
  signalExec(execId: string, signal: number): Promise<void>;
  resize(rows: number, cols: number, execId?: string): Promise<void>;
  closeStdin(execId?: string): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  pids(): Promise<number[]>;
  /** Settles once, when the exit record is durable; 'unknown' ends resolve with a record of code 255. */
  readonly exited: Promise<ExitRecord>;
}

export interface TaskCreate {
  readonly id: string;
  readonly plan: Plan;
  /** The plan as the shim gets it (runtime/codec.ts). */
  readonly encoded: Uint8Array;
  /** cgroup directories of the task, for pids, pause and stats. */
  readonly cgroups: Readonly<Record<string, string>>;
}

export interface TaskService {
  /** Starts a shim with the plan; resolves when the process is created and waits before exec. Rejects with the failing step in words. */
  create(task: TaskCreate): Promise<Task>;
  get(id: string): Task | undefined;
  /** Removes the run directory, cgroups and whatever is left of an ended task. Idempotent. */
  delete(id: string): Promise<void>;
  /** Finds shims of earlier daemons by their run directories; resolves when each is adopted, collected or declared unknown. */
  adopt(): Promise<readonly Task[]>;
}
