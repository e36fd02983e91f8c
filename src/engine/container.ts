import type * as wire from '#api/schema.ts';
import type { ContainerId, Digest } from '#spec/ids.ts';
import type { ChainId } from '#spec/ids.ts';
import type { LogCompressor } from '#logs/compress.ts';
import type { Task } from '#tasks/types.ts';
import type { Endpoint } from '#network/types.ts';
import type { ContainerState } from './state.ts';
import type { Exec } from './exec.ts';
import type { SentSignal } from './why/verdict.ts';
import type { Health } from './health-state.ts';

/** One mount of a container as decided at create. `point` is what inspect shows. */
export interface ContainerMount {
  readonly point: wire.MountPoint;
  /** bind: `rbind` unless asked otherwise; volume: name of the volume; tmpfs: its mount options. */
  readonly recursive: boolean;
  /** Read-only of submounts as well (kernel 5.12), Docker's default since 25. */
  readonly readonlyRecursive: boolean;
  /** -v: a missing host source is made as a directory; --mount: it is an error. */
  readonly createSource: boolean;
  readonly anonymous: boolean;
  readonly noCopy: boolean;
  readonly subpath: string;
  readonly tmpfsOptions: readonly string[];
}

/** What is stored durably at create and survives everything. JSON. */
export interface ContainerRecord {
  readonly version: 1;
  readonly id: ContainerId;
  /** RFC 3339 with nanoseconds. */
  readonly created: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly imageId: Digest | '';
  readonly chainId: ChainId | undefined;
  readonly config: wire.ContainerConfig;
  readonly hostConfig: wire.HostConfig;
  readonly endpoints: Readonly<Record<string, wire.EndpointSettings>>;
  readonly mounts: readonly ContainerMount[];
  /** Limits of an update that were stored but maybe not written to the cgroups yet; the next daemon writes them. */
  readonly pendingLimits?: wire.Resources;
}

/** What changes while a container lives; written without waiting for the disk (shims and the kernel can tell it again). */
export interface ContainerRuntime {
  readonly state: ContainerState;
  readonly restartCount: number;
  /** Set by stop and kill, cleared by start: keeps `unless-stopped` containers down. */
  readonly manuallyStopped: boolean;
  readonly hasBeenStarted: boolean;
  /** Signals that the engine sent in the current (or last) run. */
  readonly sent?: readonly SentSignal[];
  /** Boot id of the host under which the current (or last) run began. */
  readonly bootId?: string;
  /** Since the first start of a container with a health check. Stored when its status changes, not with every probe. */
  readonly health?: Health;
}

/** An attach that waits for the container's start. */
export interface PendingAttach {
  connect(task: Task): Promise<void>;
  abandon(): void;
}

/** A container in memory. The only mutable object of the engine; changed by `lifecycle*.ts` only. */
export interface Container {
  /** Replaced as a whole by an update. */
  record: ContainerRecord;
  name: string;
  runtime: ContainerRuntime;
  task: Task | undefined;
  endpoint: Endpoint | undefined;
  /** Those that did not end, by id. */
  readonly execs: Map<string, Exec>;
  /** Ends the health checks of the present run; undefined while there are none. */
  probing: AbortController | undefined;
  readonly attaches: Set<PendingAttach>;
  /** Those who wait for the next exit; called once with the ending. */
  readonly exitWaiters: Set<(exit: { code: number; error: string }) => void>;
  readonly removeWaiters: Set<(exit: { code: number; error: string }) => void>;
  /** Aborts a restart that waits for its time. */
  restartTimer: NodeJS.Timeout | undefined;
  restartBackoffMs: number;
  /** Tells the exit handler not to apply the restart policy (stop, kill by user, rm -f). */
  stopping: boolean;
  /** Done when the exit of the last task was recorded and its leftovers are gone. */
  settled: Promise<void>;
  /** Compresses rotated log files; undefined where none are to be. */
  logCompressor: LogCompressor | undefined;
  detachKeys: string | undefined;
}

export function newContainer(record: ContainerRecord, name: string, runtime: ContainerRuntime): Container {
  return {
    record,
    name,
    runtime,
    task: undefined,
    endpoint: undefined,
    execs: new Map(),
    probing: undefined,
    attaches: new Set(),
    exitWaiters: new Set(),
    removeWaiters: new Set(),
    restartTimer: undefined,
    restartBackoffMs: 0,
    stopping: false,
    settled: Promise.resolve(),
    logCompressor: undefined,
    detachKeys: undefined,
  };
}
