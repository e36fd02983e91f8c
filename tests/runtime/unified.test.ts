import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { join } from 'node:path';
import { Bundle } from './harness.ts';

// cgroup v2's own ways: birth in the cgroup, the device filter in BPF, freezing by cgroup.freeze.
let bundle: Bundle;
before(() => void (bundle = new Bundle('v2', join(import.meta.dirname, 'unified.program.ts'))));
after(() => bundle[Symbol.asyncDispose]());
afterEach(() => assert.deepEqual(bundle.left(), [], 'a test left something behind'));

test('the process is born in its cgroup, sees it as the root and cannot change it', async () => {
  const { code, stdout, stderr } = await bundle.script('grep "^0:" /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs | head -1; touch /sys/fs/cgroup/x 2>&1');
  assert.equal(stderr, '');
  assert.match(stdout, /^0::\/\n1\ntouch: .*Read-only file system\n$/);
  assert.equal(code, 1);
});

test('the device filter decides in the kernel as the list says', async () => {
  const script = 'mknod /tmp/kmsg c 1 11; mknod /tmp/zero c 1 5; mknod /tmp/full c 1 7; cat /tmp/kmsg 2>&1; dd if=/tmp/zero bs=3 count=1 2>/dev/null | wc -c; echo x > /tmp/full; dd if=/tmp/full bs=2 count=1 2>/dev/null | wc -c';
  const { stdout, stderr } = await bundle.script(script, (spec) => {
    const caps = ['CAP_MKNOD'];
    Object.assign(spec.process ?? {}, { capabilities: { bounding: caps, permitted: caps, effective: caps } });
    spec.mounts?.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['mode=755'] });
  });
  assert.equal(stdout, 'cat: can\'t open \'/tmp/kmsg\': Operation not permitted\n3\n2\n');
  assert.match(stderr, /No space left on device/);
});

test('pause, exec and delete', async () => {
  await bundle.configure(['sleep', '1000']);
  const id = bundle.id();
  await bundle.create(id, ['run', '-d']);
  await bundle.ok(['pause', id]);
  assert.match(await bundle.ok(['state', id]), /"paused"/);
  await bundle.ok(['resume', id]);
  assert.equal(await bundle.ok(['exec', id, 'grep', '^0:', '/proc/self/cgroup']), '0::/\n');
  await bundle.ok(['delete', '-f', id]);
});
