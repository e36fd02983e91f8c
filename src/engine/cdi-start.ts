import { messageOf } from '#base/errors.ts';
import { runProgramAsync } from '#kernel/run-program.ts';
import type { ContainerEdits } from '#spec/cdi.ts';
import { deviceEdits } from './cdi.ts';
import type { Container, ContainerRecord } from './container.ts';
import type { EngineContext } from './context.ts';
import { containerDirectory } from './create.ts';
import { isActive } from './state.ts';

/** A hook without a limit of its own may take this long. */
const hookTimeoutMs = 30_000;

/** What the device requests of a container add to its specification, read anew at each start. */
export function recordEdits(ctx: EngineContext, { id, hostConfig }: ContainerRecord): Promise<ContainerEdits[]> {
  return deviceEdits(hostConfig.DeviceRequests ?? [], ctx.cdiSpecDirs, (text) => ctx.log.warn({ container: id }, text));
}

/** Hooks that are no part of the plan: after the start and after the end. What fails is logged, as OCI's runtime.md has it. */
export async function runLateHooks(ctx: EngineContext, container: Container, kind: 'poststart' | 'poststop'): Promise<void> {
  const { record, runtime } = container;
  if ((record.hostConfig.DeviceRequests ?? []).length === 0) return;
  const pid = isActive(runtime.state) ? runtime.state.pid : 0;
  const state = { ociVersion: '1.2.1', id: record.id, status: kind === 'poststart' ? 'running' : 'stopped', pid, bundle: containerDirectory(ctx, record.id) };
  try {
    const hooks = (await recordEdits(ctx, record)).flatMap((edit) => edit.hooks ?? []).filter(({ hookName }) => hookName === kind);
    for (const { path, args, env, timeout = 0 } of hooks) {
      await runProgramAsync({ path, args: args ?? [path], env: env ?? [], stdin: JSON.stringify(state), timeoutMs: timeout * 1000 || hookTimeoutMs });
    }
  } catch (error) {
    ctx.log.warn({ container: record.id, err: error }, `${kind} hook: ${messageOf(error)}`);
  }
}
