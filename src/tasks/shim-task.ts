import { fail, isKind, type BerthError } from '#base/errors.ts';
import { nowNs } from '#base/clock.ts';
import { cgroupPids, freeze, isFrozen, thaw } from '#kernel/cgroup.ts';
import type { CgroupDirs } from '#kernel/cgroup.ts';
import { encodePlan } from '#runtime/codec.ts';
import type { ExitRecord, ProcessIdentity } from '#spec/exit-record.ts';
import type { Plan } from '#runtime/plan.ts';
import { connectShim } from './connection.ts';
import type { ShimConnection } from './connection.ts';
import { ShimFailure } from './connection.ts';
import * as protocol from './protocol.ts';
import { dropExecRecord, readExit } from './records.ts';
import type { AttachOptions, ExecStart, Task, TaskExec, TaskState, TaskStream } from './types.ts';

export interface ShimTaskOptions {
  readonly id: string;
  readonly directory: string;
  readonly cgroups: CgroupDirs;
  readonly terminal: boolean;
  readonly connection: ShimConnection;
  readonly state: TaskState;
  /** A failed step in words. */
  readonly describe: (plan: Plan | undefined, failure: ShimFailure) => BerthError;
  readonly plan: Plan | undefined;
  readonly bootId: string;
}

const SIGKILL = 9;

/** A task whose shim is alive (or was when we looked). Only the shim's answers and events change its state. */
export class ShimTask implements Task {
  readonly id: string;
  readonly exited: Promise<ExitRecord>;
  readonly #options: ShimTaskOptions;
  readonly #settle: (record: ExitRecord) => void;
  readonly #execs = new Map<string, { settle(record: ExitRecord): void; terminal: boolean }>();
  #state: TaskState;
  /** While a start is under way, an exit waits for its end: start before die. */
  #starting: Promise<unknown> | undefined;
  #finished = false;

  constructor(options: ShimTaskOptions) {
    this.id = options.id;
    this.#options = options;
    this.#state = options.state;
    const { promise, resolve } = Promise.withResolvers<ExitRecord>();
    this.exited = promise;
    this.#settle = resolve;
    options.connection.onEvent = (event): void => this.#onEvent(event);
    options.connection.onClose = (): void => this.#onShimGone();
  }

  get state(): TaskState {
    return this.#state;
  }

  get cgroups(): CgroupDirs {
    return this.#options.cgroups;
  }

  get terminal(): boolean {
    return this.#options.terminal;
  }

  async start(): Promise<void> {
    const state = this.#state;
    if (state.status !== 'created') fail('conflict', `starting task ${this.id}: it is ${state.status}`);
    const { connection, describe, plan } = this.#options;
    const answer = connection.request(protocol.startRequest).catch((error: unknown) => {
      throw error instanceof ShimFailure ? describe(plan, error) : error;
    });
    this.#starting = answer.catch(() => undefined);
    const { startedAt } = protocol.parseJson(await answer) as protocol.StartedAnswer;
    // The exit of a short process may have been recorded meanwhile; it is held back until this is told.
    if (this.#state.status === 'created') this.#state = { status: 'running', process: state.process, startedAt: BigInt(startedAt) };
    this.#starting = undefined;
  }

  async attach(options: AttachOptions): Promise<TaskStream> {
    return { duplex: await this.#openStream((tag) => protocol.attachRequest(tag, '', attachFlags(options))), mux: !this.#options.terminal };
  }

  async #openStream(build: (tag: number) => Buffer): Promise<TaskStream['duplex']> {
    const connection = await connectShim(this.#options.directory);
    try {
      await connection.request(build, true);
      return connection.stream();
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async exec({ execId, plan, attach }: ExecStart): Promise<TaskExec> {
    const terminal = plan.ops.some((op) => op.kind === 'stdio' && op.terminal);
    const { promise: exited, resolve: settle } = Promise.withResolvers<ExitRecord>();
    this.#execs.set(execId, { settle, terminal });
    const bytes = encodePlan(plan.ops);
    try {
      if (attach === undefined) {
        const answer = await this.#options.connection.request((tag) => protocol.execRequest(tag, execId, bytes, 0));
        const { pid, startTime } = protocol.parseJson(answer) as protocol.CreatedAnswer;
        return { execId, pid, startTime, exited };
      }
      const connection = await connectShim(this.#options.directory);
      try {
        const answer = await connection.request((tag) => protocol.execRequest(tag, execId, bytes, attachFlags(attach)), true);
        const { pid, startTime } = protocol.parseJson(answer) as protocol.CreatedAnswer;
        return { execId, pid, startTime, stream: { duplex: connection.stream(), mux: !terminal }, exited };
      } catch (error) {
        connection.close();
        throw error;
      }
    } catch (error) {
      this.#execs.delete(execId);
      throw error instanceof ShimFailure ? this.#options.describe(plan, error) : error;
    }
  }

  async signal(signal: number, all: boolean = false): Promise<void> {
    await this.#request((tag) => protocol.signalRequest(tag, '', signal, all));
    // A frozen process of cgroup v1 takes even SIGKILL only when it is thawed.
    if (signal === SIGKILL && this.#state.status === 'paused') await this.resume();
  }

  async signalExec(execId: string, signal: number): Promise<void> {
    await this.#request((tag) => protocol.signalRequest(tag, execId, signal, false));
  }

  async resize(rows: number, cols: number, execId: string = ''): Promise<void> {
    await this.#request((tag) => protocol.resizeRequest(tag, execId, rows, cols));
  }

  async closeStdin(execId: string = ''): Promise<void> {
    await this.#request((tag) => protocol.closeStdinRequest(tag, execId));
  }

  async #request(build: (tag: number) => Buffer): Promise<void> {
    try {
      await this.#options.connection.request(build);
    } catch (error) {
      if (!(error instanceof ShimFailure)) throw error;
      throw this.#options.describe(undefined, error);
    }
  }

  async pause(): Promise<void> {
    if (this.#state.status !== 'running') fail('conflict', `pausing task ${this.id}: it is ${this.#state.status}`);
    await freeze(this.#options.cgroups, AbortSignal.timeout(10_000));
    if (this.#state.status === 'running') this.#state = { ...this.#state, status: 'paused' };
  }

  resume(): Promise<void> {
    if (this.#state.status !== 'paused') fail('conflict', `resuming task ${this.id}: it is ${this.#state.status}`);
    thaw(this.#options.cgroups);
    this.#state = { ...this.#state, status: 'running' };
    return Promise.resolve();
  }

  pids(): Promise<number[]> {
    return Promise.resolve(cgroupPids(this.#options.cgroups));
  }

  /** Ends the shim and what is left of the task. Resolves when the shim answered or is gone. */
  async destroy(): Promise<void> {
    if (this.#finished) return;
    if (isFrozen(this.#options.cgroups)) thaw(this.#options.cgroups);
    await this.#options.connection.request(protocol.deleteRequest).catch((error: unknown) => {
      if (!(error instanceof ShimFailure) && !isKind(error, 'unavailable')) throw error;
    });
  }

  #onEvent(event: protocol.ShimEvent): void {
    if (event.type === 'exit') this.#finish(event, undefined);
    else if (event.type === 'exec-exit') {
      this.#finishExec(event.execId, event);
      // Told and taken up: nobody will ask for it again, and a run may see a hundred thousand of them.
      dropExecRecord(this.#options.directory, event.execId);
    }
  }

  #onShimGone(): void {
    if (this.#finished) return;
    const record = readExit(`${this.#options.directory}/exit.json`);
    if (record !== undefined) this.#finish(record, undefined);
    else this.#finish(unknownExit(processOf(this.#state)), 'the shim died without leaving an exit record');
  }

  #finish(record: ExitRecord, reason: string | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    const tell = (): void => {
      this.#state = reason === undefined ? { status: 'exited', exit: record } : { status: 'unknown', reason };
      for (const execId of this.#execs.keys()) {
        this.#finishExec(execId, readExit(`${this.#options.directory}/execs/${execId}.json`) ?? { ...record, code: 128 + SIGKILL, signal: SIGKILL });
      }
      this.#settle(record);
      this.#options.connection.close();
    };
    if (this.#starting === undefined) tell();
    else void this.#starting.then(() => setImmediate(tell));
  }

  #finishExec(execId: string, record: ExitRecord): void {
    this.#execs.get(execId)?.settle(record);
    this.#execs.delete(execId);
  }
}

function attachFlags(options: AttachOptions): number {
  return (options.stdin ? protocol.ATTACH_STDIN : 0) | (options.stdout ? protocol.ATTACH_STDOUT : 0) | (options.stderr ? protocol.ATTACH_STDERR : 0);
}

export function processOf(state: TaskState): ProcessIdentity | undefined {
  return 'process' in state ? state.process : undefined;
}

/** The record of a task of which nobody knows how it ended: code 255, as Docker has it after a reboot. */
export function unknownExit(process: ProcessIdentity | undefined): ExitRecord {
  const now = nowNs().toString();
  return { version: 1, code: 255, signal: 0, pid: process?.pid ?? 0, startedAt: '0', finishedAt: now, oomKills: 0, droppedBytes: 0, memoryPeak: 0 };
}
