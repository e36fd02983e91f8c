/** Why containers ended: every cause is brought about for real, and the verdict must name it with its evidence. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseHost } from '#client/address.ts';
import { Client } from '#client/client.ts';
import type { Verdict } from '#api/schema.ts';
import { nodeProgram, projectRoot, startBerth, type BerthUnderTest } from '../support/berth.ts';
import { run, uniqueId, waitFor } from '../support/command.ts';

const IMAGE = 'berth/base';

describe('why', () => {
  let berth: BerthUnderTest;
  let client: Client;

  const docker = (...args: string[]): Promise<string> => berth.engine.mustDocker(args);
  const verdicts = async (name: string): Promise<Verdict[]> => (await client.call('ContainerWhy', { name })).verdicts;
  const last = async (name: string): Promise<Verdict> => {
    const [verdict] = await verdicts(name);
    assert.ok(verdict, `${name} has a verdict`);
    return verdict;
  };
  /** Runs to the end and judges. */
  const ended = async (name: string, ...args: string[]): Promise<Verdict> => {
    await berth.engine.docker(['run', '--name', name, ...args]);
    return last(name);
  };

  before(async () => {
    berth = await startBerth(uniqueId());
    client = new Client(parseHost(berth.engine.host));
  });

  after(async () => {
    client[Symbol.dispose]();
    await berth[Symbol.asyncDispose]();
  });

  it('an end of its own: success, failure with its last lines, and a fault', async () => {
    assert.equal((await ended('fine', IMAGE, 'true')).cause, 'finished');
    const failed = await ended('failed', IMAGE, 'sh', '-c', 'echo starting; echo "cannot open /data: Permission denied" >&2; exit 3');
    assert.equal(failed.cause, 'failed');
    assert.deepEqual(failed.logTail.toSorted(), ['cannot open /data: Permission denied', 'starting']);
    assert.match(failed.hints.join(), /permission.*runs as user root/);
    const crashed = await ended('crashed', IMAGE, 'sh', '-c', 'kill -SEGV $$');
    assert.equal(crashed.cause, 'finished'); // pid 1 takes no signal that it does not handle from its own namespace
    const fault = await ended('fault', '--init', IMAGE, 'sh', '-c', 'kill -SEGV $$');
    assert.deepEqual([fault.cause, fault.exitCode], ['failed', 139]);
    assert.match(fault.summary, /SIGSEGV/);
  });

  it('what the engine was asked for: stop, stubborn stop, kill, restart', async () => {
    await docker('run', '-d', '--name', 'stopped', '--init', IMAGE, 'sleep', '1000');
    await docker('stop', 'stopped');
    const stopped = await last('stopped');
    assert.equal(stopped.cause, 'stopped');
    assert.match(stopped.evidence[0] ?? '', /^stop sent SIGTERM at 2/);
    await docker('run', '-d', '--name', 'stubborn', IMAGE, 'sleep', '1000');
    await docker('stop', '-t', '1', 'stubborn');
    const stubborn = await last('stubborn');
    assert.equal(stubborn.cause, 'killed');
    assert.match(stubborn.summary, /docker stop, SIGTERM.*within 1 seconds/);
    assert.match(stubborn.hints.join(), /--init/);
    await docker('run', '-d', '--name', 'killed', IMAGE, 'sleep', '1000');
    await docker('kill', 'killed');
    assert.match((await last('killed')).summary, /docker kill \(SIGKILL\)/);
    await docker('start', 'killed');
    await docker('restart', '-t', '0', 'killed');
    assert.match((await last('killed')).summary, /docker restart/);
    assert.equal((await verdicts('killed')).length, 2);
    await docker('rm', '-f', 'killed');
  });

  it('a signal from outside is told apart from one of the engine', async () => {
    await docker('run', '-d', '--name', 'outside', IMAGE, 'sleep', '1000');
    await run('kill', ['-KILL', await docker('inspect', '-f', '{{.State.Pid}}', 'outside')]);
    await docker('wait', 'outside');
    const verdict = await last('outside');
    assert.equal(verdict.cause, 'signalled');
    assert.match(verdict.summary, /SIGKILL, which did not come through the engine/);
  });

  it('out of memory: limit, peak and victim, for the main process and for a child', async () => {
    const main = await ended('oom', '-m', '16m', '--memory-swap', '16m', IMAGE, 'tail', '/dev/zero');
    assert.equal(main.cause, 'out-of-memory');
    assert.match(main.summary, /memory limit of 16 MiB/);
    assert.match(main.evidence.join('\n'), /OOM kill/);
    assert.match(main.evidence.join('\n'), /the kernel killed tail \(pid \d+/);
    assert.match(main.evidence.join('\n'), /peaked at 16 MiB/);
    const child = await ended('oom-child', '-m', '16m', '--memory-swap', '16m', IMAGE, 'sh', '-c', 'tail /dev/zero; echo gave up; exit 9');
    assert.equal(child.cause, 'out-of-memory');
    assert.match(child.summary, /A process in it reached.*ended with code 9/);
  });

  it('starts that fail: no such program, a missing interpreter, another format, no permission', async () => {
    assert.equal((await ended('absent', IMAGE, 'no-such-program')).cause, 'not-found');
    await berth.engine.docker(['run', '--name', 'writer', '-v', 'programs:/p', IMAGE, 'sh', '-c', 'echo "#!/usr/bin/python3" > /p/script; printf "\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\267\\0%0200d" 0 > /p/arm; echo hello > /p/text; chmod +x /p/script /p/arm /p/text; touch /p/plain']);
    const script = await ended('script', '-v', 'programs:/p', IMAGE, '/p/script');
    assert.equal(script.cause, 'not-found');
    assert.match(script.summary, /the interpreter \/usr\/bin\/python3 in the #! line of \/p\/script does not exist/);
    assert.equal((await ended('plain', '-v', 'programs:/p', IMAGE, '/p/plain')).cause, 'not-executable');
    const text = await ended('text', '-v', 'programs:/p', IMAGE, '/p/text');
    assert.match(text.summary, /never ran: \/p\/text is neither an ELF program nor a script/);
    assert.match((await ended('arm', '-v', 'programs:/p', IMAGE, '/p/arm')).summary, /program for arm64, and this host is/);
  });

  it('verdicts survive a killed daemon, and an end that came meanwhile keeps who asked for it', async () => {
    await docker('run', '-d', '--name', 'across', IMAGE, 'sh', '-c', 'trap "sleep 2; exit 4" TERM; while :; do sleep 0.1; done');
    const pid = await docker('inspect', '-f', '{{.State.Pid}}', 'across');
    const stop = berth.engine.docker(['stop', '-t', '20', 'across']);
    await waitFor('the stop to be under way', async () => (await docker('events', '--since', '10s', '--until', '0s', '--filter', 'event=kill', '--filter', 'container=across')) !== '');
    await berth.engine.end('SIGKILL');
    await stop;
    await waitFor('the end of the process', () => !existsSync(`/proc/${pid}`));
    await berth.engine.start();
    await docker('wait', 'across');
    const verdict = await last('across');
    assert.deepEqual([verdict.cause, verdict.exitCode], ['stopped', 4]);
    assert.equal((await last('oom')).cause, 'out-of-memory');
  });

  it('a supervisor that died is said to have died', async () => {
    await docker('run', '-d', '--name', 'orphan', IMAGE, 'sleep', '1000');
    const pid = Number(await docker('inspect', '-f', '{{.State.Pid}}', 'orphan'));
    const shim = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
    await run('kill', ['-KILL', shim]);
    await docker('wait', 'orphan');
    assert.equal((await last('orphan')).cause, 'supervisor-died');
  });

  it('events carry it for those who ask, and the command tells it', async () => {
    const asked = (filter: readonly string[]): Promise<string> => docker('events', '--since', '1h', '--until', '0s', ...filter, '--format', '{{.Action}} {{.Actor.Attributes.cause}}');
    // The client rounds "now" down to a second.
    await waitFor('the event to be past', async () => (await asked(['--filter', 'event=why', '--filter', 'container=orphan'])) === 'why supervisor-died');
    assert.doesNotMatch(await asked([]), /why/);
    const told = await run(nodeProgram, [join(projectRoot, 'build/berth.cjs'), 'why', 'failed'], { env: { ...berth.engine.clientEnv(), BERTH_NO_AUTOSTART: '1' } });
    assert.equal(told.code, 0);
    assert.match(told.stdout, /^Its main process ended by itself with code 3\.\n  ended    2\d.*, exit code 3\n(  evidence .*\n)?  hint     .*\n  log      /);
    const unknown = await run(nodeProgram, [join(projectRoot, 'build/berth.cjs'), 'why', 'nobody'], { env: { ...berth.engine.clientEnv(), BERTH_NO_AUTOSTART: '1' } });
    assert.deepEqual([unknown.code, unknown.stderr], [1, 'Error response from daemon: No such container: nobody\n']);
  });
});
