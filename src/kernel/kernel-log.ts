import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoOf } from '#base/errors.ts';

/** One kill by the kernel's OOM killer, as the kernel log tells it (mm/oom_kill.c, `dump_oom_summary` and `__oom_kill_process`). */
export interface OomKill {
  /** Microseconds since boot. */
  readonly at: number;
  /** Pid as the host sees it. */
  readonly pid: number;
  readonly name: string;
  readonly uid: number;
  /** `container`: a cgroup's limit was reached; `host`: the machine ran out of memory. */
  readonly scope: 'container' | 'host';
  /** cgroup path of the victim, from the root of its hierarchy. */
  readonly cgroup: string;
  /** Anonymous memory of the victim in KiB; undefined when that line is lost. */
  readonly anonKiB: number | undefined;
}

/** A record of /dev/kmsg is at most this long (Documentation/ABI/testing/dev-kmsg). */
const RECORD = 8192;
/** The ring buffer is some hundred KiB; more records than this were never in it. */
const MAX_RECORDS = 100_000;

/** The OOM kills that the kernel's ring buffer still holds, oldest first. Empty where it may not be read. */
export function readOomKills(): OomKill[] {
  let fd: number;
  try {
    fd = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return [];
  }
  try {
    return parseOomKills(records(fd));
  } finally {
    closeSync(fd);
  }
}

function* records(fd: number): Generator<string> {
  const buffer = Buffer.allocUnsafe(RECORD);
  for (let count = 0; count < MAX_RECORDS; count++) {
    try {
      const length = readSync(fd, buffer);
      if (length === 0) return;
      // Every log line holds one of these; the rest is not worth decoding.
      if (buffer.subarray(0, length).includes('oom-kill:') || buffer.subarray(0, length).includes('Killed process')) yield buffer.toString('latin1', 0, length);
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') continue; // overwritten while we read: the next read goes on behind the gap
      return; // EAGAIN: all read
    }
  }
}

/** Records are `priority,sequence,microseconds,flags;text`, then lines with a leading space. */
export function parseOomKills(lines: Iterable<string>): OomKill[] {
  const kills: OomKill[] = [];
  for (const line of lines) {
    const head = /^\d+,\d+,(\d+),[^;]*;([^\n]*)/.exec(line);
    if (head === null) continue;
    const [, at = '0', text = ''] = head;
    // The task's name is its own choice and may hold anything: the fields are looked for from the right.
    const summary = /^oom-kill:constraint=(\w+),.*?(?:oom_memcg=[^,]*,)?task_memcg=([^,]*),task=(.*),pid=(\d+),uid=(\d+)$/.exec(text);
    if (summary !== null) {
      const [, constraint = '', cgroup = '', name = '', pid = '0', uid = '0'] = summary;
      kills.push({ at: Number(at), pid: Number(pid), name, uid: Number(uid), scope: constraint === 'CONSTRAINT_MEMCG' ? 'container' : 'host', cgroup, anonKiB: undefined });
      continue;
    }
    const killed = /Killed process (\d+) \(.*\) total-vm:\d+kB, anon-rss:(\d+)kB/.exec(text);
    const index = killed === null ? -1 : kills.findLastIndex((kill) => kill.pid === Number(killed[1]));
    const kill = kills[index];
    if (kill !== undefined && killed !== null) kills[index] = { ...kill, anonKiB: Number(killed[2]) };
  }
  return kills;
}
