import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** Runs a file of tests in network and mount namespaces of its own; fails with its output when it fails or runs no test. */
export function runScenario(path: string): void {
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT']; // else the inner runner reports to ours in a binary form
  const command = ['--net', '--mount', process.execPath, '--test', '--test-reporter=spec', path];
  const run = spawnSync('unshare', command, { encoding: 'utf8', env, timeout: 180_000 });
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
  assert.match(run.stdout, /pass [1-9]/, 'the scenario ran no test');
}
