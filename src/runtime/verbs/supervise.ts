import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '#base/errors.ts';
import type { ExitRecord } from '#spec/exit-record.ts';
import { holdProcess } from '#kernel/process.ts';
import { bootId } from '#kernel/procfs.ts';
import { connect } from 'node:net';
import { encodePlan } from '../codec.ts';
import type { Plan } from '../plan.ts';
import type { RuntimeDeps } from './deps.ts';
import { type Created, encodeFrame, FRAME, ShimConnection, startShim } from './shim.ts';

const ATTACH_ALL = 7;
// What a terminal or a user sends to a program in the foreground.
const FORWARDED: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'];

/** A process in our foreground. */
export interface Foreground {
  readonly plan: Plan;
  readonly terminal: boolean;
  /** The plan has a start.wait: it is told to go on after `created` returned. */
  readonly waits: boolean;
  created(process: Created): void;
}

/**
 * Runs a plan to the end of its process, with our standard streams, and returns the exit code. A supervising shim keeps the
 * records in a directory of its own, because only a parent learns how a process ended.
 */
export async function runForeground(deps: RuntimeDeps, what: Foreground): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'berth-runtime-'));
  try {
    using shim = startShim(deps, 'supervise', what.plan, directory, !what.terminal);
    const created = JSON.parse(await shim.request(FRAME.CREATE, encodePlan(what.plan.ops), what.plan)) as Created;
    what.created(created);
    using terminal = what.terminal ? await attach(directory, what.plan) : undefined;
    using _signals = forwardSignals(created);
    const ended = closed(shim);
    if (what.waits) await shim.request(FRAME.START, new Uint8Array(0), what.plan);
    await Promise.all([ended, terminal?.finished]);
    return readExit(directory).code;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readExit(directory: string): ExitRecord {
  try {
    return JSON.parse(readFileSync(join(directory, 'exit.json'), 'utf8')) as ExitRecord;
  } catch (error) {
    return fail('dataLoss', 'the shim left no exit record', { cause: error });
  }
}

// The shim ends, and with it our connection, when the exit record is written.
function closed(shim: ShimConnection): Promise<void> {
  return new Promise((resolve) => shim.socket.once('close', () => resolve()));
}

function forwardSignals(created: Created): Disposable {
  const identity = { pid: created.pid, startTime: created.startTime, bootId: bootId() };
  const process_ = holdProcess(identity);
  const handlers = FORWARDED.map((name) => [name, (_: NodeJS.Signals, number: number): void => void process_?.signal(number)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    [Symbol.dispose](): void {
      for (const [name, handler] of handlers) process.off(name, handler);
      process_?.[Symbol.dispose]();
    },
  };
}

// The terminal's stream is copied between our own terminal (made raw) and the shim.
async function attach(directory: string, plan: Plan): Promise<Disposable & { readonly finished: Promise<void> }> {
  const path = join(directory, 's');
  const connection = new ShimConnection(connect(path));
  await connection.request(FRAME.ATTACH, Buffer.alloc(2), plan, ATTACH_ALL);
  const { early, socket } = connection.stream();
  const control = connect(path);
  control.on('error', () => {});
  control.resume();
  const resize = (): void => {
    const payload = Buffer.alloc(6);
    payload.writeUInt16LE(process.stdout.rows ?? 0, 2);
    payload.writeUInt16LE(process.stdout.columns ?? 0, 4);
    if (process.stdout.isTTY) control.write(encodeFrame(FRAME.RESIZE, payload));
  };
  resize();
  process.on('SIGWINCH', resize);
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  process.stdout.write(early);
  socket.pipe(process.stdout, { end: false });
  process.stdin.pipe(socket);
  return {
    finished: new Promise((resolve) => socket.once('close', () => resolve())),
    [Symbol.dispose](): void {
      process.off('SIGWINCH', resize);
      process.stdin.unpipe(socket);
      process.stdin.pause();
      if (process.stdin.isTTY) process.stdin.setRawMode(false);
      control.destroy();
      socket.destroy();
    },
  };
}
