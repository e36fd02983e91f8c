import assert from 'node:assert/strict';
import test from 'node:test';
import { isKind } from '#base/errors.ts';
import { endingOf, isActive, move, neverRan, stateDocument } from './state.ts';
import type { ContainerState } from './state.ts';

const created: ContainerState = { status: 'created', ...neverRan };
const running: ContainerState = { status: 'running', pid: 7, startedAt: '2026-01-02T03:04:05Z' };

test('a container goes from created over running to exited and back', () => {
  const exited: ContainerState = { ...neverRan, status: 'exited', exitCode: 3 };
  assert.equal(move(created, running), running);
  assert.equal(move(running, exited), exited);
  assert.equal(move(exited, running), running);
});

test('an illegal move is an internal error that names both states', () => {
  assert.throws(() => move(running, { ...neverRan, status: 'removing' }), (error: unknown) => isKind(error, 'internal') && /from running to removing/.test(String(error)));
  assert.throws(() => move({ ...neverRan, status: 'dead' }, running), /from dead to running/);
});

test('the state document of a running container has its pid and no end', () => {
  const document = stateDocument(running);
  assert.deepEqual([document.Status, document.Running, document.Pid, document.ExitCode, document.FinishedAt], ['running', true, 7, 0, '0001-01-01T00:00:00Z']);
});

test('a paused container counts as running, a restarting one as running without a pid', () => {
  assert.equal(stateDocument({ ...running, status: 'paused' }).Running, true);
  const restarting = stateDocument({ ...neverRan, status: 'restarting', exitCode: 2 });
  assert.deepEqual([restarting.Running, restarting.Restarting, restarting.Pid, restarting.ExitCode], [true, true, 0, 2]);
  assert.equal(isActive({ ...neverRan, status: 'restarting' }), false);
  assert.equal(endingOf(running).startedAt, running.startedAt);
});
