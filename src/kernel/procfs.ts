import { readFileSync } from 'node:fs';
import { fail, errnoOf } from '#base/errors.ts';
import type { ProcessIdentity } from '#spec/exit-record.ts';

/** Fields of /proc/PID/stat (proc_pid_stat(5)); times in clock ticks (100 per second on every Linux ABI). */
export interface ProcessStat {
  readonly pid: number;
  readonly command: string;
  readonly state: string;
  readonly ppid: number;
  readonly session: number;
  /** Device number of the terminal, or 0. */
  readonly tty: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly threads: number;
  /** Since boot. */
  readonly startTime: number;
}

export const TICKS_PER_SECOND: number = 100;

/** Parses a stat line; the command may hold spaces and parentheses. Throws dataLoss for anything else. */
export function parseStat(line: string): ProcessStat {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const rest = line.slice(close + 2).split(' ');
  const field = (number: number): number => Number(rest[number - 3]); // fields count from 1; 3 follows the command
  const pid = Number(line.slice(0, open - 1));
  if (open < 2 || close < open || rest.length < 20 || !Number.isSafeInteger(pid)) fail('dataLoss', `process status is not readable: ${line.slice(0, 80)}`);
  return {
    pid,
    command: line.slice(open + 1, close),
    state: rest[0] ?? '?',
    ppid: field(4),
    session: field(6),
    tty: field(7),
    userTicks: field(14),
    systemTicks: field(15),
    threads: field(20),
    startTime: field(22),
  };
}

/** Undefined when there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text.toString('utf8'));
}

/** A file below /proc/PID, or undefined when the process is gone. */
export function readProc(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

let boot: string | undefined;

/** Identity of this boot, without dashes or newline changed: as /proc/sys/kernel/random/boot_id has it. */
export function bootId(): string {
  return (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

/** Seconds since the epoch at which the kernel started (btime of /proc/stat). */
export function bootTime(): number {
  return Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0);
}

/** Identity of a running process, or undefined when there is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTime: stat.startTime, bootId: bootId() };
}

/** True when exactly that process runs (a zombie does not). */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const stat = readStat(identity.pid);
  return stat !== undefined && stat.startTime === identity.startTime && stat.state !== 'Z' && stat.state !== 'X';
}

/** Arguments of a process; the command in brackets where it has none (kernel threads, zombies). */
export function commandLine(pid: number, command: string): string {
  const bytes = readProc(`/proc/${pid}/cmdline`);
  const text = bytes === undefined ? '' : bytes.toString('utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
  return text === '' ? `[${command}]` : text;
}

/** Real user id of a process, or undefined when it is gone. */
export function userOf(pid: number): number | undefined {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`)?.toString('latin1') ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}
