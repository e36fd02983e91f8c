import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileScheduling, cpuMask } from './scheduling.ts';

const BASE = { user: { uid: 0, gid: 0 }, cwd: '/', args: ['x'] };

test('a CPU list is a mask in whole words', () => {
  assert.deepEqual([...cpuMask('0-2,7')], [0x87, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...cpuMask('64')], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  for (const bad of ['', 'x', '3-1', '-1', '9999']) assert.throws(() => cpuMask(bad), /invalid CPU list/);
});

test('scheduler, I/O priority and personality', () => {
  const process = { ...BASE, scheduler: { policy: 'SCHED_DEADLINE', runtime: 10, deadline: 30n, period: 40, flags: ['SCHED_FLAG_RESET_ON_FORK'] }, ioPriority: { class: 'IOPRIO_CLASS_IDLE' } };
  assert.deepEqual(compileScheduling(process, { personality: { domain: 'LINUX32' } }, false), [
    { kind: 'proc.scheduler', policy: 6, nice: 0, priority: 0, flags: 1n, runtime: 10n, deadline: 30n, period: 40n, note: 'SCHED_DEADLINE' },
    { kind: 'proc.ioprio', value: 3 << 13, note: 'IOPRIO_CLASS_IDLE 0' },
    { kind: 'proc.personality', persona: 8, note: 'LINUX32' },
  ]);
  assert.throws(() => compileScheduling({ ...BASE, scheduler: { policy: 'SCHED_FIFO', nice: 20 } }, {}, false), /scheduler.nice/);
  assert.throws(() => compileScheduling({ ...BASE, scheduler: { policy: 'SCHED_OTHER', priority: 3 } }, {}, false), /scheduler.priority/);
  assert.throws(() => compileScheduling({ ...BASE, ioPriority: { class: 'x' } }, {}, false), /ioPriority.class/);
});
