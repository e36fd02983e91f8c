import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { errnoOf } from '#base/errors.ts';
import { closeFd } from './fs-at.ts';
import { openPidfd, readable } from './pidfd.ts';
import { identify, isRunning, readStat } from './procfs.ts';
import { holdProcess, processExited, signalProcess } from './process.ts';
import { createPrograms } from './programs.ts';
import { peerCredentials, receiveFds, sendFds, socketPair } from './sockets.ts';

const programs = createPrograms();
const SHELL = '/bin/sh';

async function read(fd: number): Promise<string> {
  const buffer = Buffer.alloc(65536);
  let text = '';
  for (;;) {
    await readable(fd);
    const length = readSync(fd, buffer);
    if (length === 0) return text;
    text += buffer.toString('utf8', 0, length);
  }
}

async function run(script: string, fds: Record<number, number> = {}): Promise<string> {
  const [ours, theirs] = socketPair();
  try {
    programs.spawnDetached({ program: programs.sealed(SHELL), argv: ['sh', '-c', script], env: ['NAME=value', 'PATH=/usr/bin:/bin'], fds: { 1: theirs, 2: theirs, ...fds }, cwd: '/' });
    closeFd(theirs);
    return await read(ours);
  } finally {
    closeFd(ours);
  }
}

test('a sealed program cannot be written to, and is made once', () => {
  const fd = programs.sealed(SHELL);
  assert.equal(programs.sealed(SHELL), fd);
  assert.throws(() => writeSync(fd, 'x'), (error) => ['EPERM', 'EBADF'].includes(errnoOf(error) ?? ''));
  assert.throws(() => closeSync(openSync(`/proc/self/fd/${fd}`, 'w')), /E(PERM|TXTBSY|ACCES)/);
  assert.throws(() => programs.sealed('/proc'), (error) => ['EISDIR', 'EINVAL'].includes(errnoOf(error) ?? ''));
});

test('a detached process leads its own session, has only the given fds and the given environment', async () => {
  const secret = openSync('/dev/zero', 'r');
  const out = await run('readlink /proc/$$/exe; cut -d" " -f4,6 /proc/$$/stat; echo $$; echo "$NAME$HOME"; pwd; echo $(readlink /proc/$$/fd/*); grep -E "^Sig(Blk|Ign)" /proc/self/status');
  closeSync(secret);
  const [exe, parents, pid, env, cwd, fds, ...signals] = out.trim().split('\n');
  assert.match(exe ?? '', /^\/memfd:sh \(deleted\)$/);
  assert.equal(parents?.split(' ')[1], pid);
  assert.notEqual(parents?.split(' ')[0], String(process.pid));
  assert.equal(env, 'value');
  assert.equal(cwd, '/');
  assert.match(fds ?? '', /^\/dev\/null socket:\S+ socket:\S+( pipe:\S+)?$/); // the pipe is the shell's own, for $(…)
  assert.deepEqual(signals, ['SigBlk:\t0000000000000000', 'SigIgn:\t0000000000000000']);
});

test('fds arrive under their numbers, also crossed ones', async () => {
  const a = openSync('/dev/null', 'r');
  const b = openSync('/dev/zero', 'r');
  const out = await run(`readlink /proc/$$/fd/${a} /proc/$$/fd/${b} /proc/$$/fd/9`, { [a]: b, [b]: a, 9: a });
  closeSync(a);
  closeSync(b);
  assert.equal(out, '/dev/zero\n/dev/null\n/dev/null\n');
});

test('what cannot be started is an error, and leaves neither process nor fd', () => {
  const before = readdirSync('/proc/self/fd').length;
  const start = (program: number, cwd: string): unknown => programs.spawnDetached({ program, argv: ['x'], env: [], fds: {}, cwd });
  assert.throws(() => start(programs.sealed(SHELL), '/missing'), (error) => errnoOf(error) === 'ENOENT');
  const text = openSync('/etc/passwd', 'r');
  assert.throws(() => start(text, '/'), (error) => ['EACCES', 'ENOEXEC'].includes(errnoOf(error) ?? ''));
  closeSync(text);
  assert.equal(readdirSync('/proc/self/fd').length, before);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  assert.equal(children, '');
});

test('many processes are waited for at once', async () => {
  const started = Array.from({ length: 50 }, () => programs.spawnDetached({ program: programs.sealed(SHELL), argv: ['sh', '-c', 'exec sleep 30'], env: ['PATH=/usr/bin:/bin'], fds: {}, cwd: '/' }).pid);
  const held = started.map((pid) => openPidfd(pid)).filter((pidfd) => pidfd !== undefined);
  assert.equal(held.length, started.length);
  const ended = held.map((pidfd) => pidfd.exited());
  for (const pidfd of held) assert.equal(pidfd.signal(9), true);
  await Promise.all(ended);
  for (const pidfd of held) pidfd[Symbol.dispose]();
});

test('a process is known by its identity, not by its number', async () => {
  const { pid } = programs.spawnDetached({ program: programs.sealed(SHELL), argv: ['sh', '-c', 'exec sleep 30'], env: ['PATH=/usr/bin:/bin'], fds: {}, cwd: '/' });
  const identity = identify(pid);
  assert.ok(identity);
  assert.equal(isRunning(identity), true);
  assert.equal(isRunning({ ...identity, startTime: identity.startTime - 1 }), false);
  assert.equal(isRunning({ ...identity, bootId: 'other' }), false);
  assert.equal(holdProcess({ ...identity, startTime: 1 }), undefined);
  const waited = new AbortController();
  const wait = processExited(identity, waited.signal);
  waited.abort(new Error('enough'));
  await assert.rejects(wait, /enough/);
  assert.equal(signalProcess(identity, 9), true);
  await processExited(identity);
  assert.equal(isRunning(identity), false);
  assert.equal(readStat(1)?.pid, 1);
});

test('file descriptors travel over a socket', () => {
  const [a, b] = socketPair();
  const zero = openSync('/dev/zero', 'r');
  assert.equal(sendFds(a, Buffer.from('hi'), [zero, zero]), 2);
  const buffer = Buffer.alloc(10);
  const { length, fds } = receiveFds(b, buffer);
  assert.equal(buffer.toString('utf8', 0, length), 'hi');
  assert.deepEqual(fds.map((fd) => readlinkSync(`/proc/self/fd/${fd}`)), ['/dev/zero', '/dev/zero']);
  assert.deepEqual(peerCredentials(a), { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
  for (const fd of [a, b, zero, ...fds]) closeFd(fd);
});

test('the addon works in workers and goes with them', async () => {
  const script = `
    import { readable } from ${JSON.stringify(import.meta.resolve('./pidfd.ts'))};
    import { socketPair } from ${JSON.stringify(import.meta.resolve('./sockets.ts'))};
    import { writeSync } from 'node:fs';
    const [a, b] = socketPair();
    writeSync(b, 'x');
    await readable(a);
    readable(b);
    process.exit(3);
  `;
  for (let index = 0; index < 3; index++) {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
    const code = await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));
    assert.equal(code, 3);
  }
});
