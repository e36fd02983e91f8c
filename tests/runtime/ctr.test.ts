import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Outcome, run, uniqueId, waitFor } from '../support/command.ts';
import { makeNetworkNamespace } from '../support/netns.ts';
import { fetchOracle, oracleEnv } from '../support/oracle.ts';
import { makeScratch } from '../support/scratch.ts';
import { Bundle } from './harness.ts';
import { LAUNCHER } from './peers.ts';

// containerd of its own; every command is run with our runtime and with runc, and must say the same.
const stack = new AsyncDisposableStack();
let ctr: (args: readonly string[]) => Promise<Outcome>;
let bundle: Bundle;
let programs: readonly (readonly [string, string])[];
const id = uniqueId();

before(async () => {
  const root = await fetchOracle();
  const namespace = stack.use(await makeNetworkNamespace(`ctr${id}`));
  const scratch = stack.use(await makeScratch(`ctr${id}`, 'tmpfs', 512)).path;
  bundle = stack.use(new Bundle('ctr'));
  const socket = join(scratch, 'c.sock');
  const config = join(scratch, 'config.toml');
  mkdirSync(join(scratch, 'state'));
  writeFileSync(config, `version = 3\nroot = "${scratch}/root"\nstate = "${scratch}/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]\n[grpc]\naddress = "${socket}"\n[ttrpc]\naddress = "${socket}.ttrpc"\n`);
  const env = { ...process.env, ...oracleEnv(root) };
  const daemon: ChildProcess = spawn('nsenter', [`--net=${namespace.path}`, 'setpriv', '--pdeathsig', 'TERM', join(root, 'usr/bin/containerd'), '-c', config, '-l', 'error'], { env, stdio: 'ignore' });
  stack.defer(async () => {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    if (daemon.kill()) await ended;
  });
  ctr = (args) => run('nsenter', [`--net=${namespace.path}`, join(root, 'usr/bin/ctr'), '-a', socket, ...args], { env: oracleEnv(root), timeoutMs: 30_000 });
  await waitFor('containerd to answer', async () => (await ctr(['version'])).code === 0);
  programs = [['runc', join(root, 'usr/sbin/runc')], ['berth', LAUNCHER]];
});
after(() => stack.disposeAsync());

/** Runs the command lines with each runtime; $ID in them is the container, and the outcomes must be the same. */
async function same(lines: readonly (readonly string[])[]): Promise<Outcome[]> {
  const answers: Outcome[][] = [];
  for (const [name, program] of programs) {
    const own: Outcome[] = [];
    for (const line of lines) {
      const [verb, ...rest] = line.map((word) => word.replaceAll('$ID', `${name}-${id}`));
      const first = verb === 'run' ? ['run', '--runc-binary', program, '--rootfs', '--env', 'PATH=/bin', '--cgroup', `/${bundle.parent}/${name}`] : [verb ?? ''];
      const { code, stdout, stderr } = await ctr([...first, ...rest]);
      own.push({ code, stdout, stderr: stderr.replaceAll('berth runtime create', 'runc create').replaceAll(`${name}-${id}`, 'ID').replace(/time="[^"]*" /g, '') });
    }
    answers.push(own);
  }
  assert.deepEqual(answers[1], answers[0]);
  return answers[1] ?? [];
}

const root = (): string => bundle.path('rootfs');

test('ctr run: output, exit codes, limits, and a program that is not there', async () => {
  const [ran, limited, missing] = await same([
    ['run', '--rm', root(), '$ID', 'sh', '-c', 'echo out; echo err >&2; id -u; exit 7'],
    ['run', '--rm', '--memory-limit', '67108864', '--read-only', root(), '$ID', 'sh', '-c', 'touch /x; grep CapEff /proc/self/status'],
    ['run', '--rm', root(), '$ID', 'nosuch'],
  ]);
  assert.deepEqual([ran?.code, ran?.stdout, ran?.stderr], [7, 'out\n0\n', 'err\n']);
  assert.match(limited?.stderr ?? '', /Read-only file system/);
  assert.match(missing?.stderr ?? '', /exec: "nosuch": executable file not found in \$PATH/);
});

test('ctr task: exec, pause, resume, kill, delete', async () => {
  const [, executed, failed, , paused] = await same([
    ['run', '--detach', '--null-io', root(), '$ID', 'sleep', '1000'],
    ['task', 'exec', '--exec-id', 'e', '$ID', 'sh', '-c', 'echo inside; exit 6'],
    ['task', 'exec', '--exec-id', 'e', '$ID', 'nosuch'],
    ['task', 'pause', '$ID'],
    ['task', 'exec', '--exec-id', 'f', '$ID', 'true'],
    ['task', 'resume', '$ID'],
    ['task', 'kill', '-s', 'SIGKILL', '$ID'],
    ['task', 'delete', '--force', '$ID'],
    ['container', 'delete', '$ID'],
  ]);
  assert.deepEqual([executed?.code, executed?.stdout], [6, 'inside\n']);
  assert.match(failed?.stderr ?? '', /executable file not found in \$PATH/);
  assert.match(paused?.stderr ?? '', /paused/);
});
