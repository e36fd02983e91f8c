import { setTimeout as delay } from 'node:timers/promises';
import { openPidfd } from './pidfd.ts';
import { readStat } from './procfs.ts';
import type { ProcessStat } from './procfs.ts';

/** The process that a session began with, as the host sees it; `startTime` in clock ticks since boot. */
export interface SessionLeader {
  readonly pid: number;
  readonly startTime: number;
}

const SIGKILL = 9;
/** New processes may appear while the old ones are killed: so often it is looked again. */
const maxRounds = 100;

/**
 * The processes of a session among `pids`: its members, and what descends from its leader or a member even when it began a
 * session of its own. (What did so and lost its parent has left.) Pure but for `read`.
 */
export function sessionMembers(leader: SessionLeader, pids: readonly number[], read: (pid: number) => ProcessStat | undefined = readStat): ProcessStat[] {
  const stats = new Map<number, ProcessStat>();
  for (const pid of pids) {
    const stat = read(pid);
    if (stat !== undefined && stat.state !== 'Z' && stat.state !== 'X') stats.set(pid, stat);
  }
  // The number of a leader that ended stays taken while its session has members; another process with it means there are none.
  const now = stats.get(leader.pid);
  if (now !== undefined && now.startTime !== leader.startTime) return [];
  const members = new Map([...stats].filter(([pid, stat]) => pid === leader.pid || stat.session === leader.pid));
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, stat] of stats) {
      if (members.has(pid) || !members.has(stat.ppid)) continue;
      members.set(pid, stat);
      grown = true;
    }
  }
  return [...members.values()];
}

/**
 * Sends a signal to every process of a session; `pids` lists the processes of its container. SIGKILL is repeated until none
 * is left. Returns how many were signalled.
 */
export async function signalSession(leader: SessionLeader, signal: number, pids: () => Promise<readonly number[]>): Promise<number> {
  let sent = 0;
  for (let round = 0; round < maxRounds; round++) {
    const members = sessionMembers(leader, await pids());
    for (const member of members) if (signalExactly(member, signal)) sent++;
    if (signal !== SIGKILL || members.length === 0) return sent;
    await delay(Math.min(1 + round, 20));
  }
  return sent;
}

// The number may have gone to another process since it was looked at: a pidfd holds it while it is looked at again.
function signalExactly(member: ProcessStat, signal: number): boolean {
  using process = openPidfd(member.pid);
  if (process === undefined || readStat(member.pid)?.startTime !== member.startTime) return false;
  return process.signal(signal);
}
