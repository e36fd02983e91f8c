import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { formatTime, zeroTime } from '#base/clock.ts';
import { fail } from '#base/errors.ts';
import { sessionMembers, signalSession } from '#kernel/session.ts';
import type * as wire from '#api/schema.ts';
import type { EngineContext } from './context.ts';
import type { Exec } from './exec.ts';
import { parseSignal } from './signals.ts';

const SIGTERM = 15;
const SIGKILL = 9;
/** Time between SIGTERM and SIGKILL for an exec whose client went away. */
const graceMs = 5_000;
const departureCheckMs = 250;

/** GET /berth/execs and /berth/containers/NAME/execs: oldest first. */
export async function listExecs(ctx: EngineContext, reference: string | undefined, { all }: { all: boolean }): Promise<wire.ExecSession[]> {
  const container = reference === undefined ? undefined : ctx.registry.get(reference);
  const wanted = [...ctx.execs.all()].filter((exec) => (container === undefined || exec.container === container) && (all || exec.status !== 'exited') && ctx.registry.has(exec.container.record.id));
  return Promise.all(wanted.map((exec) => sessionDocument(exec)));
}

async function sessionDocument(exec: Exec): Promise<wire.ExecSession> {
  const { container, body, process } = exec;
  const members = process === undefined ? [] : sessionMembers(process, await pidsOf(exec));
  return {
    Id: exec.id,
    ContainerID: container.record.id,
    ContainerName: container.name,
    Command: [...(body.Cmd ?? [])],
    Tty: body.Tty === true,
    User: body.User || container.record.config.User || '',
    Status: exec.status,
    Pid: exec.pid,
    Processes: members.length,
    ExitCode: exec.exitCode,
    StartedAt: exec.startedAt === 0n ? zeroTime : formatTime(exec.startedAt),
  };
}

async function pidsOf({ container }: Exec): Promise<readonly number[]> {
  return (await container.task?.pids()) ?? [];
}

/** POST /exec/ID/kill. */
export async function killExec(ctx: EngineContext, reference: string, signalText: string | undefined): Promise<void> {
  const exec = ctx.execs.find(reference);
  const signal = signalText === undefined || signalText === '' ? SIGKILL : parseSignal(signalText);
  const { container, process } = exec;
  if (container.runtime.state.status === 'paused') fail('conflict', `Container ${container.record.id} is paused, unpause the container before killing its execs`);
  if (exec.status !== 'running' || process === undefined) fail('conflict', `exec command ${exec.id} is not running`);
  await signalSession(process, signal, () => pidsOf(exec));
  // Killed means gone: whoever lists next does not find it any more.
  if (signal === SIGKILL) await Promise.race([process.exited, delay(graceMs, undefined, { ref: false })]);
}

/** Ends an exec whose client went away: SIGTERM, and SIGKILL for what is left after a while. */
export async function endSession(ctx: EngineContext, exec: Exec): Promise<void> {
  const { process } = exec;
  if (process === undefined) return;
  ctx.log.info({ container: exec.container.record.id, exec: exec.id }, 'the client of an exec went away: ending the exec');
  await signalSession(process, SIGTERM, () => pidsOf(exec));
  const deadline = performance.now() + graceMs;
  while (sessionMembers(process, await pidsOf(exec)).length > 0) {
    if (performance.now() >= deadline) return void (await signalSession(process, SIGKILL, () => pidsOf(exec)));
    await delay(departureCheckMs);
  }
}

/**
 * A client that ended its input looks like one that is gone; only writing tells. So nothing is written to it now and then,
 * which makes a connection without another end report its error.
 */
export function noticeDeparture(ctx: EngineContext, client: Duplex): void {
  const ask = (): void => {
    if (client.destroyed || client.writableEnded) return;
    client.write(Buffer.alloc(0));
    ctx.timers.after(departureCheckMs, ask);
  };
  // Input that was at its end before anybody listened has said so already.
  if (client.readableEnded) ask();
  else client.on('end', ask);
}
