/** Health checks over restarts of the daemon, and what a probe leaves behind: nothing. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { waitFor } from '../support/command.ts';
import { IMAGE, openStage, type Stage } from './stage.ts';

const HEALTH = '{{.State.Health.Status}}';
const ENTRIES = '{{len .State.Health.Log}}';

describe('health checks', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });
  beforeEach(() => stage.clear());

  const run = (name: string, check: string, ...more: string[]): Promise<string> =>
    stage.docker('run', '-d', '--name', name, '--health-cmd', check, '--health-interval', '100ms', ...more, IMAGE, 'sleep', '1000');

  it('go on in containers that a new daemon finds, from the state that they were in', async () => {
    await run('found', 'test ! -e /sick', '--health-retries', '2');
    await stage.becomes('found', HEALTH, 'healthy');
    await stage.restart({}, 'SIGKILL');
    assert.equal(await stage.inspect('found', HEALTH), 'healthy');
    await stage.docker('exec', 'found', 'touch', '/sick');
    await stage.becomes('found', HEALTH, 'unhealthy');
    await stage.docker('exec', 'found', 'rm', '/sick');
    await stage.becomes('found', HEALTH, 'healthy');
    const changes = (await stage.events('found')).filter((action) => action.startsWith('health_status'));
    assert.deepEqual(changes, ['health_status: healthy', 'health_status: unhealthy', 'health_status: healthy']);
  });

  it('that hang are killed with everything that they started', async () => {
    await run('hangs', 'sleep 1000 & sh -c "sleep 1000; true" & wait', '--health-timeout', '200ms', '--health-retries', '1');
    await stage.becomes('hangs', HEALTH, 'unhealthy');
    assert.match(await stage.inspect('hangs', '{{(index .State.Health.Log 0).Output}}'), /^Health check exceeded timeout \(200ms\)$/);
    await stage.becomes('hangs', ENTRIES, '5');
    await stage.docker('pause', 'hangs');
    await stage.docker('unpause', 'hangs');
    await waitFor('old probes to be gone', async () => (await stage.docker('top', 'hangs', '-o', 'pid,args')).split('\n').filter((line) => line.includes('1000; true')).length <= 1);
  });

  it('end with the container, stop while it is paused, and start anew with it', async () => {
    await run('moody', 'true');
    await stage.becomes('moody', HEALTH, 'healthy');
    await stage.docker('pause', 'moody');
    assert.equal(await stage.inspect('moody', HEALTH), 'unhealthy');
    const last = await stage.inspect('moody', '{{(index .State.Health.Log 0).Start}}');
    await stage.docker('unpause', 'moody');
    await stage.becomes('moody', HEALTH, 'healthy');
    assert.notEqual(await stage.inspect('moody', '{{(index .State.Health.Log 4).Start}}').catch(() => ''), last);
    await stage.docker('stop', '-t', '0', 'moody');
    assert.equal(await stage.inspect('moody', HEALTH), 'unhealthy');
    await stage.docker('start', 'moody');
    await stage.becomes('moody', HEALTH, 'healthy');
    await stage.docker('rm', '-f', 'moody');
  });

  it('of many containers at once all get their turn', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `many${n}`);
    await Promise.all(names.map((name) => run(name, 'true')));
    await Promise.all(names.map((name) => stage.becomes(name, ENTRIES, '5')));
    assert.deepEqual(await Promise.all(names.map((name) => stage.inspect(name, HEALTH))), names.map(() => 'healthy'));
  });
});
