import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '#base/errors.ts';
import { explainJson, explainLines } from './explain.ts';
import { commandExitCode, describeFailure, planError } from './failure.ts';
import type { Op, Plan } from './plan.ts';

const [EPERM, ENOENT, ENOEXEC, EACCES, EISDIR, ENOSPC] = [1, 2, 8, 13, 21, 28] as const;

function planOf(...ops: Op[]): Plan {
  return { version: 1, ops, warnings: [] };
}

const find = (name: string): Op => ({ kind: 'exec.find', argv: [name, '-x'], env: ['PATH=/bin'], setHome: true });
const mount: Op = { kind: 'mount', source: '/vol', target: '/data', fstype: '', flags: 4096, data: '', where: 'root', create: 'like', createMode: 0o755, cwd: '' };

test('a failing step is one sentence with its place', () => {
  const plan = planOf({ kind: 'session' }, mount);
  assert.equal(describeFailure({ step: 1, errno: EACCES, detail: '/data' }, plan), 'mounting /vol at /data: permission denied (step 2 of 2)');
  assert.equal(describeFailure({ step: 1, errno: EACCES, detail: 'statx' }, plan), 'mounting /vol at /data: statx: permission denied (step 2 of 2)');
  assert.equal(describeFailure({ step: 9, errno: EPERM, detail: '' }, plan), 'running the plan: operation not permitted');
  assert.equal(kindOf(planError({ step: 1, errno: ENOSPC, detail: '' }, plan)), 'exhausted');
});

test('commands that cannot be run have the words and codes that clients know', () => {
  const check = (name: string, errno: number, text: string, code: number): void => {
    const plan = planOf(find(name));
    assert.equal(describeFailure({ step: 0, errno, detail: name }, plan), text);
    assert.equal(commandExitCode({ step: 0, errno, detail: name }, plan), code);
    assert.equal(planError({ step: 0, errno, detail: name }, plan).data['exitCode'], code);
  };
  check('foo', ENOENT, 'exec: "foo": executable file not found in $PATH', 127);
  check('/nope', ENOENT, 'exec: "/nope": stat /nope: no such file or directory', 127);
  check('/etc/passwd', EACCES, 'exec: "/etc/passwd": permission denied', 126);
  check('/etc', EISDIR, 'exec: "/etc": permission denied', 126);
});

test('execve and chdir have runc\'s words', () => {
  const plan = planOf({ kind: 'chdir', path: '/nope', create: false }, find('/bin/x'), { kind: 'exec', preserveFds: 0 });
  assert.equal(describeFailure({ step: 0, errno: ENOENT, detail: '/nope' }, plan), 'chdir to cwd ("/nope") set in config.json failed: no such file or directory');
  assert.equal(describeFailure({ step: 2, errno: ENOEXEC, detail: '/bin/x' }, plan), 'exec /bin/x: exec format error');
});

test('explanations hold no control characters and survive JSON', () => {
  const plan = planOf({ kind: 'hostname', name: 'a\u001b[2Jb\n' }, { kind: 'caps.bound', bounding: (1n << 41n) - 1n }, { kind: 'seccomp', program: new Uint8Array(16), flags: 0, listener: '', listenerMetadata: '' });
  assert.deepEqual(explainLines(plan), ['hostname    a\\x1b[2Jb\\x0a', 'caps.bound  bnd=1ffffffffff  41 capabilities', 'seccomp     2 instructions']);
  assert.deepEqual(JSON.parse(JSON.stringify(explainJson(plan))), {
    version: 1,
    warnings: [],
    ops: [
      { kind: 'hostname', name: 'a\u001b[2Jb\n' },
      { kind: 'caps.bound', bounding: '2199023255551' },
      { kind: 'seccomp', program: 'AAAAAAAAAAAAAAAAAAAAAA==', flags: 0, listener: '', listenerMetadata: '' },
    ],
  });
});
