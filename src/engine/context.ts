import type { KeyedLock } from '#base/keyed-lock.ts';
import type { TimerWheel } from '#base/timer-wheel.ts';
import type { HelperPool } from '#kernel/helper-pool.ts';
import type { ImageService } from '#images/types.ts';
import type { NetworkService } from '#network/types.ts';
import type { CompileInput, HostFacts } from '#runtime/types.ts';
import type { Plan } from '#runtime/plan.ts';
import type { SeccompSpec } from '#spec/runtime.ts';
import type { Snapshotter } from '#snapshots/types.ts';
import type { TaskService } from '#tasks/types.ts';
import type { VolumeService } from '#volumes/types.ts';
import type { RootMount } from '#spec/mount.ts';
import type { ContainerRegistry } from './registry.ts';
import type { Container } from './container.ts';
import type { ExecTable } from './exec-table.ts';
import type { EventsService } from './types.ts';
import type { EndRecords } from './why/ends.ts';

/** The root that a running process has: its overlay is mounted already and may not be mounted twice. */
export interface RunningRoot {
  readonly type: 'process';
  readonly pid: number;
}

/** A root that is looked into without being mounted anywhere on the host. Paths are confined to it. */
export interface RootFiles extends Disposable {
  /** At most `limit` bytes; undefined for what is missing or not a regular file. */
  read(path: string, limit: number): string | undefined;
  /** The path itself when it, or a directory on the way to it, is something else than a directory. */
  blocker(path: string): string | undefined;
  /** The first `limit` bytes of a regular file; undefined for anything else. */
  head(path: string, limit: number): Buffer | undefined;
}

/** What the engine's container code works with; made once by {@link createEngine}. */
export interface EngineContext {
  readonly registry: ContainerRegistry;
  readonly execs: ExecTable;
  readonly images: ImageService;
  readonly snapshots: Snapshotter;
  readonly networks: NetworkService;
  readonly volumes: VolumeService;
  readonly tasks: TaskService;
  readonly events: EventsService;
  readonly ends: EndRecords;
  readonly host: HostFacts;
  /** The host's name. */
  readonly hostname: string;
  /** Ours, as it is told to clients. */
  readonly version: string;
  readonly paths: {
    readonly dataRoot: string;
    readonly execRoot: string;
    /** Container directories: DATAROOT/containers. */
    readonly containers: string;
    /** The init program on the host for --init. */
    readonly init: string;
  };
  readonly cgroupParent: string;
  /** Where CDI specifications lie; later directories win. */
  readonly cdiSpecDirs: readonly string[];
  readonly compile: (input: CompileInput) => Plan;
  /** A Docker seccomp profile (JSON text, '' for the default one) for a container with these capabilities. */
  readonly seccomp: (capabilities: readonly string[], profile: string) => SeccompSpec | undefined;
  /** Helper processes in which containers' files are looked at (files/worker.ts). */
  readonly files: Pick<HelperPool, 'call' | 'open'>;
  readonly openRoot: (root: RootMount | RunningRoot) => RootFiles;
  readonly log: Log;
  /** One lock per container, held over its changes of state; by full id. */
  readonly locks: KeyedLock;
  /** For what comes again and again, as health checks do. */
  readonly timers: TimerWheel;
}

/** pino's shape, as far as it is used here. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Publishes a container event with Docker's attributes: labels, image, name, then `extra`. */
export function containerEvent(ctx: EngineContext, container: Container, action: string, extra: Readonly<Record<string, string>> = {}): void {
  const { config, id } = container.record;
  ctx.events.publish({ type: 'container', action, actor: { id, attributes: { ...config.Labels, ...extra, image: config.Image ?? '', name: container.name } } });
}

/** Publishes that a container joined or left a network. */
export function networkEvent(ctx: EngineContext, container: Container, action: 'connect' | 'disconnect', network: { id: string; name: string; driver: string }): void {
  ctx.events.publish({ type: 'network', action, actor: { id: network.id, attributes: { container: container.record.id, name: network.name, type: network.driver } } });
}

export function volumeEvent(ctx: EngineContext, action: string, name: string, extra: Readonly<Record<string, string>> = {}): void {
  ctx.events.publish({ type: 'volume', action, actor: { id: name, attributes: { driver: 'local', ...extra } } });
}
