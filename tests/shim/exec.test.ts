import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { encodePlan } from '#runtime/codec.ts';
import * as protocol from '#tasks/protocol.ts';
import { Refused, Supervisor, testCgroups } from './harness.ts';
import { containerPlan, execPlan, makePlace, type Place, type Shape } from './plans.ts';

let place: Place;
let shim: Supervisor;
let init: protocol.CreatedAnswer;
const cgroups = testCgroups(`exec-${process.pid}`);

before(() => void (place = makePlace()));
after(() => place.remove());

beforeEach(async () => {
  shim = new Supervisor(place);
  init = await shim.create(containerPlan(place, { argv: ['sleep', '1000'], cgroups }));
  await shim.start();
  await shim.events();
});

afterEach(() => shim.stop());

async function run(id: string, shape: Shape): Promise<{ stdout: string; stderr: string; exit: protocol.ShimExit }> {
  const stream = await shim.exec(id, execPlan(init, { cgroups, ...shape }), 7);
  await stream.closed;
  return { ...stream.split(), exit: shim.record(`execs/${id}.json`) };
}

test('an exec runs inside, with its own output, code and record', async () => {
  const { stdout, stderr, exit } = await run('one', { argv: ['sh', '-c', 'hostname; echo $HOME; echo e >&2; cat /proc/self/cgroup; exit 7'] });
  assert.match(stdout, /^inside\n\/root\n/);
  assert.match(stdout, new RegExp(`berth-test/exec-${process.pid}`));
  assert.equal(stderr, 'e\n');
  assert.equal(exit.code, 7);
  const event = await shim.first.event('exec-exit');
  assert.equal(event.execId, 'one');
  assert.equal(event.code, 7);
});

test('an exec sees only its own descriptors and ignores no signal', async () => {
  assert.equal((await run('fds', { argv: ['ls', '/proc/self/fd'] })).stdout, '0\n1\n2\n3\n');
  const { stdout } = await run('status', { argv: ['cat', '/proc/self/status'] });
  assert.match(stdout, /SigBlk:\t0+\n/);
  assert.match(stdout, /SigIgn:\t0+\n/);
  assert.match(stdout, /CapInh:\t0+\n/);
});

test('stdin reaches an exec and its end closes it', async () => {
  const stream = await shim.exec('in', execPlan(init, { argv: ['cat'], stdin: true }), 7);
  stream.socket.end('typed\n');
  await stream.closed;
  assert.equal(stream.split().stdout, 'typed\n');
});

test('64 MiB pass through stdin and stdout unchanged', async () => {
  const stream = await shim.exec('big', execPlan(init, { argv: ['wc', '-c'], stdin: true }), 7);
  const chunk = Buffer.alloc(1 << 20, 'x');
  for (let n = 0; n < 64; n++) if (!stream.socket.write(chunk)) await new Promise((resolve) => stream.socket.once('drain', resolve));
  stream.socket.end();
  await stream.closed;
  assert.equal(stream.split().stdout, `${64 << 20}\n`);
});

test('programs that cannot run are told apart, at the step that looked for them', async () => {
  writeFileSync(join(place.root, 'bin/plain'), 'text', { mode: 0o644 });
  const cases: [string, number][] = [['nowhere', 2], ['/bin/nowhere', 2], ['/bin/plain', 13], ['plain', 2], ['/bin', 21], ['', 2]];
  for (const [name, errno] of cases) {
    const plan = execPlan(init, { argv: [name] });
    const error = await shim.first.request((tag) => protocol.execRequest(tag, 'bad', encodePlan(plan), 0)).then(() => undefined, (e: unknown) => e);
    assert.ok(error instanceof Refused, name);
    assert.equal(error.failure.errno, errno, name);
    assert.equal(plan[error.failure.step]?.kind, 'exec.find', name);
  }
  writeFileSync(join(place.root, 'bin/garbage'), 'not a program', { mode: 0o755 });
  const plan = execPlan(init, { argv: ['garbage'] });
  const error = await shim.first.request((tag) => protocol.execRequest(tag, 'bad', encodePlan(plan), 0)).then(() => undefined, (e: unknown) => e);
  assert.ok(error instanceof Refused);
  assert.equal(error.failure.errno, 8); // ENOEXEC
  assert.equal(plan[error.failure.step]?.kind, 'exec');
  assert.equal(error.failure.detail, '/bin/garbage');
});

test('working directories that lead out through /proc are refused', async () => {
  for (const cwd of ['/proc/self/fd/4', '/proc/self/fd/5', '/proc/self/fd/6', '/proc/self/fd/7', '/proc/self/fd/100', '/proc/self/cwd']) {
    const plan = execPlan(init, { argv: ['pwd'], cwd });
    const error = await shim.first.request((tag) => protocol.execRequest(tag, 'out', encodePlan(plan), 0)).then(() => undefined, (e: unknown) => e);
    assert.ok(error instanceof Refused, cwd);
    assert.equal(plan[error.failure.step]?.kind, 'chdir', cwd);
  }
  if (!existsSync(join(place.root, 'way-out'))) symlinkSync('/proc/self/fd/5', join(place.root, 'way-out'));
  await assert.rejects(run('out2', { argv: ['pwd'], cwd: '/way-out' }), Refused);
});

test('another process under the pid of the init is not entered', async () => {
  const plan = execPlan({ ...init, startTime: init.startTime + 1 }, { argv: ['true'] });
  const error = await shim.first.request((tag) => protocol.execRequest(tag, 'stale', encodePlan(plan), 0)).then(() => undefined, (e: unknown) => e);
  assert.ok(error instanceof Refused);
  assert.equal(plan[error.failure.step]?.kind, 'ns.enter');
  assert.equal(error.failure.errno, 3);
});

test('a detached exec is signalled by its id and recorded', async () => {
  const plan = execPlan(init, { argv: ['sleep', '1000'] });
  const created = (await shim.first.request((tag) => protocol.execRequest(tag, 'long', encodePlan(plan), 0))) as protocol.CreatedAnswer;
  assert.match(readFileSync(`/proc/${created.pid}/cmdline`, 'latin1'), /sleep/);
  const state = (await shim.first.request(protocol.stateRequest)) as protocol.ShimState;
  assert.deepEqual(state.execs, [{ id: 'long', pid: created.pid, startTime: created.startTime }]);
  await assert.rejects(shim.first.request((tag) => protocol.execRequest(tag, 'long', encodePlan(plan), 0)), /errno 17/);
  await shim.first.request((tag) => protocol.signalRequest(tag, 'long', 15, false));
  const exit = await shim.first.event('exec-exit');
  assert.equal(exit.signal, 15);
  assert.equal(shim.record('execs/long.json').code, 143);
});

test('ids that are no file names are refused', async () => {
  for (const id of ['../x', 'a/b', '.', '..', 'a b', 'x'.repeat(128) + 'y']) {
    await assert.rejects(async () => shim.first.request((tag) => protocol.execRequest(tag, id, encodePlan(execPlan(init, { argv: ['true'] })), 0)));
  }
});

test('a terminal of an exec has its size, and is the controlling one', async () => {
  const stream = await shim.exec('tty', execPlan(init, { argv: ['sh', '-c', 'stty size; tty; read x; stty size; echo got $x'], terminal: true, stdin: true }), 7);
  await stream.until((text) => /pts\/\d\r\n/.test(text));
  await shim.first.request((tag) => protocol.resizeRequest(tag, 'tty', 33, 44));
  stream.socket.write('word\n');
  await stream.closed;
  assert.match(stream.raw().toString(), /^10 20\r\n\/dev\/pts\/\d\r\nword\r\n33 44\r\ngot word\r\n$/);
});

test('what an exec leaves running does not hold up its end for ever', async () => {
  const { stdout, exit } = await run('late', { argv: ['sh', '-c', '(usleep 200000; echo late) & echo early'] });
  assert.equal(stdout, 'early\nlate\n');
  assert.equal(exit.code, 0);
});

test('the end of the init ends the execs', async () => {
  const stream = await shim.exec('held', execPlan(init, { argv: ['sleep', '1000'] }), 6);
  await shim.first.request((tag) => protocol.signalRequest(tag, '', 9, false));
  await stream.closed;
  const exit = await shim.first.event('exit');
  assert.equal(exit.code, 137);
  assert.equal(await shim.ended, 0);
  for (const path of cgroups) assert.equal(existsSync(path), false, path);
});

test('what a slow client of an ended exec gets later is the exec’s output only', async () => {
  await shim.stop();
  shim = new Supervisor(place);
  const go = join(place.root, 'work/go');
  init = await shim.create(containerPlan(place, { argv: ['sh', '-c', 'until [ -e /work/go ]; do sleep 0.05; done; echo from the init; sleep 1000'], cgroups }));
  const own = await shim.attach(2);
  await shim.start();
  await shim.events();
  const slow = await shim.exec('slow', execPlan(init, { argv: ['sh', '-c', 'yes | head -c 9000000'], cgroups }), 6);
  slow.socket.pause();
  // It is held back while its client may still read; after a stall it goes on without.
  await shim.first.event('exec-exit');
  writeFileSync(go, '');
  await own.until((text) => text.includes('from the init'));
  slow.socket.resume();
  await slow.closed;
  assert.equal(slow.split().stdout.length, 9_000_000);
  assert.doesNotMatch(slow.split().stdout, /init/);
});
