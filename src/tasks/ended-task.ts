import { fail } from '#base/errors.ts';
import type { ExitRecord } from '#spec/exit-record.ts';
import type { Task, TaskState } from './types.ts';

/** A task that was found already ended: only its record is left. Everything but reading is a conflict. */
export function endedTask(id: string, record: ExitRecord, reason: string | undefined): Task {
  const refuse = (what: string) => (): Promise<never> => Promise.reject(ended(what));
  const ended = (what: string): unknown => {
    try {
      return fail('conflict', `${what} task ${id}: it has ended`);
    } catch (error) {
      return error;
    }
  };
  const state: TaskState = reason === undefined ? { status: 'exited', exit: record } : { status: 'unknown', reason };
  return {
    id,
    cgroups: {},
    state,
    start: refuse('starting'),
    attach: refuse('attaching to'),
    exec: refuse('executing in'),
    signal: refuse('signalling'),
    signalExec: refuse('signalling'),
    resize: refuse('resizing'),
    closeStdin: refuse('closing stdin of'),
    pause: refuse('pausing'),
    resume: refuse('resuming'),
    pids: () => Promise.resolve([]),
    exited: Promise.resolve(record),
  };
}
