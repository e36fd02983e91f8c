/** Operations that meet: delays are put where they overlap, and every order must give one of the two outcomes and no leak. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { IMAGE, openStage, type Stage } from './stage.ts';

const DELAYS = ['start', 'remove', 'rename', 'stop'].map((what) => `engine.${what}.racing=delay:300`).join(',');

describe('operations that meet', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
    await stage.restart({ BERTH_FAILPOINTS: DELAYS });
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });
  beforeEach(() => stage.clear());

  const create = (name: string, ...options: string[]): Promise<string> => stage.docker('create', '--name', name, ...options, IMAGE, 'sleep', '1000');
  const post = (path: string): Promise<{ status: number; text: string }> => stage.ask('POST', path);
  const remove = (name: string, force = false): Promise<{ status: number; text: string }> => stage.ask('DELETE', `/containers/${name}?force=${force ? 1 : 0}`);
  /** The second begins while the first is held up. */
  async function meet<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
    const a = first();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return Promise.all([a, second()]);
  }

  it('rm while starting finds a running container', async () => {
    await create('c1');
    const [started, removed] = await meet(() => post('/containers/c1/start'), () => remove('c1'));
    assert.deepEqual([started.status, removed.status], [204, 409]);
    assert.match(removed.text, /cannot remove container \\"c1\\": container is running/);
    assert.equal(await stage.status('c1'), 'running');
  });

  it('rm -f while starting removes it', async () => {
    await create('c1');
    const [started, removed] = await meet(() => post('/containers/c1/start'), () => remove('c1', true));
    assert.deepEqual([started.status, removed.status], [204, 204]);
    assert.equal(await stage.docker('ps', '-aq'), '');
  });

  it('start while being removed is refused', async () => {
    await create('c1');
    const [removed, started] = await meet(() => remove('c1'), () => post('/containers/c1/start'));
    assert.equal(removed.status, 204);
    assert.ok(started.status === 404 || started.status === 409, `${started.status} ${started.text}`);
    assert.equal(await stage.docker('ps', '-aq'), '');
  });

  it('two removals: the second is told that the first is under way', async () => {
    await create('c1');
    const [one, two] = await meet(() => remove('c1'), () => remove('c1'));
    assert.deepEqual([one.status, two.status], [204, 409]);
    assert.match(two.text, /removal of container c1 is already in progress/);
  });

  it('two stops end it once', async () => {
    const id = await create('c1');
    await post('/containers/c1/start');
    const [one, two] = await meet(() => post('/containers/c1/stop?t=0'), () => post('/containers/c1/stop?t=0'));
    assert.deepEqual([one.status, two.status], [204, 204]);
    assert.equal((await stage.events(id)).filter((action) => action === 'die').length, 1);
    assert.equal(await stage.inspect('c1', '{{.State.Status}} {{.State.ExitCode}}'), 'exited 137');
  });

  it('stop while starting stops it, kill while starting kills it, a second start changes nothing', async () => {
    for (const [path, codes] of [['stop?t=0', [204, 204]], ['kill', [204, 204]], ['start', [204, 304]]] as const) {
      await create('c1');
      const [started, other] = await meet(() => post('/containers/c1/start'), () => post(`/containers/c1/${path}`));
      assert.deepEqual([started.status, other.status], codes, path);
      assert.equal(await stage.status('c1'), path === 'start' ? 'running' : 'exited');
      await stage.docker('rm', '-f', 'c1');
    }
  });

  it('two renames of one container come one after the other; two to one name give it to one', async () => {
    await create('a1');
    await create('b1');
    const [one, two] = await meet(() => post('/containers/a1/rename?name=x1'), () => post('/containers/a1/rename?name=y1'));
    assert.deepEqual([one.status, two.status], [204, 204]);
    assert.equal(await stage.docker('ps', '-a', '--format', '{{.Names}}', '--filter', 'name=^y1$'), 'y1');
    const [first, second] = await meet(() => post('/containers/y1/rename?name=z1'), () => post('/containers/b1/rename?name=z1'));
    assert.deepEqual([first.status, second.status], [204, 409]);
    assert.deepEqual((await stage.docker('ps', '-a', '--format', '{{.Names}}')).split('\n').toSorted(), ['b1', 'z1']);
  });

  it('a restart and a stop leave it stopped or running, never in between', async () => {
    await create('c1');
    await post('/containers/c1/start');
    const [restarted, stopped] = await meet(() => post('/containers/c1/restart?t=0'), () => post('/containers/c1/stop?t=0'));
    assert.deepEqual([restarted.status, stopped.status], [204, 204]);
    assert.equal(await stage.status('c1'), 'exited');
    assert.equal((await post('/containers/c1/start')).status, 204);
  });

  it('rm of a --rm container while it is stopped', async () => {
    await create('c1', '--rm');
    await post('/containers/c1/start');
    const [stopped, removed] = await meet(() => post('/containers/c1/stop?t=0'), () => remove('c1', true));
    assert.equal(stopped.status, 204);
    assert.ok([204, 404, 409].includes(removed.status), `${removed.status} ${removed.text}`);
    await stage.clear();
  });

  it('an exec that meets the end of its container says so', async () => {
    await create('c1');
    await post('/containers/c1/start');
    const { Id } = await stage.json<{ Id: string }>('POST', '/containers/c1/exec', { Cmd: ['true'] });
    const [removed, started] = await meet(() => remove('c1', true), () => stage.ask('POST', `/exec/${Id}/start`, { Detach: true }));
    assert.equal(removed.status, 204);
    assert.ok([404, 409].includes(started.status), `${started.status} ${started.text}`);
    assert.equal((await stage.ask('GET', `/exec/${Id}/json`)).status, 404);
  });
});
