import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, normalize } from './normalize.ts';

const none = { paths: [], keep: [] };

test('ids become numbers in order of appearance, short and long forms of one id the same number', () => {
  const a = 'a1b2c3d4e5f60718293a4b5c6d7e8f901122334455667788990011223344aabb';
  assert.equal(normalize(`${a} ${a.slice(0, 12)} ffffffffffff 123456789012`, none), '<id 1> <short id 1> <short id 2> 123456789012');
  assert.equal(normalize(a, { paths: [], keep: [a] }), a);
});

test('times, ages, addresses and directories become words', () => {
  const text = '2026-11-22T19:41:37.295Z Up 3 seconds|Exited (0) Less than a second ago|02:42:ac:11:00:02 /tmp/x/work/dir';
  assert.equal(normalize(text, { paths: [['/tmp/x/work', '<work>']], keep: [] }), '<time> Up <while>|Exited (0) <ago>|<mac> <work>/dir');
});

test("the programs that dockerd goes through are no part of an error's text", () => {
  const chain = 'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';
  assert.equal(normalize(`${chain}exec: "x": executable file not found in $PATH`, none), 'exec: "x": executable file not found in $PATH');
});

test('difference shows changed lines with context and nothing for equal texts', () => {
  assert.equal(difference('a\nb\nc\nd\ne\nf', 'a\nb\nc\nD\ne\nf'), ' b\n c\n-d\n+D\n e\n f');
  assert.equal(difference('a\nb', 'a\nb'), '');
  assert.equal(difference('a', 'a\nb'), ' a\n+b');
});
