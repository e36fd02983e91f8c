import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { readStat } from './procfs.ts';
import type { ProcessStat } from './procfs.ts';
import { sessionMembers, signalSession } from './session.ts';

const stat = (pid: number, ppid: number, session: number, state = 'S'): ProcessStat =>
  ({ pid, ppid, session, state, command: 'x', tty: 0, userTicks: 0, systemTicks: 0, threads: 1, startTime: pid });

test('a session has its members and their descendants, not the neighbours', () => {
  const table = new Map([stat(1, 0, 1), stat(10, 5, 10), stat(11, 10, 10), stat(12, 1, 10), stat(13, 12, 13), stat(14, 13, 13), stat(20, 5, 20), stat(21, 1, 13), stat(15, 10, 10, 'Z')].map((each) => [each.pid, each]));
  const read = (pid: number): ProcessStat | undefined => table.get(pid);
  const pids = [...table.keys(), 99];
  const members = (pid: number, startTime = pid): number[] => sessionMembers({ pid, startTime }, pids, read).map((each) => each.pid).toSorted((a, b) => a - b);
  assert.deepEqual(members(10), [10, 11, 12, 13, 14], '13 began a session of its own, 21 has lost its parent as well');
  assert.deepEqual(members(20), [20]);
  assert.deepEqual(members(10, 9), [], 'another process has the number now');
  table.delete(10);
  assert.deepEqual(members(10), [11, 12, 13, 14], 'the leader has ended');
});

test('SIGKILL leaves no process of the session', async () => {
  // setsid forks where it leads a group already, so the child that is spawned detached is the leader.
  const leader = spawn('sh', ['-c', 'sleep 1000 & (sleep 1000 &) ; setsid sleep 1000 & echo ready; wait'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => leader.stdout.once('data', resolve));
  const all = (): Promise<number[]> => Promise.resolve(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number));
  const pid = leader.pid ?? 0;
  const identity = { pid, startTime: readStat(pid)?.startTime ?? 0 };
  assert.ok((await signalSession(identity, 9, all)) >= 4);
  assert.deepEqual(sessionMembers(identity, await all()), []);
});
