import { fail } from '#base/errors.ts';
import { processTable, runPs } from '#kernel/process-table.ts';
import type * as wire from '#api/schema.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { isActive } from './state.ts';

/** GET top. Without arguments the table of `ps -ef`, made without ps; else the host's ps (dockerd: daemon/top_unix.go). */
export async function topContainer(ctx: EngineContext, reference: string, psArgs: string = ''): Promise<wire.ContainerTop> {
  const container = ctx.registry.get(reference);
  const { task, record, runtime } = container;
  if (runtime.state.status === 'restarting') fail('conflict', `Container ${record.id} is restarting, wait until the container is running`);
  if (!isActive(runtime.state) || task === undefined) fail('conflict', `container ${record.id} is not running`);
  const pids = await task.pids();
  const { titles, rows } = psArgs === '' || psArgs === '-ef' ? processTable(pids) : runPs(pids, psArgs);
  containerEvent(ctx, container, 'top');
  return { Titles: [...titles], Processes: rows.map((row) => [...row]) };
}
