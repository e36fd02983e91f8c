/** Events over restarts of the daemon. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { IMAGE, openStage, type Stage } from './stage.ts';

describe('events', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });
  beforeEach(() => stage.clear());

  it('of the past are found after the daemon was killed and started again', async () => {
    assert.equal((await stage.berth.engine.docker(['run', '--name', 'remembered', '--label', 'k=v', IMAGE, 'sh', '-c', 'exit 3'])).code, 3);
    const before = await stage.events('remembered');
    assert.deepEqual(before, ['create', 'attach', 'start', 'die']);
    await stage.restart({}, 'SIGKILL');
    await stage.docker('start', 'remembered');
    await stage.docker('wait', 'remembered');
    await stage.restart();
    assert.deepEqual(await stage.events('remembered'), [...before, 'start', 'die']);
    const since = ['events', '--since', '1', '--until', String(Math.floor(Date.now() / 1000) + 1)];
    assert.match(await stage.docker(...since, '--filter', 'event=die', '--filter', 'label=k=v'), /container die [0-9a-f]{64} \(execDuration=0, exitCode=3, image=berth\/base, k=v, name=remembered\)\n/);
    const [first = ''] = (await stage.docker(...since, '--filter', 'container=remembered', '--format', '{{.TimeNano}}')).split('\n');
    const exactly = (Number(first.slice(0, 10)) + Number(`0.${first.slice(10)}`)).toFixed(9);
    assert.ok((await stage.docker('events', '--since', exactly, '--until', String(Math.floor(Date.now() / 1000) + 1), '--filter', 'container=remembered', '--format', '{{.Action}}')).includes('die'));
  });
});
