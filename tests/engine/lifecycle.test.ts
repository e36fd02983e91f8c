/**
 * Containers through the whole daemon, with the official client: what a start, an exit, a restart of the daemon and a
 * removal leave behind, and what survives.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startBerth, type BerthUnderTest } from '../support/berth.ts';
import { uniqueId, waitFor } from '../support/command.ts';
import { belongings, expectNoLeaks, type Belongings } from '../support/leaks.ts';

const IMAGE = 'berth/base';

describe('containers', () => {
  let berth: BerthUnderTest;
  let clean: Belongings;

  const docker = (...args: string[]): Promise<string> => berth.engine.mustDocker(args);
  const call = (method: string, path: string, body?: object): Promise<unknown> => new Promise((resolve, reject) => {
    const sent = request({ socketPath: berth.engine.socket, method, path, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => {
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        else resolve(text === '' ? undefined : JSON.parse(text));
      });
    });
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
  const state = async (name: string): Promise<Record<string, unknown>> => JSON.parse(await docker('inspect', '--format', '{{json .State}}', name)) as Record<string, unknown>;

  before(async () => {
    berth = await startBerth(uniqueId());
    await docker('run', '--rm', IMAGE, 'true');
    clean = await belongings(berth);
  });

  after(async () => {
    await berth[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    const ids = (await docker('ps', '-aq')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await docker('rm', '-fv', ...ids);
    await expectNoLeaks(berth, clean);
  });

  it('output, exit code and removal of a short run', async () => {
    const outcome = await berth.engine.docker(['run', '--rm', IMAGE, 'sh', '-c', 'echo out; echo err >&2; exit 42']);
    assert.deepEqual([outcome.code, outcome.stdout, outcome.stderr], [42, 'out\n', 'err\n']);
    assert.equal(await docker('ps', '-aq'), '');
    await expectNoLeaks(berth, clean);
  });

  it('input reaches the process and its end closes it', async () => {
    const outcome = await berth.engine.docker(['run', '--rm', '-i', IMAGE, 'wc', '-c'], { input: 'x'.repeat(300_000) });
    assert.equal(outcome.stdout.trim(), '300000');
  });

  it('a daemon that was killed finds its containers again, with logs, exit codes and states', async () => {
    await docker('run', '-d', '--name', 'steady', IMAGE, 'sh', '-c', 'i=0; while sleep 0.1; do i=$((i+1)); echo line $i; done');
    await docker('run', '-d', '--name', 'short', IMAGE, 'sh', '-c', 'sleep 1; exit 7');
    await docker('run', '-d', '--name', 'frozen', IMAGE, 'sleep', '1000');
    await docker('pause', 'frozen');
    const before = await state('steady');
    await berth.engine.end('SIGKILL');
    const log = `${berth.dataRoot}/containers`;
    const lines = (): number => readdirSync(log).reduce((sum, id) => sum + countLines(`${log}/${id}/${id}-json.log`), 0);
    const written = lines();
    await waitFor('the log to grow without a daemon', () => lines() > written + 12, 20_000);
    await berth.engine.start();
    const again = await state('steady');
    assert.deepEqual([again['Pid'], again['StartedAt'], again['Running']], [before['Pid'], before['StartedAt'], true]);
    assert.equal(await docker('wait', 'short'), '7');
    assert.equal((await state('frozen'))['Paused'], true);
    assert.equal(await docker('exec', 'steady', 'echo', 'exec'), 'exec');
    await docker('unpause', 'frozen');
    await docker('stop', '-t', '0', 'frozen');
  });

  it('a container whose shim was killed is exited with the reason, and its processes are gone', async () => {
    await docker('run', '-d', '--name', 'orphan', IMAGE, 'sleep', '1000');
    const id = await docker('inspect', '--format', '{{.Id}}', 'orphan');
    const pid = Number((await state('orphan'))['Pid']);
    const shim = (JSON.parse(readFileSync(`${berth.execRoot}/tasks/${id}/shim.json`, 'utf8')) as { pid: number }).pid;
    process.kill(shim, 'SIGKILL');
    await waitFor('the container to be exited', async () => (await state('orphan'))['Status'] === 'exited');
    const ended = await state('orphan');
    assert.equal(ended['ExitCode'], 255);
    assert.match(String(ended['Error']), /the shim died without leaving an exit record/);
    await waitFor('the orphaned process to end', () => !existsSync(`/proc/${pid}`));
    await docker('start', 'orphan');
    assert.equal((await state('orphan'))['Running'], true);
  });

  it('restart policies restart as often as they say, and a stop ends them', async () => {
    await docker('run', '-d', '--name', 'twice', '--restart', 'on-failure:2', IMAGE, 'false');
    await waitFor('the last restart', async () => (await docker('inspect', '--format', '{{.RestartCount}} {{.State.Status}}', 'twice')) === '2 exited');
    await docker('run', '-d', '--name', 'always', '--restart', 'always', IMAGE, 'sh', '-c', 'sleep 0.05');
    await waitFor('some restarts', async () => Number(await docker('inspect', '--format', '{{.RestartCount}}', 'always')) >= 2);
    await docker('stop', '-t', '0', 'always');
    const count = await docker('inspect', '--format', '{{.RestartCount}}', 'always');
    await berth.engine.end();
    await berth.engine.start();
    await waitFor('an always-restarted container to come back with the daemon', async () => (await state('always'))['StartedAt'] !== undefined && Number(await docker('inspect', '--format', '{{.RestartCount}}', 'always')) >= Number(count));
  });

  it('anonymous volumes go with rm -v and stay without', async () => {
    const volumes = (): number => readdirSync(`${berth.dataRoot}/volumes`).length;
    const before = volumes();
    await docker('run', '--name', 'gone', '-v', '/data', IMAGE, 'touch', '/data/x');
    assert.equal(volumes(), before + 1);
    await docker('rm', '-v', 'gone');
    assert.equal(volumes(), before);
    await docker('run', '--rm', '-v', '/data', IMAGE, 'true');
    assert.equal(volumes(), before);
    await docker('run', '--name', 'kept', '-v', '/data', IMAGE, 'true');
    await docker('rm', 'kept');
    assert.equal(volumes(), before + 1);
  });

  it('the plan that ran is kept, and explain tells the same steps before', async () => {
    const body = { Image: IMAGE, Cmd: ['true'], Hostname: 'same', HostConfig: { Memory: 67_108_864 } };
    const explained = await call('POST', '/berth/explain', body);
    const { Id } = (await call('POST', '/containers/create', body)) as { Id: string };
    await call('POST', `/containers/${Id}/start`);
    await call('POST', `/containers/${Id}/wait`);
    const ran = await call('GET', `/containers/${Id}/plan`);
    const steps = (document: unknown): string[] => (document as { plan: { kind: string }[] }).plan.map((op) => op.kind);
    assert.deepEqual(steps(ran), steps(explained));
    assert.equal(steps(ran).at(-1), 'exec');
    assert.equal((ran as { lines: string[] }).lines.length, steps(ran).length);
  });

  it('a shared /dev/shm is on the host while the container runs, and no longer', async () => {
    await docker('run', '-d', '--name', 'donor', '--ipc', 'shareable', IMAGE, 'sh', '-c', 'echo shared > /dev/shm/f; sleep 1000');
    await waitFor('the file', async () => (await berth.engine.docker(['run', '--rm', '--ipc', 'container:donor', IMAGE, 'cat', '/dev/shm/f'])).stdout === 'shared\n');
    await docker('rm', '-f', 'donor');
    await expectNoLeaks(berth, clean);
  });

  it('a failed start leaves a created container with Docker\'s code and text, and --rm leaves nothing', async () => {
    const failed = await berth.engine.docker(['run', '--name', 'bad', IMAGE, 'nosuch']);
    assert.equal(failed.code, 127);
    const { Status, ExitCode, Error: text } = await state('bad');
    assert.deepEqual([Status, ExitCode], ['created', 127]);
    assert.match(String(text), /exec: "nosuch": executable file not found in \$PATH/);
    assert.equal((await berth.engine.docker(['run', '--rm', '--name', 'worse', IMAGE, '/etc/passwd'])).code, 126);
    assert.equal(await docker('ps', '-aq', '--filter', 'name=worse'), '');
  });
});

function countLines(path: string): number {
  return existsSync(path) ? readFileSync(path, 'latin1').split('\n').length - 1 : 0;
}
