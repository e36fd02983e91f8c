import { execFile, spawnSync } from 'node:child_process';
import { BerthError, fail } from '#base/errors.ts';

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
  const result = spawnSync(program.path, program.args.slice(1), {
    argv0: program.args[0] ?? program.path,
    env: environment(program),
    input: program.stdin,
    maxBuffer: MAX_OUTPUT,
    ...(program.timeoutMs > 0 ? { timeout: program.timeoutMs, killSignal: 'SIGKILL' as const } : {}),
  });
  const said = result.stderr?.toString('utf8').trim() ?? '';
  if (result.error !== undefined) fail('internal', `running ${program.path}: ${result.error.message}`, { cause: result.error });
  if (result.status !== 0) fail('internal', `running ${program.path}: ${result.signal === null ? `exit status ${result.status}` : `signal ${result.signal}`}, stderr: ${said}`);
}

/** The same without blocking the process that waits; for the daemon. */
export async function runProgramAsync(program: RunProgram): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const options = { argv0: program.args[0] ?? program.path, env: environment(program), timeout: program.timeoutMs, killSignal: 'SIGKILL' as const, maxBuffer: MAX_OUTPUT };
    const child = execFile(program.path, program.args.slice(1), options, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      reject(new BerthError('internal', `running ${program.path}: ${error.message}, stderr: ${stderr.trim()}`, { cause: error }));
    });
    // A program may end without reading.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(program.stdin);
  });
}

function environment({ env }: RunProgram): Record<string, string> {
  return Object.fromEntries(env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
