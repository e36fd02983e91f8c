import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Op } from '#runtime/plan.ts';
import * as protocol from '#tasks/protocol.ts';
import { runToEnd, Supervisor, testCgroups } from './harness.ts';
import { CLONE, containerPlan, makePlace, mount, MS, type Place } from './plans.ts';

let place: Place;
before(() => void (place = makePlace()));
after(() => place.remove());

test('a container runs, its output is separated and its exit code kept', async () => {
  const { stdout, stderr, exit } = await runToEnd(place, { argv: ['sh', '-c', 'echo out; echo err >&2; hostname; exit 3'] });
  assert.equal(stdout, 'out\ninside\n');
  assert.equal(stderr, 'err\n');
  assert.equal(exit.code, 3);
  assert.equal(exit.signal, 0);
  assert.ok(BigInt(exit.finishedAt) > BigInt(exit.startedAt));
});

test('the process sees only its own descriptors and a clean signal state', async () => {
  const listing = await runToEnd(place, { argv: ['ls', '/proc/self/fd'] });
  assert.equal(listing.stdout, '0\n1\n2\n3\n'); // 3 is the listed directory itself
  const { stdout } = await runToEnd(place, { argv: ['cat', '/proc/self/status'] });
  assert.match(stdout, /SigBlk:\t0+\n/);
  assert.match(stdout, /SigIgn:\t0+\n/);
  assert.match(stdout, /CapInh:\t0+\n/);
});

test('steps in the root are done: mounts, masks, read-only paths, devices', async () => {
  const script = 'cat /proc/mounts; echo x > /proc/sys/kernel/hostname || echo refused; wc -c < /proc/version; ls -l /dev/null /dev/ptmx; mount | head -1';
  const { stdout } = await runToEnd(place, { argv: ['sh', '-c', script] });
  assert.match(stdout, /proc \/proc proc rw,nosuid,nodev,noexec/);
  assert.match(stdout, /proc \/proc\/sys proc ro,/);
  assert.match(stdout, /refused\n0\n/);
  assert.match(stdout, /crw-rw-rw- .* 1, +3 .* \/dev\/null/);
  assert.match(stdout, /\/dev\/ptmx -> pts\/ptmx/);
  assert.doesNotMatch(stdout, /\/etc\/resolv|\/work\/|\/home/);
});

test('ids, HOME and working directory are as asked; a missing working directory is made', async () => {
  const { stdout } = await runToEnd(place, { argv: ['sh', '-c', 'id; echo $HOME; pwd'], uid: 1000, cwd: '/work/new/dir' });
  assert.match(stdout, /uid=1000\(user\) gid=1000/);
  assert.match(stdout, /\n\/work\n\/work\/new\/dir\n/);
});

test('a killed process leaves its signal', async () => {
  const { exit } = await runToEnd(place, { argv: ['sh', '-c', 'sh -c "kill -9 \\$PPID" & sleep 5'], namespaces: CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET });
  assert.equal(exit.signal, 9);
  assert.equal(exit.code, 137);
});

test('signals reach the init; the run directory tells who it is', async () => {
  const shim = new Supervisor(place);
  try {
    const created = await shim.create(containerPlan(place, { argv: ['sh', '-c', 'trap "exit 42" TERM; echo ready; while :; do usleep 10000; done'] }));
    const init = JSON.parse(readFileSync(join(place.run, 'init.json'), 'utf8')) as { pid: number; startTime: number };
    assert.deepEqual({ pid: created.pid, startTime: created.startTime }, init);
    const field = readFileSync(`/proc/${created.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
    assert.equal(Number(field), created.startTime);
    await shim.events();
    const stream = await shim.attach(2);
    await shim.start();
    await stream.until((text) => text.includes('ready'));
    await shim.first.request((tag) => signal(tag, 15));
    const exit = await shim.first.event('exit');
    assert.equal(exit.code, 42);
    assert.deepEqual({ ...exit, type: undefined }, { ...shim.record(), type: undefined });
    assert.equal(await shim.ended, 0);
  } finally {
    await shim.stop();
  }
});

test('limits are applied, counted and removed with their cgroups', async () => {
  const cgroups = testCgroups(`shim-${process.pid}`);
  const memory = cgroups.find((path) => existsSync(join(path, '../memory.limit_in_bytes')) || path.includes('/memory/')) ?? cgroups[0] ?? '';
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', 'cat /proc/self/cgroup; yes | dd of=/dev/shm0 bs=1M count=64 iflag=fullblock 2>/dev/null; x=$(yes | head -c 90000000); echo $?'], cgroups }));
    const file = existsSync(join(memory, 'memory.max')) ? 'memory.max' : 'memory.limit_in_bytes';
    writeFileSync(join(memory, file), String(16 << 20));
    await shim.events();
    const stream = await shim.attach(2);
    await shim.start();
    await stream.closed;
    await shim.ended;
    const exit = shim.record();
    assert.ok(exit.oomKills > 0, JSON.stringify(exit));
    assert.ok(exit.memoryPeak > 8 << 20);
    assert.match(stream.split().stdout, new RegExp(`berth-test/shim-${process.pid}`));
    for (const path of cgroups) assert.equal(existsSync(path), false, path);
    assert.ok(shim.first.events.some((event) => event.type === 'oom'), JSON.stringify(shim.first.events));
  } finally {
    await shim.stop();
  }
});

test('mount targets that are links stay inside the root', async () => {
  const outside = join(place.dir, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(place.root, 'escape'));
  symlinkSync('../../../../../../etc', join(place.root, 'up'));
  symlinkSync('/made/by/link', join(place.root, 'dangling'));
  const mounts = ['/escape/a', '/up/b', '/dangling/c'].map((target) => mount('tmpfs', target, 'tmpfs', MS.NOSUID, ''));
  const { stdout } = await runToEnd(place, { argv: ['cat', '/proc/mounts'], mounts });
  assert.match(stdout, new RegExp(`tmpfs ${outside}/a tmpfs`)); // the link's path, but below the root
  assert.match(stdout, /tmpfs \/etc\/b tmpfs/);
  assert.match(stdout, /tmpfs \/made\/by\/link\/c tmpfs/);
  assert.equal(existsSync(join(outside, 'a')), false);
  assert.equal(existsSync('/etc/b'), false);
});

test('a tmpfs with copy-up keeps what it covers', async () => {
  mkdirSync(join(place.root, 'full/sub'), { recursive: true });
  writeFileSync(join(place.root, 'full/sub/file'), 'kept');
  symlinkSync('sub/file', join(place.root, 'full/link'));
  const { stdout } = await runToEnd(place, {
    argv: ['sh', '-c', 'cat /full/link; echo; touch /full/new && stat -f -c %T /full'],
    mounts: [{ kind: 'tmpfs.copyup', target: '/full', flags: MS.NOSUID | MS.NODEV, data: 'size=1m' }],
  });
  assert.equal(stdout, 'kept\ntmpfs\n');
  assert.equal(existsSync(join(place.root, 'full/new')), false);
});

test('a user namespace maps ids', async () => {
  const plan = containerPlan(place, { argv: ['sh', '-c', 'id -u; cat /proc/self/uid_map; wc -c < /proc/version'], namespaces: CLONE.NEWUSER | CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWPID | CLONE.NEWNET });
  const birth = plan.findIndex((op) => op.kind === 'ns.new');
  // Devices cannot be made in a user namespace: the host's is bound.
  const bound: Op = { ...mount('/dev/null', '/dev/null', 'bind', MS.BIND, ''), create: 'like' } as Op;
  const ops = plan.filter((op) => op.kind !== 'mknod' || op.path === '/dev/null').map((op) => (op.kind === 'mknod' ? bound : op));
  ops.splice(birth + 1, 0, { kind: 'userns.map', uidMap: '0 100000 65536\n', gidMap: '0 100000 65536\n', setgroups: 'allow' }, { kind: 'ids', uid: 0, gid: 0, groups: [], setgroups: false });
  const shim = new Supervisor(place);
  try {
    await shim.create(ops);
    const stream = await shim.attach(6);
    await shim.start();
    await stream.closed;
    assert.match(stream.split().stdout, /^0\n +0 +100000 +65536\n0\n/);
  } finally {
    await shim.stop();
  }
});

test('the program inside is not ours to overwrite, and the shim cannot be traced or copied', async () => {
  const shim = new Supervisor(place);
  try {
    const created = await shim.create(containerPlan(place, { argv: ['true'] }));
    assert.match(readFileSync(`/proc/${created.pid}/status`, 'utf8'), /Name:\tberth-shim/);
    const { uid } = await import('node:fs').then((fs) => fs.statSync(`/proc/${created.pid}/fd`));
    assert.equal(uid, 0); // not dumpable: belongs to root whatever the ids
  } finally {
    await shim.stop();
  }
});

function signal(tag: number, signo: number): Buffer {
  return protocol.signalRequest(tag, '', signo, false);
}