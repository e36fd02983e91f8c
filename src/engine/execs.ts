import { fail } from '#base/errors.ts';
import type { TaskExec } from '#tasks/types.ts';
import type * as wire from '#api/schema.ts';
import { bridge } from './attach.ts';
import type { Container } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { parseDetachKeys } from './detach-keys.ts';
import type { Exec } from './exec.ts';
import { execPlan } from './exec-plan.ts';
import { addExec, launchExec } from './exec-run.ts';
import { endSession, killExec, listExecs, noticeDeparture } from './exec-sessions.ts';
import { userOf } from './prepare-start.ts';
import { execFailure } from './start-failure.ts';
import { isActive } from './state.ts';
import type { AttachRequest, ExecsService } from './types.ts';

export function createExecs(ctx: EngineContext): ExecsService {
  return {
    create: (reference, body) => Promise.resolve(createExec(ctx, reference, body)),
    start: (id, options, accept) => startExec(ctx, usable(ctx, id), options, accept),
    inspect: (id) => Promise.resolve(inspectExec(found(ctx, id))),
    list: (reference, options) => Promise.resolve(listExecs(ctx, reference, options)),
    kill: (id, signal) => killExec(ctx, id, signal),
    async resize(id, rows, cols): Promise<void> {
      const exec = usable(ctx, id);
      if (exec.status === 'exited') fail('notFound', `NotFound: process does not exist ${id}: not found`);
      if (exec.status !== 'running') fail('conflict', `exec process is not running`);
      // dockerd's runtime takes no notice of a size for what is no terminal.
      if (exec.body.Tty === true) await exec.container.task?.resize(rows, cols, exec.id);
    },
  };
}

/** Throws notFound for an exec whose container was removed, too. */
function found(ctx: EngineContext, id: string): Exec {
  const exec = ctx.execs.get(id);
  return ctx.registry.has(exec.container.record.id) ? exec : fail('notFound', `No such exec instance: ${id}`);
}

/** An exec whose container can run it now. */
function usable(ctx: EngineContext, id: string): Exec {
  const exec = ctx.execs.get(id);
  const { container } = exec;
  if (!ctx.registry.has(container.record.id)) fail('notFound', `No such container: ${id}`);
  requireRunning(container, container.record.id);
  return exec;
}

function requireRunning(container: Container, reference: string): void {
  const { state } = container.runtime;
  if (state.status === 'paused') fail('conflict', `Container ${reference} is paused, unpause the container before exec`);
  if (state.status === 'restarting') fail('conflict', `Container ${container.record.id} is restarting, wait until the container is running`);
  if (!isActive(state)) fail('conflict', `container ${container.record.id} is not running`);
}

/** Throws with dockerd's text, which takes wrong keys here for a failure of its own. */
function checkDetachKeys(keys: string | undefined): void {
  try {
    parseDetachKeys(keys);
  } catch (cause) {
    fail('internal', `Invalid escape keys (${keys ?? ''}) provided`, { cause });
  }
}

function createExec(ctx: EngineContext, reference: string, body: wire.ExecCreateBody): { Id: string } {
  const container = ctx.registry.get(reference);
  if ((body.Cmd ?? []).length === 0) fail('invalidArgument', 'No exec command specified');
  requireRunning(container, reference);
  checkDetachKeys(body.DetachKeys);
  if (body.User) userOf(ctx, container.record, body.User, []);
  return { Id: addExec(ctx, container, body).id };
}

async function startExec(ctx: EngineContext, exec: Exec, options: { detach: boolean; tty: boolean; consoleSize?: readonly [number, number] }, accept: AttachRequest['accept'] | undefined): Promise<void> {
  const { body, container } = exec;
  const terminal = body.Tty === true;
  const attach = options.detach || accept === undefined ? undefined : { stdin: body.AttachStdin === true, stdout: body.AttachStdout === true, stderr: body.AttachStderr === true };
  const client = attach === undefined || accept === undefined ? undefined : await accept(terminal ? 'raw' : 'multiplexed');
  // As in dockerd, an attached client is told in its stream.
  if (exec.status === 'running' || exec.status === 'starting') fail('conflict', `exec command ${exec.id} is already running`);
  if (exec.status === 'exited') fail('conflict', `exec command ${exec.id} has already run`);
  exec.status = 'starting';
  let process: TaskExec;
  try {
    process = await launchExec(ctx, exec, () => execPlan(ctx, exec, options.consoleSize), attach);
  } catch (error) {
    const failure = execFailure(error);
    if (client === undefined) return fail(failure.kind, failure.text);
    // The answer is out already: the text goes where the output would.
    const text = `${failure.text}\r\n`;
    client.end(terminal ? text : stdoutFrame(text));
    return;
  }
  if (client === undefined || process.stream === undefined) return;
  if (body.KillOnDisconnect === true) noticeDeparture(ctx, client);
  const ended = await bridge(client, process.stream, { stdin: attach?.stdin === true, detachKeys: terminal && attach?.stdin === true ? parseDetachKeys(body.DetachKeys) : undefined });
  if (ended === 'keys') return containerEvent(ctx, container, 'exec_detach', { execID: exec.id });
  if (ended === 'client' && body.KillOnDisconnect === true) await endSession(ctx, exec);
  await process.exited;
}

function stdoutFrame(text: string): Buffer {
  const data = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(data.length, 4);
  return Buffer.concat([head, data]);
}

function inspectExec(exec: Exec): wire.ExecInspect {
  const { body } = exec;
  const [entrypoint = '', ...args] = body.Cmd ?? [];
  return {
    ID: exec.id,
    Running: exec.status === 'running',
    ExitCode: exec.exitCode,
    ProcessConfig: { tty: body.Tty === true, entrypoint, arguments: args, privileged: body.Privileged === true, ...(body.User ? { user: body.User } : {}) },
    OpenStdin: body.AttachStdin === true,
    OpenStderr: body.AttachStderr === true,
    OpenStdout: body.AttachStdout === true,
    CanRemove: false,
    ContainerID: exec.container.record.id,
    DetachKeys: body.DetachKeys ? parseDetachKeys(body.DetachKeys).toString('base64') : '',
    Pid: exec.pid,
  };
}
