/**
 * Pull the plug anywhere: the daemon is killed at every named point of create, start, stop, exec and rm. A new one must
 * come up by itself with everything in a state that can be looked at and removed, and with nothing left behind.
 *
 * The points are read from the sources, so that a new one is covered by being there. A point that no scenario reaches fails.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot, startBerth, type BerthUnderTest } from '../support/berth.ts';
import { must, uniqueId, waitFor } from '../support/command.ts';
import { belongings, expectNoLeaks, type Belongings } from '../support/leaks.ts';

const IMAGE = 'berth/base';

/** What clients do while the daemon dies; each failure is expected, none may hang. `tar` is a root to import, `archive` an image to load. */
const scenario = (tar: string, archive: string): readonly (readonly string[])[] => [
  ['import', tar, 'imported:1'],
  ['rmi', 'imported:1'],
  ['load', '-i', archive],
  ['rmi', 'imported:1'],
  ['create', '--name', 'cc', '-v', '/anonymous', IMAGE, 'sleep', '1000'],
  ['start', 'cc'],
  ['exec', 'cc', 'true'],
  ['update', '--cpu-shares', '512', 'cc'],
  ['commit', 'cc', 'committed:1'],
  ['rmi', 'committed:1'],
  ['stop', '-t', '0', 'cc'],
  ['rm', '-v', 'cc'],
  ['run', '--rm', '--name', 'rr', IMAGE, 'true'],
  ['run', '-d', '--restart', 'on-failure:1', '--name', 'ff', IMAGE, 'false'],
];

function failpoints(): string[] {
  const names = new Set<string>();
  for (const file of readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    for (const match of readFileSync(join(projectRoot, 'src', file), 'utf8').matchAll(/\bfailpoint\('([^']+)'\)/g)) names.add(match[1]!);
  }
  return [...names].toSorted();
}

describe('a daemon killed', () => {
  let berth: BerthUnderTest;
  let clean: Belongings;
  let tar: string;
  let archive: string;

  before(async () => {
    berth = await startBerth(uniqueId());
    tar = join(berth.scratch, 'root.tar');
    await must('tar', ['-cf', tar, '-C', import.meta.dirname, basename(import.meta.filename)]);
    archive = join(berth.scratch, 'image.tar');
    await berth.engine.mustDocker(['import', tar, 'imported:1']);
    await berth.engine.mustDocker(['save', '-o', archive, 'imported:1']);
    await berth.engine.mustDocker(['rmi', 'imported:1']);
    await berth.engine.mustDocker(['run', '--rm', IMAGE, 'true']);
    await berth.engine.end();
    await berth.engine.start();
    clean = await belongings(berth);
  });

  after(async () => {
    await berth[Symbol.asyncDispose]();
  });

  async function killAt(point: string): Promise<void> {
    await berth.engine.end();
    await berth.engine.start({ BERTH_FAILPOINTS: `${point}=kill` });
    for (const command of scenario(tar, archive)) {
      if (!berth.engine.alive) break;
      await berth.engine.docker(command, { timeoutMs: 30_000 });
    }
    await waitFor(`the daemon to die at ${point}`, () => !berth.engine.alive, 10_000);
    await berth.engine.start();
  }

  async function expectUsable(): Promise<void> {
    const { engine } = berth;
    const ids = (await engine.mustDocker(['ps', '-aq', '--no-trunc'])).split('\n').filter(Boolean);
    for (const id of ids) {
      await engine.mustDocker(['inspect', id]);
      await engine.mustDocker(['logs', id]);
    }
    if (ids.length > 0) await engine.mustDocker(['rm', '-fv', ...ids]);
    assert.equal(await engine.mustDocker(['run', '--rm', '--name', 'cc', IMAGE, 'echo', 'alive']), 'alive');
    assert.equal(await engine.mustDocker(['ps', '-aq']), '');
    // What was loaded when the daemon died is whole or not there; either way it can go, and the base image stays.
    const images = (await engine.mustDocker(['images', '-a', '--no-trunc', '--format', '{{.Repository}} {{.ID}}'])).split('\n').map((line) => line.split(' '));
    for (const [name, image] of images) if (name !== IMAGE) await engine.mustDocker(['rmi', '-f', image!]);
    await expectNoLeaks(berth, clean);
  }

  for (const point of failpoints()) {
    it(`at ${point} comes back by itself with nothing left over`, async () => {
      await killAt(point);
      await expectUsable();
    });
  }

  it('while containers run finds them again with logs, exit codes and waiters', async () => {
    const { engine } = berth;
    await engine.mustDocker(['run', '-d', '--name', 'long', IMAGE, 'sh', '-c', 'echo one; while [ ! -e /go ]; do sleep 0.05; done; echo two; exit 7']);
    await engine.mustDocker(['run', '-d', '--name', 'short', IMAGE, 'sh', '-c', 'while [ ! -e /go ]; do sleep 0.05; done; echo done; exit 9']);
    const pid = await engine.mustDocker(['inspect', '-f', '{{.State.Pid}}', 'short']);
    await engine.mustDocker(['exec', '-d', 'short', 'sh', '-c', 'sleep 0.5; touch /go']);
    await engine.end('SIGKILL');
    await waitFor('the container to end without a daemon', () => !readdirSync('/proc').includes(pid));
    await engine.start();
    assert.equal(await engine.mustDocker(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'short']), 'exited 9');
    assert.equal(await engine.mustDocker(['logs', 'short']), 'done');
    assert.equal(await engine.mustDocker(['inspect', '-f', '{{.State.Status}}', 'long']), 'running');
    const waiting = engine.mustDocker(['wait', 'long']);
    await engine.mustDocker(['exec', 'long', 'touch', '/go']);
    assert.equal(await waiting, '7');
    assert.equal(await engine.mustDocker(['logs', 'long']), 'one\ntwo');
    await engine.mustDocker(['rm', 'long', 'short']);
    await expectNoLeaks(berth, clean);
  });

  it('by SIGTERM leaves containers running for the next one', async () => {
    const { engine } = berth;
    await engine.mustDocker(['run', '-d', '--name', 'stays', IMAGE, 'sleep', '1000']);
    const started = await engine.mustDocker(['inspect', '-f', '{{.State.Pid}} {{.State.StartedAt}}', 'stays']);
    await engine.end('SIGTERM');
    await engine.start();
    assert.equal(await engine.mustDocker(['inspect', '-f', '{{.State.Pid}} {{.State.StartedAt}}', 'stays']), started);
    await engine.mustDocker(['rm', '-f', 'stays']);
    await expectNoLeaks(berth, clean);
  });

  it('with a dead shim says that it does not know how the container ended', async () => {
    const { engine } = berth;
    await engine.mustDocker(['run', '-d', '--name', 'orphan', IMAGE, 'sleep', '1000']);
    const pid = Number(await engine.mustDocker(['inspect', '-f', '{{.State.Pid}}', 'orphan']));
    const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
    process.kill(shim, 'SIGKILL');
    await waitFor('the container to be over', async () => (await engine.mustDocker(['inspect', '-f', '{{.State.Running}}', 'orphan'])) === 'false');
    assert.match(await engine.mustDocker(['inspect', '-f', '{{.State.Error}}', 'orphan']), /shim/);
    await engine.mustDocker(['rm', 'orphan']);
    await waitFor('its process to be gone', () => !readdirSync('/proc').includes(String(pid)));
    await expectNoLeaks(berth, clean);
  });
});
