import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** How a program ended. `code` is 128 + number for a signal's death, as a shell would say. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Killed (SIGKILL, whole group) after this many milliseconds; 120,000 unless told. */
  readonly timeoutMs?: number;
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 };

/** Runs a program to its end. Never rejects for a failing program; rejects when it cannot be started or takes too long. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const limit = options.timeoutMs ?? 120_000;
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      reject(new Error(`${program} ${args.join(' ')} did not end within ${limit} ms; stdout: ${Buffer.concat(out).toString()}; stderr: ${Buffer.concat(err).toString()}`));
    }, limit);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {}); // a program may end without reading its input
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? 128 + (SIGNALS[signal ?? ''] ?? 0), stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** {@link run}, but a failing program is an error that shows what it printed. Returns its stdout without the last newline. */
export async function must(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await run(program, args, options);
  if (outcome.code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${outcome.code}: ${outcome.stderr}${outcome.stdout}`);
  return outcome.stdout.replace(/\n$/, '');
}

/** Waits until `condition` gives something other than undefined or false, and returns that. Throws after `timeoutMs` (30 s). */
export async function waitFor<T>(what: string, condition: () => T | Promise<T>, timeoutMs = 30_000): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await delay(10);
  }
}

/** Eight hex digits for the names of everything that one test makes. */
export function uniqueId(): string {
  return randomBytes(4).toString('hex');
}
