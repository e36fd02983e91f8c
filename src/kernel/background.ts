import { spawn } from 'node:child_process';

/** A program that was started to outlive us, in a session of its own. */
export interface Background {
  readonly pid: number | undefined;
  /** Why it is gone, once it is: "exit code 1", "SIGKILL", or the error of starting it. */
  ended(): string | undefined;
}

/** Starts `argv` detached, with / as its directory, /dev/null as input, and `log` (a descriptor) as output and error. */
export function startInBackground(argv: readonly [string, ...string[]], log: number): Background {
  const child = spawn(argv[0], argv.slice(1), { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  child.unref();
  let reason: string | undefined;
  child.once('exit', (code, signal) => {
    reason = signal ?? `exit code ${code}`;
  });
  child.once('error', (error) => {
    reason = error.message;
  });
  return { pid: child.pid, ended: () => reason };
}
