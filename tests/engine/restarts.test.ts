/** Restart policies over restarts of the daemon, by dockerd's rules. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import { waitFor } from '../support/command.ts';
import { IMAGE, openStage, type Stage } from './stage.ts';

describe('restart policies', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });
  beforeEach(() => stage.clear());

  const run = (name: string, policy: string, ...command: string[]): Promise<string> => stage.docker('run', '-d', '--name', name, '--restart', policy, IMAGE, ...command);

  it('decide at the daemon’s start who comes back', async () => {
    await stage.docker('create', '--name', 'created-always', '--restart', 'always', IMAGE, 'sleep', '1000');
    for (const policy of ['always', 'unless-stopped', 'on-failure', 'no']) {
      await run(`stopped-${policy}`, policy, 'sleep', '1000');
      await stage.docker('stop', '-t', '0', `stopped-${policy}`);
    }
    await run('succeeded', 'on-failure', 'true');
    await run('gave-up', 'on-failure:1', 'false');
    await stage.becomes('succeeded', '{{.State.Status}}', 'exited');
    await stage.becomes('gave-up', '{{.State.Status}} {{.RestartCount}}', 'exited 1');
    await stage.restart();
    // A stop leaves code 137, which is a failure.
    for (const name of ['stopped-always', 'stopped-on-failure']) await stage.becomes(name, '{{.State.Status}} {{.RestartCount}}', 'running 0');
    for (const [name, status] of [['created-always', 'created'], ['stopped-unless-stopped', 'exited'], ['stopped-no', 'exited'], ['succeeded', 'exited'], ['gave-up', 'exited']] as const) {
      assert.equal(await stage.status(name), status, name);
    }
  });

  it('are carried out for containers that ended, or waited, while there was no daemon', async () => {
    await run('fails', 'unless-stopped', 'sh', '-c', 'exit 4');
    await stage.becomes('fails', '{{.State.Status}}', 'restarting');
    await run('ends', 'always', 'sh', '-c', 'sleep 2; exit 3');
    await run('plain', 'no', 'sh', '-c', 'sleep 2; exit 5');
    const pids = await Promise.all(['ends', 'plain'].map((name) => stage.inspect(name, '{{.State.Pid}}')));
    await stage.berth.engine.end('SIGKILL');
    await waitFor('both to end', () => pids.every((pid) => pid !== '0' && !existsSync(`/proc/${pid}`)));
    await stage.berth.engine.start();
    await stage.becomes('ends', '{{.State.Status}}', /running|restarting/);
    await stage.becomes('fails', '{{.RestartCount}}', /^[1-9]/);
    assert.equal(await stage.inspect('plain', '{{.State.Status}} {{.State.ExitCode}}'), 'exited 5');
  });

  it('leave no --rm container behind that ended while there was no daemon', async () => {
    await stage.docker('run', '-d', '--rm', '--name', 'fleeting', IMAGE, 'sh', '-c', 'sleep 2');
    const pid = await stage.inspect('fleeting', '{{.State.Pid}}');
    await stage.berth.engine.end('SIGKILL');
    await waitFor('it to end', () => pid !== '0' && !existsSync(`/proc/${pid}`));
    await stage.berth.engine.start();
    assert.equal(await stage.docker('ps', '-aq'), '');
  });

  it('wait, stop, kill and rm find a container that waits for its restart', async () => {
    for (const [name, command] of [['s1', ['stop']], ['k1', ['kill']], ['r1', ['rm', '-f']]] as const) {
      await run(name, 'always', 'sh', '-c', 'exit 6');
      await stage.becomes(name, '{{.RestartCount}} {{.State.Status}}', '4 restarting');
      const waiting = stage.docker('wait', name);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await stage.docker(...command, name);
      assert.equal(await waiting, '6');
    }
    assert.deepEqual(await Promise.all(['s1', 'k1'].map((name) => stage.status(name))), ['exited', 'exited']);
  });

  it('a start by the policy that fails ends the policy, and the next start by hand works', async () => {
    await stage.docker('run', '-d', '--name', 'odd', '--restart', 'always', IMAGE, 'sh', '-c', 'chmod -x /bin/busybox; exit 3');
    await stage.becomes('odd', '{{.State.Status}}', 'exited');
    assert.match(await stage.inspect('odd', '{{.State.ExitCode}} {{.RestartCount}} {{.State.Error}}'), /^3 1 .*executable file not found in \$PATH/);
    assert.equal((await stage.berth.engine.docker(['start', 'odd'])).code, 1);
    assert.match(await stage.inspect('odd', '{{.State.ExitCode}} {{.RestartCount}}'), /^127 0/);
  });
});
