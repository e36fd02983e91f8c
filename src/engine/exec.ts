import type * as wire from '#api/schema.ts';
import type { TaskExec } from '#tasks/types.ts';

/** An exec instance. It lives as long as its container's run, like dockerd's. */
export interface Exec {
  readonly id: string;
  readonly containerId: string;
  readonly body: wire.ExecCreateBody;
  status: 'created' | 'starting' | 'running' | 'exited';
  pid: number;
  exitCode: number | null;
  process: TaskExec | undefined;
}
