import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Op } from '#runtime/plan.ts';
import * as protocol from '#tasks/protocol.ts';
import { Refused, Supervisor, testCgroups } from './harness.ts';
import { CLONE, containerPlan, makePlace, mount, MS, type Place } from './plans.ts';

const ENOENT = 2;
const EPERM = 1;

let place: Place;
before(() => void (place = makePlace()));
after(() => place.remove());

/** Runs a plan that must fail and checks that nothing of it stays. */
async function fails(ops: readonly Op[], cgroups: readonly string[] = []): Promise<Refused['failure']> {
  const shim = new Supervisor(place);
  try {
    const error = await shim.create(ops).then(() => undefined, (e: unknown) => e);
    assert.ok(error instanceof Refused, String(error));
    assert.equal(await shim.ended, 0);
    for (const path of cgroups) assert.equal(existsSync(path), false, path);
    return error.failure;
  } finally {
    await shim.stop();
  }
}

const cgroups = testCgroups(`fail-${process.pid}`);

test('a failing step is named with its errno and object, wherever it runs', async () => {
  const base = containerPlan(place, { argv: ['true'], cgroups });
  const bad: Op[] = [
    { kind: 'cgroup.set', path: join(cgroups[0] ?? '', 'no.such'), data: '1', optional: false },
    { kind: 'ns.join', path: '/proc/self/ns/none', flag: 0 },
    mount('/nowhere', '/work', 'bind', MS.BIND, ''),
    { kind: 'root.open', path: '/nowhere' },
    { kind: 'sysctl', key: 'kernel.no_such', value: '1' },
    { kind: 'chdir', path: '/nowhere', create: false },
    { kind: 'exec.find', argv: ['nowhere'], env: ['PATH=/bin'], setHome: false },
    { kind: 'hook', side: 'shim', path: '/nowhere', args: ['x'], env: [], timeoutMs: 1000, statePrefix: '{', stateSuffix: '}' },
  ];
  const places: Record<string, number> = { 'cgroup.set': base.findIndex((op) => op.kind === 'ns.new'), 'ns.join': base.findIndex((op) => op.kind === 'ns.new'), 'hook': base.findIndex((op) => op.kind === 'hostname') };
  for (const op of bad) {
    const at = places[op.kind] ?? base.findIndex((other) => other.kind === 'hostname');
    const failure = await fails(base.toSpliced(at, 0, op), cgroups);
    assert.equal(failure.step, at, op.kind);
    if (op.kind === 'hook') assert.match(failure.detail, /^exit status 127: no such file/);
    else assert.equal(failure.errno, ENOENT, `${op.kind} ${JSON.stringify(failure)}`);
    assert.notEqual(failure.detail, '', op.kind);
  }
});

test('an optional setting that fails is a warning', async () => {
  const shim = new Supervisor(place);
  const path = join(cgroups[0] ?? '', 'no.such');
  try {
    const plan = containerPlan(place, { argv: ['true'], cgroups });
    const at = plan.findIndex((op) => op.kind === 'ns.new');
    const created = await shim.create(plan.toSpliced(at, 0, { kind: 'cgroup.set', path, data: '1', optional: true }));
    assert.deepEqual(created.warnings, [{ step: at, errno: ENOENT, detail: path }]);
  } finally {
    await shim.stop();
  }
});

test('proc and sysfs are not mounted through a link', async () => {
  const evil = makePlace();
  try {
    rmSync(join(evil.root, 'proc'), { recursive: true });
    mkdirSync(join(evil.root, 'elsewhere'));
    symlinkSync('elsewhere', join(evil.root, 'proc'));
    const plan = containerPlan(evil, { argv: ['true'] });
    const failure = await fails(plan);
    assert.equal(plan[failure.step]?.kind, 'mount');
    assert.equal(failure.errno, 40); // ELOOP
  } finally {
    evil.remove();
  }
});

test('raising a limit without the capability is reported', async (t) => {
  const status = await import('node:fs').then((fs) => fs.readFileSync('/proc/self/status', 'utf8'));
  const effective = BigInt(`0x${/CapEff:\t([0-9a-f]+)/.exec(status)?.[1] ?? '0'}`);
  if ((effective & (1n << 24n)) !== 0n) return t.diagnostic('CAP_SYS_RESOURCE is there: nothing is refused');
  const plan = containerPlan(place, { argv: ['true'], late: [{ kind: 'rlimit', resource: 8, soft: 1n << 40n, hard: (1n << 63n) + 5n }] }); // RLIMIT_MEMLOCK
  const failure = await fails(plan);
  assert.equal(failure.errno, EPERM);
  assert.equal(plan[failure.step]?.kind, 'rlimit');
});

test('malformed plans are refused before anything runs', async () => {
  const plan = containerPlan(place, { argv: ['true'] });
  for (const ops of [plan.slice(0, -1), plan.filter((op) => op.kind !== 'ns.new'), [...plan, ...plan], plan.toReversed()]) {
    const failure = await fails(ops);
    assert.equal(failure.errno, 71); // EPROTO
  }
  const shim = new Supervisor(place);
  try {
    await assert.rejects(shim.first.request((tag) => protocol.createRequest(tag, Buffer.from('BPLNgarbage'))), /errno 71/);
  } finally {
    await shim.stop();
  }
});

test('a program that the kernel cannot execute fails the start and leaves a record', async () => {
  writeFileSync(join(place.root, 'bin/garbage'), 'not a program', { mode: 0o755 });
  const shim = new Supervisor(place);
  try {
    const plan = containerPlan(place, { argv: ['garbage'], cgroups });
    await shim.create(plan);
    const error = await shim.start().then(() => undefined, (e: unknown) => e);
    assert.ok(error instanceof Refused);
    assert.equal(plan[error.failure.step]?.kind, 'exec');
    assert.equal(error.failure.errno, 8);
    await shim.ended;
    assert.equal(shim.record().code !== 0, true);
    for (const path of cgroups) assert.equal(existsSync(path), false, path);
  } finally {
    await shim.stop();
  }
});

test('hooks get the state with the pid, on both sides; a slow one is ended', async () => {
  const out = join(place.dir, 'hook-state');
  const hook = (side: 'shim' | 'init', script: string, timeoutMs: number): Op => ({ kind: 'hook', side, path: '/bin/sh', args: ['sh', '-c', script], env: ['PATH=/bin:/usr/bin'], timeoutMs, statePrefix: '{"pid":', stateSuffix: ',"id":"x"}' });
  const plan = containerPlan(place, { argv: ['true'] });
  const at = plan.findIndex((op) => op.kind === 'propagation');
  const shim = new Supervisor(place);
  try {
    const created = await shim.create(plan.toSpliced(at, 0, hook('shim', `cat > ${out}.shim`, 5000), hook('init', `cat > ${out}.init`, 5000)));
    const fs = await import('node:fs');
    for (const side of ['shim', 'init']) assert.deepEqual(JSON.parse(fs.readFileSync(`${out}.${side}`, 'utf8')), { pid: created.pid, id: 'x' });
  } finally {
    await shim.stop();
  }
  const failure = await fails(plan.toSpliced(at, 0, hook('shim', 'exec sleep 100', 50)));
  assert.equal(failure.errno, 110); // ETIMEDOUT
  const refused = await fails(plan.toSpliced(at, 0, hook('shim', 'echo why >&2; exit 3', 5000)));
  assert.match(refused.detail, /^exit status 3: why/);
});

test('the shim outlives its connections and ends on delete', async () => {
  const shim = new Supervisor(place);
  try {
    const created = await shim.create(containerPlan(place, { argv: ['sleep', '1000'], cgroups }));
    await shim.start();
    shim.first.close();
    const again = await shim.connect();
    const hello = (await again.request(protocol.helloRequest)) as protocol.HelloAnswer;
    assert.equal(hello.pid, shim.process.pid);
    const state = (await again.request(protocol.stateRequest)) as protocol.ShimState;
    assert.equal(state.status, 'running');
    assert.equal(state.pid, created.pid);
    await again.request(protocol.eventsRequest);
    await again.request(protocol.deleteRequest);
    assert.equal((await again.event('exit')).signal, 9);
    assert.equal(await shim.ended, 0);
    assert.equal(existsSync(join(place.run, 's')), false);
    for (const path of cgroups) assert.equal(existsSync(path), false, path);
  } finally {
    await shim.stop();
  }
});

test('a shim without a task ends with its only connection', async () => {
  const shim = new Supervisor(place);
  shim.first.close();
  assert.equal(await shim.ended, 0);
});

test('without a pid namespace everything of the cgroup ends with the init', async () => {
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', 'sleep 1000 & exit 5'], cgroups, namespaces: CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET }));
    await shim.start();
    assert.equal(await shim.ended, 0);
    assert.equal(shim.record().code, 5);
    for (const path of cgroups) assert.equal(existsSync(path), false, path);
  } finally {
    await shim.stop();
  }
});
