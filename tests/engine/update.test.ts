/** Limits of running containers over the life of daemons: what was changed stays, and what a dying daemon began is finished. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startBerth, type BerthUnderTest } from '../support/berth.ts';
import { uniqueId, waitFor } from '../support/command.ts';
import { belongings, expectNoLeaks, type Belongings } from '../support/leaks.ts';

const IMAGE = 'berth/base';

describe('limits', () => {
  let berth: BerthUnderTest;
  let clean: Belongings;

  const docker = (...args: string[]): Promise<string> => berth.engine.mustDocker(args);
  const read = (file: string): Promise<string> => docker('exec', 'box', 'sh', '-c', `cat /sys/fs/cgroup/${file}`);
  // The same limit lies elsewhere on cgroup v2.
  const shares = (): Promise<string> => read('cpu/cpu.shares /sys/fs/cgroup/cpu.weight 2>/dev/null || true');

  before(async () => {
    berth = await startBerth(uniqueId());
    await docker('run', '--rm', IMAGE, 'true');
    clean = await belongings(berth);
    await docker('run', '-d', '--name', 'box', IMAGE, 'sleep', '1000');
  });

  after(async () => {
    await berth[Symbol.asyncDispose]();
  });

  it('survive the daemon, and the next start has them too', async () => {
    await docker('update', '--cpu-shares', '512', '--pids-limit', '100', '--restart', 'on-failure:2', 'box');
    const changed = await shares();
    await berth.engine.end('SIGKILL');
    await berth.engine.start();
    assert.equal(await docker('inspect', '-f', '{{.HostConfig.CpuShares}} {{.HostConfig.PidsLimit}} {{json .HostConfig.RestartPolicy}}', 'box'), '512 100 {"MaximumRetryCount":2,"Name":"on-failure"}');
    assert.equal(await shares(), changed);
    await docker('restart', '-t', '0', 'box');
    assert.equal(await shares(), changed);
  });

  it('that a dying daemon had stored are written by the next one', async () => {
    const before = await shares();
    await berth.engine.end();
    await berth.engine.start({ BERTH_FAILPOINTS: 'engine.update.after-record=kill' });
    assert.notEqual((await berth.engine.docker(['update', '--cpu-shares', '256', 'box'])).code, 0);
    await waitFor('the daemon to die', () => !berth.engine.alive, 10_000);
    await berth.engine.start();
    assert.equal(await docker('inspect', '-f', '{{.HostConfig.CpuShares}}', 'box'), '256');
    assert.notEqual(await shares(), before);
    await docker('restart', '-t', '0', 'box');
    const again = await shares();
    await docker('update', '--cpu-shares', '256', 'box');
    assert.equal(await shares(), again);
  });

  it('that the kernel refuses leave everything as it was', async () => {
    const before = await shares();
    const outcome = await berth.engine.docker(['update', '--cpu-shares', '700', '--cpuset-mems', '63', 'box']);
    assert.match(outcome.stderr, /Cannot update container [0-9a-f]{64}: writing 63 to .*cpuset.mems/);
    assert.equal(await shares(), before);
    assert.equal(await docker('inspect', '-f', '{{.HostConfig.CpuShares}}{{.HostConfig.CpusetMems}}', 'box'), '256');
    await docker('rm', '-f', 'box');
    await expectNoLeaks(berth, clean);
  });
});
