/** Two daemons on one host: what one has, the other neither takes nor breaks. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeProgram, projectRoot, startBerth, type BerthUnderTest } from '../support/berth.ts';
import { run, uniqueId, type Outcome } from '../support/command.ts';

const IMAGE = 'berth/base';

/** Starts a second daemon in the first one's network namespace and waits for its end: it is expected to refuse, and stopped if it does not. */
function second(berth: BerthUnderTest, flags: readonly string[]): Promise<Outcome> {
  const [enter, ...args] = berth.engine.namespace.enter;
  const other = join(berth.scratch, 'second');
  const own = ['--data-root', join(other, 'data'), '--exec-root', join(other, 'exec'), '-H', `unix://${join(other, 'sock')}`, '--config-file', join(berth.scratch, 'daemon.json'), '--cgroup-parent', `/${berth.cgroupParent}`];
  return run(enter, [...args, 'timeout', '-s', 'TERM', '20', nodeProgram, join(projectRoot, 'build/berth.cjs'), 'daemon', ...own, ...flags], { timeoutMs: 60_000 });
}

test('a second daemon is refused the exec root and the bridge of the first, whose containers run on', async () => {
  await using berth = await startBerth(uniqueId());
  const { engine } = berth;
  const running = (): Promise<string> => engine.mustDocker(['inspect', '-f', '{{.State.Running}}', 'cc']);
  await engine.mustDocker(['run', '-d', '--name', 'cc', IMAGE, 'sleep', '1000']);

  const sameExecRoot = await second(berth, ['--exec-root', berth.execRoot, '--bridge', 'other0']);
  assert.equal(sameExecRoot.code, 1);
  assert.match(sameExecRoot.stderr, new RegExp(`the exec root is in use by another daemon \\(pid ${engine.pid}\\)`));
  assert.equal(await running(), 'true');

  const sameBridge = await second(berth, []);
  assert.equal(sameBridge.code, 1);
  assert.match(sameBridge.stderr, new RegExp(`the bridge berth0 is in use by another daemon \\(pid ${engine.pid}\\)`));
  assert.equal(await engine.mustDocker(['exec', 'cc', 'ip', 'link', 'show', 'eth0']).then((text) => text.includes('UP')), true);

  const { pid } = engine;
  await engine.end('SIGKILL');
  const ofTheDead = await second(berth, []);
  assert.match(ofTheDead.stderr, new RegExp(`in use by 1 running container of another daemon \\(pid ${pid}, which has ended\\)`));
  await engine.start();
  assert.equal(await running(), 'true');
  await engine.mustDocker(['rm', '-f', 'cc']);
});
