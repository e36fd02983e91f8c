import { spawnSync } from 'node:child_process';
import { fail } from '#base/errors.ts';

/** A program to run to its end, without a shell. */
export interface RunProgram {
  readonly path: string;
  /** With argv[0]. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly stdin: string;
  /** 0: none. */
  readonly timeoutMs: number;
}

const MAX_OUTPUT = 1 << 20;

/** Runs a program with text on its standard input. Throws internal with its standard error when it fails in any way. */
export function runProgram(program: RunProgram): void {
  const env = Object.fromEntries(program.env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const result = spawnSync(program.path, program.args.slice(1), {
    argv0: program.args[0] ?? program.path,
    env,
    input: program.stdin,
    maxBuffer: MAX_OUTPUT,
    ...(program.timeoutMs > 0 ? { timeout: program.timeoutMs, killSignal: 'SIGKILL' as const } : {}),
  });
  const said = result.stderr?.toString('utf8').trim() ?? '';
  if (result.error !== undefined) fail('internal', `running ${program.path}: ${result.error.message}`, { cause: result.error });
  if (result.status !== 0) fail('internal', `running ${program.path}: ${result.signal === null ? `exit status ${result.status}` : `signal ${result.signal}`}, stderr: ${said}`);
}
