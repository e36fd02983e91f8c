import { BerthError, fail, messageOf } from '#base/errors.ts';
import { formatTime } from '#base/clock.ts';
import { failpoint, racepoint } from '#base/failpoints.ts';
import { LogCompressor } from '#logs/compress.ts';
import { encodePlan } from '#runtime/codec.ts';
import type { Task } from '#tasks/types.ts';
import type { Endpoint } from '#network/types.ts';
import type { Container, ContainerRecord } from './container.ts';
import { recordEdits, runLateHooks } from './cdi-start.ts';
import { containerDirectory, logPath } from './create.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { announceJoin, announceLeave, joinNetwork, leaveNetwork } from './endpoints.ts';
import { etcPaths, writeEtcFiles } from './etc-files.ts';
import type { EtcFiles } from './etc-files.ts';
import { onExit, tellWaiters } from './exit.ts';
import { watchHealth } from './health.ts';
import { healthSettings, startingHealth } from './health-state.ts';
import { announceMounts, announceUnmounts } from './mount-events.ts';
import { logSettings } from './log-config.ts';
import { prepareStart } from './prepare-start.ts';
import { removeLocked } from './remove.ts';
import { dropShm, makeShm } from './shm.ts';
import { startFailure } from './start-failure.ts';
import { endingOf, move } from './state.ts';
import { noteStartFailure } from './why/gather.ts';

/** Who starts a container: a request, the restart policy after an exit, or the daemon when it begins. */
export type StartedBy = 'user' | 'policy' | 'daemon';

/**
 * Starts a container. notModified when it runs already or, for a user, when it waits for its restart. A start by policy that
 * fails leaves it as its last run did. The caller holds its lock.
 */
export async function startLocked(ctx: EngineContext, container: Container, by: StartedBy = 'user'): Promise<void> {
  const { state } = container.runtime;
  if (state.status === 'paused') fail('conflict', 'cannot start a paused container, try unpause instead');
  if (state.status === 'running' || (state.status === 'restarting' && by === 'user')) fail('notModified', 'container is already running');
  if (state.status === 'removing' || state.status === 'dead') fail('conflict', 'container is marked for removal and cannot be started');
  await container.settled;
  if (by !== 'policy') {
    ctx.registry.note(container, { restartCount: 0 });
    container.restartBackoffMs = 0;
  }
  try {
    await launch(ctx, container);
  } catch (error) {
    const failure = startFailure(error);
    abandonAttaches(container);
    const ending = endingOf(container.runtime.state);
    const exitCode = by === 'policy' ? ending.exitCode : failure.exitCode;
    ctx.registry.update(container, { state: move(container.runtime.state, { ...ending, status: failedStatus(container), exitCode, error: failure.text }) });
    noteStartFailure(ctx, container, error, failure.text);
    if (by === 'policy') tellWaiters(container, ending);
    if (container.record.hostConfig.AutoRemove === true) await removeLocked(ctx, container, { volumes: true });
    throw new BerthError(failure.kind, failure.text, { cause: error });
  }
}

function failedStatus(container: Container): 'created' | 'exited' {
  return container.runtime.state.status === 'created' ? 'created' : 'exited';
}

async function launch(ctx: EngineContext, container: Container): Promise<void> {
  const { record } = container;
  await using undo = new AsyncDisposableStack();
  announceMounts(ctx, container);
  undo.defer(() => announceUnmounts(ctx, container));
  const endpoint = joinNetwork(ctx, container);
  container.endpoint = endpoint;
  if (endpoint !== undefined) {
    undo.defer(() => {
      announceLeave(ctx, container);
      return leaveNetwork(ctx, container, endpoint);
    });
  }
  failpoint('engine.start.after-join');
  const { effective, files } = placeFiles(ctx, record, endpoint);
  makeShm(ctx, record);
  undo.defer(() => dropShm(ctx, record));
  const edits = await recordEdits(ctx, record);
  const { plan, cgroups } = prepareStart(ctx, effective, endpoint, files, { make: true, edits });
  for (const warning of plan.warnings) ctx.log.warn({ container: record.id }, warning);
  const encoded = encodePlan(plan.ops);
  ctx.registry.savePlan(record.id, encoded, plan.warnings);
  failpoint('engine.start.after-plan');
  const task = await ctx.tasks.create({ id: record.id, plan, encoded, cgroups });
  undo.defer(() => abandonTask(ctx, record.id));
  failpoint('engine.start.after-create');
  announceJoin(ctx, container);
  await racepoint('engine.start.racing');
  for (const attach of container.attaches) await attach.connect(task);
  container.attaches.clear();
  await task.start();
  failpoint('engine.start.after-start');
  undo.move();
  becomeRunning(ctx, container, task);
  await runLateHooks(ctx, container, 'poststart');
}

/** Its own failure is logged: the caller is told why the start failed. The next start or daemon removes what is left. */
async function abandonTask(ctx: EngineContext, id: string): Promise<void> {
  await ctx.tasks.delete(id).catch((error: unknown) => ctx.log.error({ container: id, err: error }, `removing a task that did not start: ${messageOf(error)}`));
}

/** Writes the generated files; a container in another's network takes that one's files and host name. */
function placeFiles(ctx: EngineContext, record: ContainerRecord, endpoint: Endpoint | undefined): { effective: ContainerRecord; files: EtcFiles } {
  const target = /^container:(.+)$/.exec(record.hostConfig.NetworkMode ?? '')?.[1];
  const other = target === undefined ? undefined : ctx.registry.find(target)?.record;
  if (other === undefined) return { effective: record, files: writeEtcFiles(containerDirectory(ctx, record.id), record, endpoint) };
  const { Hostname, Domainname } = other.config;
  return { effective: { ...record, config: { ...record.config, Hostname, Domainname } }, files: etcPaths(containerDirectory(ctx, other.id)) };
}

/** Takes a started task as the container's: from here on only its exit ends it. */
export function becomeRunning(ctx: EngineContext, container: Container, task: Task): void {
  const { state } = task;
  container.task = task;
  container.stopping = false;
  const process = 'process' in state ? state.process.pid : 0;
  const startedAt = formatTime('startedAt' in state ? state.startedAt : 0n);
  const health = healthSettings(container.record.config) === undefined ? {} : { health: startingHealth(container.runtime.health) };
  ctx.registry.update(container, { state: move(container.runtime.state, { status: 'running', pid: process, startedAt }), manuallyStopped: false, hasBeenStarted: true, sent: [], bootId: 'process' in state ? state.process.bootId : undefined, ...health });
  watchHealth(ctx, container);
  containerEvent(ctx, container, 'start');
  watch(ctx, container, task);
}

/** Handles the task's end whenever it comes, and until then the log files that it leaves behind. */
export function watch(ctx: EngineContext, container: Container, task: Task): void {
  compressLogs(ctx, container);
  void task.exited.then((exit) => onExit(ctx, container, task, exit, startLocked)).catch((error: unknown) => ctx.log.error({ container: container.record.id, err: error }, `handling an exit: ${messageOf(error)}`));
}

function compressLogs(ctx: EngineContext, container: Container): void {
  const { id, hostConfig } = container.record;
  const settings = logSettings(hostConfig.LogConfig ?? {});
  if (settings?.compress !== true) return;
  const onError = (error: unknown): void => ctx.log.error({ container: id, err: error }, `compressing a log file: ${messageOf(error)}`);
  container.logCompressor ??= new LogCompressor(logPath(ctx, id), settings.maxFiles - 1, onError);
  container.logCompressor.watch();
}

function abandonAttaches(container: Container): void {
  for (const attach of container.attaches) attach.abandon();
  container.attaches.clear();
}
