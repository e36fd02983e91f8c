import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOf } from './verdict.ts';
import type { Evidence } from './verdict.ts';

const plain: Evidence = {
  code: 0, signal: 0, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:09Z', startError: '', programProblem: '', lost: '', oomKills: 0,
  oomVictims: [], pid: 77, memoryLimit: 0, memoryPeak: 0, pidsLimit: 0, pidsRefused: 0, throttled: 0, sent: [], health: undefined, pressure: undefined,
  logTail: [], stopSignal: 15, user: '',
};
const at = '2026-01-01T00:00:08Z';
const MiB = 1024 ** 2;

function judge(some: Partial<Evidence>): ReturnType<typeof verdictOf> {
  return verdictOf({ ...plain, ...some });
}

test('an OOM kill outweighs the code, but not what somebody asked for', () => {
  const victim = { at: 1, pid: 77, name: 'java', uid: 0, scope: 'container', cgroup: '/x', anonKiB: 65536 } as const;
  const oom = judge({ code: 137, signal: 9, oomKills: 1, oomVictims: [victim], memoryLimit: 64 * MiB, memoryPeak: 64 * MiB });
  assert.equal(oom.cause, 'out-of-memory');
  assert.ok(oom.evidence.includes('the kernel killed java (pid 77 on the host, uid 0, using 64 MiB)'));
  const killed = judge({ code: 137, signal: 9, oomKills: 1, memoryLimit: 64 * MiB, sent: [{ by: 'kill', signal: 9, at }] });
  assert.equal(killed.cause, 'killed');
  assert.ok(killed.evidence.includes('the kernel counted 1 OOM kills in its cgroup'));
  assert.equal(judge({ oomKills: 3 }).cause, 'finished');
});

test('the host out of memory: only when the victim was the main process', () => {
  const victim = { at: 1, pid: 77, name: 'java', uid: 0, scope: 'host', cgroup: '/x', anonKiB: undefined } as const;
  assert.equal(judge({ code: 137, signal: 9, oomVictims: [victim] }).cause, 'host-out-of-memory');
  assert.equal(judge({ code: 137, signal: 9, oomVictims: [{ ...victim, pid: 78 }] }).cause, 'signalled');
});

test('a stop that had to kill names the signal that was not taken', () => {
  const verdict = judge({ code: 137, signal: 9, sent: [{ by: 'stop', signal: 15, at, timeout: 10 }, { by: 'stop', signal: 9, at }] });
  assert.match(verdict.summary, /docker stop, SIGTERM\), did not within 10 seconds, and was killed/);
});

test('a signal by docker kill that is neither the stop signal nor the one that ended it explains nothing', () => {
  assert.equal(judge({ code: 1, sent: [{ by: 'kill', signal: 1, at }] }).cause, 'failed');
  assert.equal(judge({ code: 129, signal: 1, sent: [{ by: 'kill', signal: 1, at }] }).cause, 'killed');
});

test('crashes, starts that failed, ends that nobody saw', () => {
  assert.match(judge({ code: 139, signal: 11 }).summary, /touched memory that is not its own \(SIGSEGV\)/);
  assert.match(judge({ code: 159, signal: 31 }).hints.join(), /seccomp/);
  assert.equal(judge({ code: 127, startError: 'exec: "x": executable file not found in $PATH' }).cause, 'not-found');
  assert.equal(judge({ code: 128, startError: 'mounting x at /y: no such device' }).cause, 'start-failed');
  assert.equal(judge({ code: 255, lost: 'host-restart' }).cause, 'host-restarted');
});

test('circumstances are told beside any cause', () => {
  const verdict = judge({ code: 1, pidsLimit: 10, pidsRefused: 3, throttled: 0.5, memoryLimit: 100, memoryPeak: 95, pressure: { memory: 50, io: 0, cpu: 19 }, health: { status: 'unhealthy', failingStreak: 3, output: 'no answer' } });
  assert.deepEqual(verdict.evidence, [
    'its limit of 10 processes refused 3 forks', 'its CPU quota held it back in 50 % of the periods', 'its memory peaked at 95 B of 100 B',
    'its health check had failed 3 times in a row, last with: no answer', 'the host was short of memory: some task waited for it in 50 % of the last 10 seconds',
  ]);
});
