import { spawnSync } from 'node:child_process';
import type { SpawnSyncReturns } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fail } from '#base/errors.ts';
import { bootTime, commandLine, readStat, TICKS_PER_SECOND, userOf } from './procfs.ts';
import type { ProcessStat } from './procfs.ts';

/** A table as `docker top` answers it. */
export interface ProcessTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * The processes `pids` in the columns of `ps -ef`, as dockerd answers without arguments, made without running ps. User
 * names are the host's (dockerd's ps runs on the host). Processes that ended meanwhile are left out.
 */
export function processTable(pids: readonly number[]): ProcessTable {
  const users = hostUsers();
  const now = Date.now() / 1000;
  const boot = bootTime();
  const rows = pids.flatMap((pid) => {
    const stat = readStat(pid);
    const uid = userOf(pid);
    return stat === undefined || uid === undefined ? [] : [row(stat, userName(users, uid), boot, now)];
  });
  return { titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'], rows };
}

function row(stat: ProcessStat, user: string, boot: number, now: number): string[] {
  const started = boot + stat.startTime / TICKS_PER_SECOND;
  const used = Math.floor((stat.userTicks + stat.systemTicks) / TICKS_PER_SECOND);
  const lived = Math.max(1, Math.floor(now - started));
  const percent = Math.min(99, Math.floor((100 * used) / lived));
  return [user, String(stat.pid), String(stat.ppid), String(percent), startText(started, now), terminalName(stat.tty), timeText(used), commandLine(stat.pid, stat.command)];
}

// ps shows a name of up to eight characters, longer ones cut with "+".
function userName(users: ReadonlyMap<number, string>, uid: number): string {
  const name = users.get(uid) ?? String(uid);
  return name.length > 8 ? `${name.slice(0, 7)}+` : name;
}

function hostUsers(): Map<number, string> {
  const users = new Map<number, string>();
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , uid] = line.split(':');
      if (name !== undefined && uid !== undefined && !users.has(Number(uid))) users.set(Number(uid), name);
    }
  } catch {
    // no user data base: numbers
  }
  return users;
}

/** STIME: the time of a start today, month and day within the year, else the year. */
export function startText(started: number, now: number): string {
  const start = new Date(started * 1000);
  const today = new Date(now * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (start.toDateString() === today.toDateString()) return `${two(start.getHours())}:${two(start.getMinutes())}`;
  if (start.getFullYear() !== today.getFullYear()) return String(start.getFullYear());
  return `${['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][start.getMonth()] ?? ''}${two(start.getDate())}`;
}

/** TIME: [days-]hours:minutes:seconds. */
export function timeText(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  return `${days > 0 ? `${days}-` : ''}${two((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}

/** TTY of a device number as in /proc/PID/stat: pseudo terminals and consoles by name, others "?". */
export function terminalName(device: number): string {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`; // Documentation/admin-guide/devices.txt
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return '?';
}

/**
 * The processes `pids` in the columns that `ps <args>` prints on the host, as `docker top CONTAINER ARGS` answers. Throws
 * invalidArgument where a format would hide the PID column, internal with the first line of ps's complaint (both as
 * dockerd's daemon/top_unix.go), unavailable where there is no ps. Waits for ps: about 10 ms.
 */
export function runPs(pids: readonly number[], args: string): ProcessTable {
  for (const match of args.matchAll(/\s+(\S*)=\s*(PID\S*)/g)) {
    if (match[1] !== 'pid') fail('invalidArgument', `specifying "${match[0]}" is not allowed`);
  }
  const words = args.split(/\s+/).filter(Boolean);
  const ps = (...more: string[]): SpawnSyncReturns<string> => spawnSync('ps', [...words, ...more], { encoding: 'utf8', maxBuffer: 16 << 20, timeout: 5000, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } });
  const selected = ps(`-q${pids.join(',')}`);
  // Some options (f, for one) can't be used together with -q.
  const run = selected.error === undefined && selected.status !== 0 ? ps() : selected;
  if (run.error !== undefined) fail('unavailable', `ps: ${run.error.message}`, { cause: run.error, hint: 'install the package procps' });
  if (run.status !== 0) fail('internal', `ps: ${run.stderr.split('\n')[0] || `exit status ${run.status}`}`);
  return parsePs(run.stdout, new Set(pids));
}

/**
 * Keeps the lines of ps output whose PID is wanted; the last column takes what is left of a line. Fields are told apart by
 * spaces only, so a column with spaces before PID breaks it: internal then, with dockerd's text.
 */
export function parsePs(output: string, pids: ReadonlySet<number>): ProcessTable {
  const [header = '', ...lines] = output.split('\n');
  const titles = header.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column < 0) fail('internal', "Couldn't find PID field in ps output");
  const rows: string[][] = [];
  let wanted = false;
  for (const line of lines.filter(Boolean)) {
    const fields = line.trim().split(/\s+/);
    const pid = fields[column] ?? '';
    if (pid !== '-') { // that is a thread of the process above, as option m lists them
      if (!/^[+-]?\d+$/.test(pid)) fail('internal', `Unexpected pid '${pid}': strconv.Atoi: parsing ${JSON.stringify(pid)}: invalid syntax`);
      wanted = pids.has(Number(pid));
    }
    if (wanted) rows.push([...fields.slice(0, titles.length - 1), fields.slice(titles.length - 1).join(' ')]);
  }
  return { titles, rows };
}
