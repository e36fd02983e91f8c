/** Exec sessions: listing, killing, ending with their client, and leaving nothing behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { nodeProgram, projectRoot } from '../support/berth.ts';
import { waitFor } from '../support/command.ts';
import { IMAGE, openStage, type Stage } from './stage.ts';

interface Session {
  readonly Id: string;
  readonly ContainerName: string;
  readonly Command: readonly string[];
  readonly Status: string;
  readonly Processes: number;
  readonly ExitCode: number | null;
}

describe('exec sessions', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await stage.clear();
    await stage.docker('run', '-d', '--name', 'c1', IMAGE, 'sleep', '1000');
  });

  const berth = (...args: string[]): ReturnType<typeof spawn> =>
    spawn(nodeProgram, [join(projectRoot, 'build/berth.cjs'), ...args], { env: { ...process.env, ...stage.berth.engine.clientEnv(), BERTH_NO_AUTOSTART: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  async function output(...args: string[]): Promise<{ code: number | null; text: string }> {
    const child = berth(...args);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, text };
  }
  const create = async (...Cmd: string[]): Promise<string> => (await stage.json<{ Id: string }>('POST', '/containers/c1/exec', { Cmd })).Id;
  const start = (id: string): Promise<unknown> => stage.ask('POST', `/exec/${id}/start`, { Detach: true });
  const sessions = (query = ''): Promise<Session[]> => stage.json('GET', `/berth/containers/c1/execs${query}`);
  const sleepers = async (): Promise<number> => (await stage.docker('top', 'c1', '-o', 'pid,args')).split('\n').filter((line) => /^\s*\d+\s+sleep 77\d$/.test(line)).length;
  const TREE = 'sleep 771 & setsid sleep 772 & (sleep 773 &) ; sh -c "sleep 774; true" & wait';

  it('are listed with the number of their processes, and ended ones on demand', async () => {
    const done = await create('true');
    await start(done);
    const id = await create('sh', '-c', TREE);
    await start(id);
    await waitFor('the tree', async () => (await sleepers()) === 4);
    await waitFor('the short one to end', async () => (await sessions()).length === 1);
    const [session] = await sessions();
    assert.deepEqual([session?.Id, session?.ContainerName, session?.Command.slice(0, 2), session?.Status, session?.Processes], [id, 'c1', ['sh', '-c'], 'running', 6]);
    assert.deepEqual((await sessions('?all=1')).map((each) => [each.Id, each.Status, each.ExitCode]), [[done, 'exited', 0], [id, 'running', null]]);
    const listed = await output('exec', 'ls', 'c1');
    assert.match(listed.text, new RegExp(`^EXEC ID +CONTAINER +COMMAND +STARTED +STATUS +PROCESSES\n${id.slice(0, 12)} +c1 +"sh -c sleep 771 & s…" +.* ago +running +6\n$`));
    assert.equal((await output('exec', 'ls', '-q', '--no-trunc')).text, `${id}\n`);
  });

  it('are killed with all their processes, and nothing else is', async () => {
    const other = await create('sleep', '770');
    await start(other);
    const id = await create('sh', '-c', TREE);
    await start(id);
    await waitFor('the tree', async () => (await sleepers()) === 5);
    assert.equal((await stage.ask('POST', `/exec/${id}/kill?signal=NONSENSE`)).status, 400);
    assert.deepEqual(await output('exec', 'kill', id.slice(0, 12)), { code: 0, text: `${id.slice(0, 12)}\n` });
    assert.equal(await sleepers(), 1);
    assert.equal((await stage.json<{ ExitCode: number }>('GET', `/exec/${id}/json`)).ExitCode, 137);
    const again = await output('exec', 'kill', id);
    assert.equal(again.code, 1);
    assert.match(again.text, new RegExp(`exec command ${id} is not running`));
    assert.match((await output('exec', 'kill', 'nonsense')).text, /No such exec instance: nonsense/);
    assert.equal((await output('exec', 'kill', '-s', 'TERM', other)).code, 0);
    await waitFor('the other to end', async () => (await sleepers()) === 0);
  });

  it('end with their client when it asked for that, also a client that is silent', async () => {
    for (const flags of [[], ['-i'], ['-t']]) {
      const child = berth('exec', '--kill-on-disconnect', ...flags, 'c1', 'sh', '-c', TREE);
      await waitFor('the tree', async () => (await sleepers()) === 4);
      child.kill('SIGKILL');
      await waitFor('the session to end', async () => (await sleepers()) === 0, 20_000);
    }
    const stays = berth('exec', 'c1', 'sleep', '775');
    await waitFor('the exec', async () => (await sleepers()) === 1);
    stays.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(await sleepers(), 1, 'without the flag it goes on');
  });

  it('get SIGTERM first, and SIGKILL when they do not listen', async () => {
    const child = berth('exec', '--kill-on-disconnect', 'c1', 'sh', '-c', 'trap "echo TERM > /got; exit 0" TERM; while true; do sleep 0.05; done');
    await waitFor('the exec', async () => (await sessions()).some((session) => session.Processes > 0));
    child.kill('SIGKILL');
    await waitFor('the trap', async () => (await stage.berth.engine.docker(['exec', 'c1', 'cat', '/got'])).stdout === 'TERM\n');
    const deaf = berth('exec', '--kill-on-disconnect', 'c1', 'sh', '-c', 'trap "" TERM; while true; do sleep 0.05; done');
    await waitFor('the exec', async () => (await sessions()).some((session) => session.Processes > 0 && session.Command.some((word) => word.includes('trap ""'))));
    deaf.kill('SIGKILL');
    await waitFor('the deaf one to be killed', async () => (await sessions()).length === 0, 20_000);
  });

  it('whose client only ended its input go on', async () => {
    const id = (await stage.json<{ Id: string }>('POST', '/containers/c1/exec', { Cmd: ['sh', '-c', 'cat; sleep 1; echo end'], AttachStdin: true, AttachStdout: true, Tty: false, KillOnDisconnect: true })).Id;
    const body = '{"Detach":false}';
    const socket = connect(stage.berth.engine.socket);
    socket.write(`POST /exec/${id}/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    await waitFor('the answer', () => text.includes('UPGRADED'));
    socket.end('input\n');
    await new Promise((resolve) => socket.on('close', resolve));
    assert.match(text, /input\n[^]*end\n$/);
  });

  it('leave no records, descriptors or files, however many there were', async () => {
    const id = await stage.inspect('c1', '{{.Id}}');
    const directory = `${stage.berth.execRoot}/tasks/${id}/execs`;
    const count = (): number => readdirSync(`/proc/${stage.berth.engine.pid}/fd`).length;
    const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${await stage.inspect('c1', '{{.State.Pid}}')}/status`, 'utf8'))?.[1]);
    const shimFds = (): number => readdirSync(`/proc/${shim}/fd`).length;
    const batch = async (calls: number): Promise<void> => {
      for (let n = 0; n < calls; n += 8) await Promise.all(Array.from({ length: 8 }, async () => start(await create('true'))));
      await waitFor('all to end', async () => (await sessions()).length === 0);
    };
    await batch(8);
    const [fds, theirs] = [count(), shimFds()];
    await batch(400);
    await waitFor('records to be gone', () => !existsSync(directory) || readdirSync(directory).length === 0);
    assert.ok(count() <= fds + 2, `${count()} descriptors, ${fds} before`);
    assert.equal(shimFds(), theirs);
    assert.ok((await sessions('?all=1')).length >= 400);
    await stage.docker('rm', '-f', 'c1');
    assert.deepEqual(await stage.json('GET', '/berth/execs?all=1'), []);
  });
});
