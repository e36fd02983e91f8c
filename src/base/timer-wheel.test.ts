import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimerWheel } from './timer-wheel.ts';

test('runs what is due in one wake-up, keeps the rest, and forgets what was cancelled', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const pass = (ms: number): void => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  const wheel = new TimerWheel(() => now);
  const ran: string[] = [];
  wheel.after(30, () => ran.push('a'));
  wheel.after(10, () => ran.push('b'));
  wheel.after(5_001, () => ran.push('c'));
  wheel.after(5_040, () => ran.push('d'));
  const gone = wheel.after(20, () => ran.push('never'));
  assert.equal(wheel.size, 5);
  pass(9);
  assert.deepEqual(ran, []);
  pass(1);
  assert.deepEqual(ran, ['b']);
  gone.cancel();
  gone.cancel();
  pass(20);
  assert.deepEqual(ran, ['b', 'a']);
  pass(5_019);
  assert.deepEqual(ran, ['b', 'a'], 'long delays are rounded up together');
  pass(1);
  assert.deepEqual(ran, ['b', 'a', 'c', 'd']);
  assert.equal(wheel.size, 0);
});

test('a timer set by one that runs is kept, and one that is earlier than all others comes first', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const wheel = new TimerWheel(() => now);
  const ran: number[] = [];
  const again = (): void => {
    ran.push(now);
    if (ran.length < 4) wheel.after(100, again);
  };
  wheel.after(100, again);
  wheel.after(1, () => ran.push(-1));
  for (let step = 0; step < 400; step++) {
    now++;
    t.mock.timers.tick(1);
  }
  assert.deepEqual(ran, [-1, 100, 200, 300]);
});
