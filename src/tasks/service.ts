import { existsSync, mkdirSync, readdirSync, rmSync, rmdirSync, unlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { BerthError, errnoOf, fail } from '#base/errors.ts';
import { replaceFile } from '#base/durable-file.ts';
import { failpoint } from '#base/failpoints.ts';
import { isFrozen, killAll, removeCgroups } from '#kernel/cgroup.ts';
import type { CgroupDirs } from '#kernel/cgroup.ts';
import { errnoName, errnoText } from '#kernel/errno.ts';
import { bootId, isRunning } from '#kernel/procfs.ts';
import { planError } from '#runtime/failure.ts';
import type { Plan } from '#runtime/plan.ts';
import { ShimConnection, ShimFailure, connectShim } from './connection.ts';
import { endedTask } from './ended-task.ts';
import * as protocol from './protocol.ts';
import { dropExecRecords, readRunDirectory } from './records.ts';
import type { Intent, RunDirectory } from './records.ts';
import { ShimTask, unknownExit } from './shim-task.ts';
import type { Task, TaskCreate, TaskService, TaskState } from './types.ts';

export interface TaskServiceOptions {
  /** Directory of the run directories, EXECROOT/tasks. */
  readonly root: string;
  /** Starts a shim in a run directory; returns our end of its fd 3. */
  readonly launch: (directory: string) => Socket;
}

export function createTaskService(options: TaskServiceOptions): TaskService {
  mkdirSync(options.root, { recursive: true, mode: 0o711 });
  return new ShimTaskService(options);
}

class ShimTaskService implements TaskService {
  readonly #options: TaskServiceOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #intents = new Map<string, Intent>();
  readonly #bootId: string = bootId();

  constructor(options: TaskServiceOptions) {
    this.#options = options;
  }

  get(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  async create({ id, plan, encoded, cgroups }: TaskCreate): Promise<Task> {
    const directory = this.#directory(id);
    if (existsSync(directory)) await this.delete(id);
    mkdirSync(directory, { mode: 0o700 });
    const terminal = plan.ops.some((op) => op.kind === 'stdio' && op.terminal);
    const intent: Intent = { version: 1, id, bootId: this.#bootId, terminal, cgroups };
    replaceFile(`${directory}/intent.json`, JSON.stringify(intent));
    failpoint('tasks.create.after-intent');
    this.#intents.set(id, intent);
    try {
      return await this.#launch(intent, directory, plan, encoded);
    } catch (error) {
      await this.delete(id);
      throw error instanceof ShimFailure ? this.#describe(plan, error) : error;
    }
  }

  async #launch(intent: Intent, directory: string, plan: Plan, encoded: Uint8Array): Promise<Task> {
    const connection = new ShimConnection(this.#options.launch(directory));
    failpoint('tasks.create.after-spawn');
    // One write, so that the shim wakes up once. When the shim goes away, the last request tells it.
    const created = connection.cork(() => {
      connection.request(protocol.helloRequest).catch(() => undefined);
      connection.request(protocol.eventsRequest).catch(() => undefined);
      return connection.request((tag) => protocol.createRequest(tag, encoded));
    });
    const answer = protocol.parseJson(await created) as protocol.CreatedAnswer;
    failpoint('tasks.create.after-created');
    const task = new ShimTask({
      id: intent.id,
      directory,
      cgroups: intent.cgroups,
      terminal: intent.terminal,
      connection,
      state: { status: 'created', process: { pid: answer.pid, startTime: answer.startTime, bootId: this.#bootId } },
      describe: (failed, error) => this.#describe(failed, error),
      plan,
      bootId: this.#bootId,
    });
    this.#tasks.set(intent.id, task);
    return task;
  }

  #describe(plan: Plan | undefined, { failure }: ShimFailure): BerthError {
    if (plan !== undefined && failure.step >= 0) return planError(failure, plan);
    const errno = errnoName(failure.errno);
    const kind = errno === 'ENOENT' || errno === 'ESRCH' ? 'notFound' : 'internal';
    return new BerthError(kind, `${failure.detail === '' ? 'asking the shim' : failure.detail}: ${errnoText(errno)}`, { data: { errno } });
  }

  async delete(id: string): Promise<void> {
    const directory = this.#directory(id);
    const task = this.#tasks.get(id);
    const cgroups = this.#intents.get(id)?.cgroups ?? readRunDirectory(directory).intent?.cgroups ?? {};
    if (task instanceof ShimTask && task.state.status !== 'exited') await task.destroy();
    this.#tasks.delete(id);
    this.#intents.delete(id);
    failpoint('tasks.delete.before-cgroups');
    await destroyCgroups(cgroups);
    failpoint('tasks.delete.before-directory');
    removeRunDirectory(directory);
  }

  async adopt(): Promise<readonly Task[]> {
    const ids = readdirSync(this.#options.root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const tasks = await Promise.all(ids.filter((id) => !this.#tasks.has(id)).map((id) => this.#adoptOne(id)));
    return tasks.filter((task) => task !== undefined);
  }

  /** undefined: nothing was ever created there (removed). */
  async #adoptOne(id: string): Promise<Task | undefined> {
    const directory = this.#directory(id);
    const found = readRunDirectory(directory);
    if (found.intent === undefined) {
      removeRunDirectory(directory);
      return undefined;
    }
    this.#intents.set(id, found.intent);
    const task = (await this.#adoptLive(id, directory, found)) ?? (await this.#adoptDead(id, directory, found));
    if (task !== undefined) this.#tasks.set(id, task);
    else await this.delete(id);
    return task;
  }

  async #adoptLive(id: string, directory: string, found: RunDirectory): Promise<Task | undefined> {
    if (found.exit !== undefined) return undefined;
    if (found.shim !== undefined && !(found.shim.bootId === this.#bootId && isRunning(found.shim))) return undefined;
    let connection: ShimConnection;
    try {
      connection = await connectShim(directory);
    } catch (error) {
      // A shim that was just started has no socket yet; its daemon's death on fd 3 ends it before it makes anything.
      if (error instanceof BerthError) return undefined;
      throw error;
    }
    try {
      await connection.request(protocol.helloRequest);
      const state = protocol.parseJson(await connection.request(protocol.stateRequest)) as protocol.ShimState;
      const taskState = adoptedState(state, this.#bootId, found.intent?.cgroups ?? {});
      if (taskState === undefined) {
        await connection.request(protocol.deleteRequest).catch(() => undefined);
        connection.close();
        return undefined;
      }
      const task = new ShimTask({
        id, directory, cgroups: found.intent?.cgroups ?? {}, terminal: found.intent?.terminal ?? false, connection, state: taskState, plan: undefined, bootId: this.#bootId,
        describe: (failed, error) => this.#describe(failed, error),
      });
      await connection.request(protocol.eventsRequest);
      dropExecRecords(directory);
      return task;
    } catch (error) {
      connection.close();
      if (error instanceof ShimFailure || error instanceof BerthError) return undefined;
      throw error;
    }
  }

  async #adoptDead(id: string, directory: string, found: RunDirectory): Promise<Task | undefined> {
    const exit = readRunDirectory(directory).exit;
    if (exit !== undefined) return endedTask(id, exit, undefined);
    // No shim is left to supervise: what still runs would have no log and no exit code, so it ends here.
    await destroyCgroups(found.intent?.cgroups ?? {});
    if (found.init === undefined) return undefined;
    const rebooted = found.shim !== undefined && found.shim.bootId !== this.#bootId;
    return endedTask(id, unknownExit(undefined), rebooted ? 'the host was restarted' : 'the shim died without leaving an exit record');
  }

  #directory(id: string): string {
    return `${this.#options.root}/${id}`;
  }
}

function adoptedState(state: protocol.ShimState, boot: string, cgroups: Intent['cgroups']): TaskState | undefined {
  const process = { pid: state.pid, startTime: state.startTime, bootId: boot };
  if (state.status === 'created') return { status: 'created', process };
  if (state.status !== 'running' && state.status !== 'starting' && state.status !== 'exited') return undefined;
  const startedAt = BigInt(state.startedAt === '' ? 0 : state.startedAt);
  return { status: isFrozen(cgroups) ? 'paused' : 'running', process, startedAt };
}

async function destroyCgroups(cgroups: CgroupDirs): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  await killAll(cgroups, signal);
  await removeCgroups(cgroups, signal);
}

/** Removes a run directory whose shim may just be unlinking its own files, which makes fs.rm give up in the middle. */
function removeRunDirectory(directory: string): void {
  for (let tries = 0; tries < 100; tries++) {
    try {
      for (const entry of readdirSync(directory, { withFileTypes: true })) removeEntry(`${directory}/${entry.name}`, entry.isDirectory());
      rmdirSync(directory);
      return;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' && !existsSync(directory)) return;
      if (errno !== 'ENOENT' && errno !== 'ENOTEMPTY') throw error;
    }
  }
  fail('conflict', `removing ${directory}: files keep coming into it`);
}

// Plain unlink: the general recursive removal of node:fs takes several times as long.
function removeEntry(path: string, isDirectory: boolean): void {
  if (isDirectory) rmSync(path, { recursive: true, force: true });
  else unlinkSync(path);
}
