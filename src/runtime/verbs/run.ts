import { describeFailure } from '../failure.ts';
import { CREATE_FLAGS, makeDetached, type Prepared, prepare, record, undoing } from './create.ts';
import { destroy } from './delete.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';
import { runLateHooks } from './hooks.ts';
import { warningLines } from './shim.ts';
import { release } from './start.ts';
import { loadContainer, ociState } from './state.ts';
import { runForeground } from './supervise.ts';

export const RUN_FLAGS: FlagTable = {
  options: { ...CREATE_FLAGS.options, detach: 'bool', keep: 'bool', 'no-subreaper': 'bool' },
  short: { ...CREATE_FLAGS.short, d: 'detach' },
};

/** `run`: create and start; in the foreground also wait and delete. The exit code is the program's. */
export async function run(call: Call): Promise<number> {
  const detach = call.flags.bool('detach');
  const prepared = prepare(call, { detached: detach, fifo: detach });
  if (!detach) return inForeground(call, prepared);
  await undoing(prepared, () => makeDetached(call, prepared));
  await release(call, loadContainer(call.global.root, prepared.id));
  return 0;
}

async function inForeground(call: Call, prepared: Prepared): Promise<number> {
  const code = await undoing(prepared, () =>
    runForeground(call.deps, {
      plan: prepared.plan,
      terminal: prepared.spec.process?.terminal === true,
      waits: true,
      created(process) {
        for (const line of warningLines(prepared.plan, process, describeFailure)) call.warn(line);
        record(call, prepared, process);
        if (prepared.spec.hooks?.poststart !== undefined) {
          const container = loadContainer(call.global.root, prepared.id);
          runLateHooks('poststart', prepared.spec, ociState(container, prepared.spec), call.warn);
        }
      },
    }),
  );
  if (!call.flags.bool('keep')) await destroy(call, loadContainer(call.global.root, prepared.id));
  return code;
}
