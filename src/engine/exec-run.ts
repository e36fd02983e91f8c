import { fail } from '#base/errors.ts';
import { nowNs } from '#base/clock.ts';
import type { Plan } from '#runtime/plan.ts';
import type { AttachOptions, TaskExec } from '#tasks/types.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import type { Exec } from './exec.ts';
import { execFailure } from './start-failure.ts';

/** Makes the record of an exec and tells it. */
export function addExec(ctx: EngineContext, container: Container, body: wire.ExecCreateBody): Exec {
  const exec = ctx.execs.add(container, body);
  containerEvent(ctx, container, `exec_create: ${commandText(body)}`, { execID: exec.id });
  return exec;
}

/**
 * Starts the process of an exec in status `starting`. Its end is recorded and told by itself. Rejects with the failure that
 * {@link execFailure} puts into words, after the exec was recorded as ended.
 */
export async function launchExec(ctx: EngineContext, exec: Exec, plan: () => Plan, attach: AttachOptions | undefined): Promise<TaskExec> {
  const { container } = exec;
  containerEvent(ctx, container, `exec_start: ${commandText(exec.body)}`, { execID: exec.id });
  try {
    const { task } = container;
    if (task === undefined) return fail('conflict', `container ${container.record.id} is not running`);
    const process = await task.exec({ execId: exec.id, plan: plan(), attach });
    exec.status = 'running';
    exec.pid = process.pid;
    exec.startedAt = nowNs();
    exec.process = process;
    void process.exited.then(({ code }) => {
      ctx.execs.end(exec, code);
      containerEvent(ctx, container, 'exec_die', { execID: exec.id, exitCode: String(code) });
    });
    return process;
  } catch (error) {
    ctx.execs.end(exec, execFailure(error).exitCode);
    throw error;
  }
}

// dockerd joins command and arguments with a blank behind the command even when there are none.
function commandText(body: wire.ExecCreateBody): string {
  const [command = '', ...args] = body.Cmd ?? [];
  return `${command} ${args.join(' ')}`;
}
