import type { Duplex, Readable } from 'node:stream';
import type * as wire from '#api/schema.ts';
import type { ExtractOptions } from './archive.ts';
import type { CommitOptions } from './commit.ts';
import type { PathStat } from './files/types.ts';

/**
 * The engine: one service per noun, called by the server with documents as the API defines them (`wire`), which are also
 * what is stored. Nothing in here knows HTTP. Errors are BerthErrors with Docker's texts.
 */
export interface Engine {
  readonly containers: ContainersService;
  readonly execs: ExecsService;
  readonly images: ImagesService;
  readonly networks: NetworksService;
  readonly volumes: VolumesService;
  readonly events: EventsService;
  readonly system: SystemService;
}

/** A client's side of a hijacked connection. `duplex` is the raw connection after the 101/200 answer. */
export interface AttachRequest {
  readonly stream: boolean;
  readonly logs: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly detachKeys?: string;
  /** Called when the engine accepted; answers 101 (or 200) with `raw-stream` or `multiplexed-stream` and returns the connection. */
  accept(kind: 'raw' | 'multiplexed'): Promise<Duplex>;
}

export interface ContainersService {
  create(request: { name?: string; platform?: string; body: wire.ContainerCreateBody }): Promise<wire.ContainerCreateResponse>;
  start(reference: string, options?: { detachKeys?: string }): Promise<void>;
  stop(reference: string, options: { signal?: string; timeout?: number }): Promise<void>;
  restart(reference: string, options: { signal?: string; timeout?: number }): Promise<void>;
  kill(reference: string, signal?: string): Promise<void>;
  remove(reference: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
  pause(reference: string): Promise<void>;
  unpause(reference: string): Promise<void>;
  rename(reference: string, name: string): Promise<void>;
  resize(reference: string, rows: number, cols: number): Promise<void>;
  /** Resolves at once when the condition already holds. condition: not-running | next-exit | removed. */
  wait(reference: string, condition: string, signal: AbortSignal): Promise<{ accepted: Promise<void>; result: Promise<wire.ContainerWaitResponse> }>;
  attach(reference: string, request: AttachRequest): Promise<void>;
  /** Log lines, framed as Docker does (`multiplexed`) or raw for terminals. A piece lasts until the next one is asked for. */
  logs(reference: string, options: LogsRequest): Promise<{ multiplexed: boolean; body: AsyncIterable<Buffer> }>;
  inspect(reference: string, options?: { size?: boolean }): Promise<wire.ContainerInspect>;
  list(options: { all: boolean; limit?: number; size: boolean; filters: Filters }): Promise<readonly wire.ContainerSummary[]>;
  /** What is at a path in a container (HEAD archive). */
  statPath(reference: string, path: string, signal: AbortSignal): Promise<PathStat>;
  /** A tar of what is at a path. */
  readArchive(reference: string, path: string, signal: AbortSignal): Promise<{ stat: PathStat; body: Readable }>;
  /** Unpacks a tar into a directory. */
  extractArchive(reference: string, options: ExtractOptions, input: () => Readable): Promise<void>;
  /** The whole root as a tar, without volumes. */
  export(reference: string, signal: AbortSignal): Promise<Readable>;
  changes(reference: string, signal: AbortSignal): Promise<readonly wire.FilesystemChange[] | null>;
  commit(reference: string, options: CommitOptions): Promise<wire.CommitResponse>;
  top(reference: string, psArgs?: string): Promise<wire.ContainerTop>;
  /** One sample, or one a second until the signal or the container's removal. Throws before the first for what can't be read. */
  stats(reference: string, request: StatsRequest): AsyncIterable<wire.StatsResponse>;
  /** Changes limits and restart policy. */
  update(reference: string, body: wire.ContainerUpdateBody): Promise<wire.ContainerUpdateResponse>;
  /** Removes all containers that have no process. */
  prune(options: { filters: Filters }): Promise<wire.ContainersPruneResponse>;
  /** The plan: of a create body without running it, or the recorded one of a container. (Berth's own endpoints.) */
  explain(request: { body: wire.ContainerCreateBody; name?: string }): Promise<wire.Explanation>;
  plan(reference: string): Promise<wire.Explanation>;
  /** Why it ended, run by run. (Berth's own endpoint.) */
  why(reference: string): Promise<wire.Why>;
}

export interface LogsRequest {
  readonly follow: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly since?: bigint; // nanoseconds since the epoch
  readonly until?: bigint;
  readonly timestamps: boolean;
  readonly details: boolean;
  readonly tail: number; // -1: all
  readonly joinFrames: boolean; // a frame may hold several lines
  readonly signal: AbortSignal;
}

export interface StatsRequest {
  readonly stream: boolean;
  /** Without the second sample that rates need. */
  readonly oneShot: boolean;
  readonly signal: AbortSignal;
}

/** Docker's filters: name → values, already decoded from both wire forms. */
export type Filters = ReadonlyMap<string, readonly string[]>;

export interface ExecsService {
  create(containerReference: string, body: wire.ExecCreateBody): Promise<{ Id: string }>;
  /** Detached when `attach` is undefined. Settles when the process started (detached) or when the stream ended. */
  start(execId: string, options: { detach: boolean; tty: boolean; consoleSize?: readonly [number, number] }, accept?: AttachRequest['accept']): Promise<void>;
  inspect(execId: string): Promise<wire.ExecInspect>;
  resize(execId: string, rows: number, cols: number): Promise<void>;
  /** Sessions of one container, or of all; `all`: ended ones that are still known as well. (Berth's own endpoints, as `kill` is.) */
  list(containerReference: string | undefined, options: { all: boolean }): Promise<readonly wire.ExecSession[]>;
  /** Signals every process of the session. The id may be a unique prefix. */
  kill(execId: string, signal?: string): Promise<void>;
}

export interface ImagesService {
  list(options: { all: boolean; filters: Filters; digests: boolean; sharedSize: boolean }): Promise<readonly wire.ImageSummary[]>;
  inspect(reference: string): Promise<wire.ImageInspect>;
  history(reference: string): Promise<readonly wire.ImageHistoryItem[]>;
  load(archive: Readable, options: { quiet: boolean; platform?: string; signal: AbortSignal }, progress: (line: object) => void): Promise<void>;
  /** fromSrc=- : one flat root tar. */
  import(tar: Readable, options: { repo: string; tag: string; message: string; changes: readonly string[]; platform?: string; signal: AbortSignal }, progress: (line: object) => void): Promise<void>;
  save(references: readonly string[]): Promise<Readable>;
  tag(reference: string, repo: string, tag: string): Promise<void>;
  remove(reference: string, options: { force: boolean; noprune: boolean }): Promise<readonly wire.ImageDeleteItem[]>;
}

export interface NetworksService {
  list(options: { filters: Filters }): Promise<readonly wire.NetworkInspect[]>;
  inspect(reference: string): Promise<wire.NetworkInspect>;
}

export interface VolumesService {
  inspect(name: string): Promise<wire.Volume>;
}

export interface EventsService {
  publish(event: { type: string; action: string; actor: { id: string; attributes: Record<string, string> } }): void;
  /** Past events in [since, until], then live ones until the signal or `until`. */
  subscribe(options: { since?: bigint; until?: bigint; filters: Filters; signal: AbortSignal }): AsyncIterable<wire.EventMessage>;
}

export interface SystemService {
  ping(): { apiVersion: string; osType: string };
  version(): Promise<wire.SystemVersion>;
  info(): Promise<wire.SystemInfo>;
  diskUsage(): Promise<wire.DiskUsage>;
}
