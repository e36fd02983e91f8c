import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniqueId } from './command.ts';
import { startOracle } from './oracle.ts';
import { projectRoot } from './berth.ts';

test('the reference dockerd starts in a network namespace of its own and runs a container from the base image', async () => {
  await using oracle = await startOracle(uniqueId());
  await oracle.engine.mustDocker(['load', '-i', `${projectRoot}/build/base-image.tar`]);
  const outcome = await oracle.engine.docker(['run', '--rm', '--init', 'berth/base', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
  assert.deepEqual(outcome, { code: 3, stdout: 'out\n', stderr: 'err\n' });
});
