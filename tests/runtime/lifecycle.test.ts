import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { waitFor } from '../support/command.ts';
import { Bundle } from './harness.ts';

let bundle: Bundle;
before(() => void (bundle = new Bundle('life')));
after(() => bundle[Symbol.asyncDispose]());
afterEach(() => assert.deepEqual(bundle.left(), [], 'a test left something behind'));

interface State {
  readonly status: string;
  readonly pid: number;
}

const state = async (id: string): Promise<State> => JSON.parse(await bundle.ok(['state', id])) as State;
const reach = (id: string, status: string): Promise<State> => waitFor(`${id} ${status}`, async () => ((await state(id)).status === status ? state(id) : undefined));

test('run in the foreground gives output and exit code, and leaves nothing', async () => {
  const { code, stdout, stderr } = await bundle.script('echo out; echo err >&2; cat; exit 7');
  assert.deepEqual([code, stdout, stderr], [7, 'out\n', 'err\n']);
});

test('a container goes through its states, and exec, ps, pause, update and kill work in it', async () => {
  await bundle.configure(['sleep', '1000']);
  const id = bundle.id();
  await bundle.create(id, ['create', '--pid-file', bundle.path('pid')]);
  const created = await state(id);
  assert.equal(created.status, 'created');
  assert.equal(readFileSync(bundle.path('pid'), 'utf8'), String(created.pid));
  assert.match((await bundle.runtime(['create', id])).stderr, /container with given ID already exists/);

  await bundle.ok(['start', id]);
  assert.equal((await state(id)).status, 'running');
  assert.match((await bundle.runtime(['start', id])).stderr, /cannot start an already running container/);

  const inside = await bundle.runtime(['exec', '--env', 'A=b', '--user', '1000:1000', '--cwd', '/work', id, 'sh', '-c', 'id -u; pwd; echo $A; cat /proc/self/cgroup; exit 5']);
  assert.equal(inside.code, 5);
  assert.match(inside.stdout, /^1000\n\/work\nb\n/);
  for (const line of inside.stdout.split('\n').slice(3, -1)) assert.match(line, new RegExp(`/${bundle.parent}/c$`));
  assert.match((await bundle.runtime(['exec', id, 'nosuch'])).stderr, /exec failed: unable to start container process: exec: \\?"nosuch\\?": executable file not found in \$PATH/);
  assert.ok((JSON.parse(await bundle.ok(['ps', '-f', 'json', id])) as number[]).includes(created.pid));
  assert.match(await bundle.ok(['ps', id]), /UID +PID .*\n.*sleep 1000/);

  await bundle.ok(['pause', id]);
  assert.equal((await state(id)).status, 'paused');
  assert.match((await bundle.runtime(['exec', id, 'true'])).stderr, /cannot exec in a paused container/);
  await bundle.ok(['resume', id]);
  await bundle.ok(['update', '--memory', String(64 << 20), '--pids-limit', '50', id]);
  const stats = JSON.parse(await bundle.ok(['events', '--stats', id])) as { data: { memory: { usage: { limit: number } }; pids: { limit: number } } };
  assert.deepEqual([stats.data.memory.usage.limit, stats.data.pids.limit], [64 << 20, 50]);

  assert.match((await bundle.runtime(['delete', id])).stderr, /that is not stopped: running/);
  await bundle.ok(['kill', id, 'KILL']);
  await reach(id, 'stopped');
  assert.match((await bundle.runtime(['kill', id])).stderr, /container not running/);
  assert.match(await bundle.ok(['list']), new RegExp(`^ID .*\n${id} +0 +stopped `));
  await bundle.ok(['delete', id]);
  assert.match((await bundle.runtime(['state', id])).stderr, /does not exist/);
});

test('a created container that was never started is deleted, a running one by force', async () => {
  await bundle.configure(['sleep', '1000']);
  const [waiting, running] = [bundle.id(), bundle.id()];
  await bundle.create(waiting, ['create']);
  await bundle.ok(['delete', waiting]);
  await bundle.create(running, ['run', '--detach']);
  await bundle.ok(['delete', '--force', running]);
});

test('standard streams are the caller\'s own', async () => {
  await bundle.configure('echo to the caller; ls /proc/self/fd');
  const id = bundle.id();
  const out = await bundle.create(id, ['run', '-d']);
  await reach(id, 'stopped');
  assert.equal(readFileSync(out, 'utf8'), 'to the caller\n0\n1\n2\n3\n'); // 3 is the listed directory
  await bundle.ok(['delete', id]);
});

test('what cannot run is told at create, and nothing is left', async () => {
  const cases: [string[], RegExp][] = [
    [['nosuch'], /exec: \\"nosuch\\": executable file not found in \$PATH/],
    [['/etc/passwd'], /exec: \\"\/etc\/passwd\\": permission denied/],
    [['/etc'], /exec: \\"\/etc\\": permission denied/],
  ];
  for (const [args, text] of cases) {
    await bundle.configure(args);
    const { code, stderr } = await bundle.runtime(['create', bundle.id()]);
    assert.equal(code, 1);
    assert.match(stderr, text);
  }
  await bundle.configure('true', (spec) => spec.mounts?.push({ destination: '/data', type: 'bind', source: '/nowhere/at/all', options: ['bind'] }));
  assert.match((await bundle.runtime(['create', bundle.id()])).stderr, /mounting \/nowhere\/at\/all at \/data: no such file or directory \(step \d+ of \d+\)/);
});

test('hooks run in their places with the state on stdin', async () => {
  const log = bundle.path('hooks.log');
  writeFileSync(log, '');
  mkdirSync(bundle.path('rootfs/hooks'), { recursive: true });
  const hook = (name: string): { path: string; args: string[]; env: string[] } => ({ path: '/bin/sh', args: ['sh', '-c', `read state; echo "${name} $state" >> ${log}`], env: ['PATH=/bin:/usr/bin'] });
  await bundle.configure('cat /hooks/inside', (spec) => {
    Object.assign(spec.root ?? {}, { readonly: false });
    spec.hooks = {
      prestart: [hook('prestart')], createRuntime: [hook('createRuntime')], createContainer: [hook('createContainer')],
      startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'cat > /hooks/inside'], env: ['PATH=/bin'] }], poststart: [hook('poststart')], poststop: [hook('poststop')],
    };
  });
  const id = bundle.id();
  const out = await bundle.create(id, ['create']);
  const { pid } = await state(id);
  await bundle.ok(['start', id]);
  await reach(id, 'stopped');
  await bundle.ok(['delete', id]);
  const lines = readFileSync(log, 'utf8').trim().split('\n').map((line) => [line.slice(0, line.indexOf(' ')), JSON.parse(line.slice(line.indexOf(' '))) as Record<string, unknown>] as const);
  assert.deepEqual(lines.map(([name]) => name), ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop']);
  for (const [, document] of lines) assert.deepEqual([document['id'], document['bundle'], document['ociVersion']], [id, bundle.directory, '1.2.1']);
  assert.deepEqual(lines.slice(0, 3).map(([, document]) => [document['status'], document['pid']]), [['creating', pid], ['creating', pid], ['creating', pid]]);
  assert.equal((JSON.parse(readFileSync(out, 'utf8')) as { status: string }).status, 'created');
});

test('a failing hook ends creation', async () => {
  await bundle.configure('true', (spec) => (spec.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'echo broken >&2; exit 3'] }] }));
  assert.match((await bundle.runtime(['create', bundle.id()])).stderr, /running the createRuntime hook \/bin\/sh: .*broken/);
});
