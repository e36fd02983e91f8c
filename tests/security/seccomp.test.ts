/** The default filter gives the answers that the reference's gives, call by call. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot } from '../support/berth.ts';
import { must, uniqueId } from '../support/command.ts';
import { startOracle } from '../support/oracle.ts';
import type { Oracle } from '../support/oracle.ts';
import { BASE, Guarded } from './support.ts';

const EPERM = '1';

describe('system calls in a container', { skip: process.arch === 'x64' ? false : 'the table of calls is for x86-64' }, () => {
  const daemon = new Guarded();
  const directory = mkdtempSync(join(tmpdir(), 'berth-calls-'));
  let oracle: Oracle;

  before(async () => {
    await must('cc', ['-static', '-O1', '-w', '-o', join(directory, 'calls'), join(import.meta.dirname, 'calls.c')]);
    await daemon.start();
    oracle = await startOracle(uniqueId());
    await oracle.engine.mustDocker(['load', '-i', join(projectRoot, 'build/base-image.tar')]);
  });

  after(async () => {
    await oracle[Symbol.asyncDispose]();
    await daemon.stop();
    rmSync(directory, { recursive: true });
  });

  const flags = (more: readonly string[]): string[] => ['run', '--rm', '-v', `${directory}/calls:/calls:ro`, ...more, BASE, '/calls'];

  for (const more of [[], ['-u', '1000'], ['--cap-drop', 'ALL'], ['--cap-add', 'SYS_ADMIN'], ['--cap-add', 'SYS_PTRACE'], ['--cap-add', 'ALL'], ['--security-opt', 'no-new-privileges'], ['--security-opt', 'seccomp=unconfined'], ['--privileged']]) {
    it(`give what dockerd gives: ${more.join(' ') || 'default'}`, async () => {
      const [theirs, ours] = await Promise.all([oracle.engine.mustDocker(flags(more)), daemon.must(flags(more))]);
      assert.deepEqual(ours.split('\n'), theirs.split('\n'));
    });
  }

  it('are the same for an exec', async () => {
    const ids = await Promise.all([oracle.engine, daemon.berth.engine].map((engine) => engine.mustDocker(['run', '-d', '-v', `${directory}/calls:/calls:ro`, BASE, 'sleep', '1000'])));
    const [theirs, ours] = await Promise.all([oracle.engine.mustDocker(['exec', ids[0] ?? '', '/calls']), daemon.must(['exec', ids[1] ?? '', '/calls'])]);
    await Promise.all([oracle.engine.mustDocker(['rm', '-f', ids[0] ?? '']), daemon.must(['rm', '-f', ids[1] ?? ''])]);
    assert.deepEqual(ours.split('\n'), theirs.split('\n'));
  });

  it('are refused where they were used to break out', async () => {
    const answers = new Map((await daemon.must(flags([]))).split('\n').map((line) => [line.replace(/ \S+$/, ''), line.split(' ').at(-1)]));
    for (const name of ['mount', 'umount2', 'bpf', 'keyctl', 'add_key', 'request_key', 'unshare NEWUSER', 'clone NEWUSER', 'userfaultfd', 'perf_event_open', 'kexec_load', 'open_by_handle_at', 'io_uring_setup', 'fsopen', 'move_mount', 'setns', 'init_module', 'reboot', 'syslog']) assert.equal(answers.get(name), EPERM, name);
    assert.equal(answers.get('getpid'), '0');
  });
});
