import type * as wire from '#api/schema.ts';
import type { TaskExec } from '#tasks/types.ts';
import type { Container } from './container.ts';

/** An exec instance. `container` is its container as it was when the exec was created. */
export interface Exec {
  readonly id: string;
  readonly container: Container;
  readonly body: wire.ExecCreateBody;
  status: 'created' | 'starting' | 'running' | 'exited';
  pid: number;
  exitCode: number | null;
  /** Nanoseconds since the epoch. */
  startedAt: bigint;
  process: TaskExec | undefined;
}
