import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { must, type Outcome } from '../support/command.ts';
import { type Oracle, startOracle } from '../support/oracle.ts';
import { Bundle, RUNTIME } from './harness.ts';

// A real dockerd, with its containerd and shims, whose containers are run by `berth runtime`.
let oracle: Oracle;
let bundle: Bundle;
let directory: string;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-rt-dockerd-'));
  const wrapper = join(directory, 'berth-runtime');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${RUNTIME}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  oracle = await startOracle(`rt${process.pid}`, { args: ['--add-runtime', `berth=${wrapper}`, '--default-runtime', 'berth'] });
  bundle = new Bundle('dockerd');
  const archive = join(directory, 'root.tar');
  await must('tar', ['-C', bundle.path('rootfs'), '-cf', archive, '.']);
  assert.equal((await oracle.engine.docker(['import', '-c', 'CMD ["sh"]', archive, 'box'])).code, 0);
});
after(async () => {
  await oracle?.[Symbol.asyncDispose]();
  await bundle?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const docker = (...args: string[]): Promise<Outcome> => oracle.engine.docker(args);

test('docker run, with output, exit code, user, limits and network', async () => {
  const script = 'echo out; echo err >&2; id -u; hostname; cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max; grep -c : /proc/net/dev; exit 9';
  const { code, stdout, stderr } = await docker('run', '--rm', '-u', '1000', '-m', '64m', '--hostname', 'named', 'box', 'sh', '-c', script);
  assert.deepEqual([code, stdout, stderr], [9, 'out\n1000\nnamed\n67108864\n2\n', 'err\n']);
});

test('docker run says which command cannot run, with docker\'s codes', async () => {
  const missing = await docker('run', '--rm', 'box', 'nosuch');
  assert.equal(missing.code, 127);
  assert.match(missing.stderr, /exec: "nosuch": executable file not found in \$PATH/);
  const plain = await docker('run', '--rm', 'box', '/etc/passwd');
  assert.equal(plain.code, 126);
  assert.match(plain.stderr, /exec: "\/etc\/passwd": permission denied/);
});

test('docker run -d, exec, pause, update, top, stop', async () => {
  assert.equal((await docker('run', '-d', '--name', 'one', 'box', 'sh', '-c', 'trap "exit 4" TERM; while :; do sleep 0.1; done')).code, 0);
  const exec = await docker('exec', '-e', 'A=b', '-w', '/work', 'one', 'sh', '-c', 'echo $A; pwd; exit 6');
  assert.deepEqual([exec.code, exec.stdout], [6, 'b\n/work\n']);
  assert.equal((await docker('exec', 'one', 'nosuch')).code, 127);
  assert.equal((await docker('pause', 'one')).code, 0);
  assert.equal((await docker('inspect', '-f', '{{.State.Status}}', 'one')).stdout, 'paused\n');
  assert.equal((await docker('unpause', 'one')).code, 0);
  assert.equal((await docker('update', '--pids-limit', '77', 'one')).code, 0);
  assert.match((await docker('exec', 'one', 'sh', '-c', 'cat /sys/fs/cgroup/pids/pids.max || cat /sys/fs/cgroup/pids.max')).stdout, /^77\n/);
  assert.match((await docker('top', 'one')).stdout, /while :/);
  assert.equal((await docker('stop', 'one')).code, 0);
  assert.equal((await docker('inspect', '-f', '{{.State.ExitCode}}', 'one')).stdout, '4\n');
  assert.equal((await docker('rm', 'one')).code, 0);
});

test('a terminal', async () => {
  const { code, stdout } = await docker('run', '--rm', '-t', 'box', 'sh', '-c', 'tty; test -t 0 && echo terminal; exit 2');
  assert.deepEqual([code, stdout], [2, '/dev/pts/0\r\nterminal\r\n']);
});

test('a privileged container, a read-only one, and one that docker exec enters as another user', async () => {
  assert.match((await docker('run', '--rm', '--privileged', 'box', 'sh', '-c', 'mount -t tmpfs x /tmp && echo mounted')).stdout, /mounted/);
  assert.match((await docker('run', '--rm', '--read-only', '--tmpfs', '/tmp', 'box', 'sh', '-c', 'touch /x; touch /tmp/y && echo wrote')).stdout, /^wrote\n$/);
  assert.equal((await docker('run', '-d', '--name', 'two', 'box', 'sleep', '1000')).code, 0);
  assert.equal((await docker('exec', '-u', 'user', 'two', 'id', '-u')).stdout, '1000\n');
  assert.equal((await docker('exec', '--privileged', 'two', 'grep', 'CapEff', '/proc/self/status')).stdout.includes('00000000a80425fb'), false);
  assert.equal((await docker('rm', '-f', 'two')).code, 0);
});
