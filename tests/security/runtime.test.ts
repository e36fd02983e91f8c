/** `berth runtime` called by somebody careless: what its caller has open or has written stays out of the container. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Bundle, RUNTIME } from '../runtime/harness.ts';

/** Runs the runtime with the directory / open as 3 to 9, as a careless caller leaves it. */
function leaking(bundle: Bundle, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const root = openSync('/', 'r');
  try {
    return spawnSync(process.execPath, [RUNTIME, '--root', bundle.path('state'), ...args], { cwd: bundle.directory, encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe', root, root, root, root, root, root, root] });
  } finally {
    closeSync(root);
  }
}

test('descriptors of the caller do not reach the container', async () => {
  await using bundle = new Bundle('fds');
  await bundle.configure('ls /proc/self/fd | tr "\\n" " "');
  const outcome = leaking(bundle, ['run', bundle.id()]);
  // The last is the directory that ls itself reads.
  assert.equal(outcome.stdout.trim(), '0 1 2 3', outcome.stderr);
});

test('a working directory on a leaked descriptor is refused (CVE-2024-21626)', async () => {
  await using bundle = new Bundle('cwd');
  for (const fd of [0, 1, 3, 4, 5, 7, 9, 11]) {
    await bundle.configure('pwd; ls', (spec) => void Object.assign(spec.process ?? {}, { cwd: `/proc/self/fd/${fd}` }));
    const outcome = leaking(bundle, ['run', bundle.id()]);
    assert.notEqual(outcome.status, 0, `${fd}: ${outcome.stdout}`);
    assert.equal(outcome.stdout, '');
  }
});

test('/proc and /sys of a bundle as links are refused', async () => {
  await using bundle = new Bundle('links');
  for (const name of ['proc', 'sys']) {
    rmSync(bundle.path('rootfs', name), { recursive: true });
    symlinkSync('/etc', bundle.path('rootfs', name));
    await bundle.configure('true');
    assert.notEqual((await bundle.runtime(['run', bundle.id()])).code, 0, name);
  }
});

test('ids that are paths are refused', async () => {
  await using bundle = new Bundle('ids');
  await bundle.configure('true');
  for (const id of ['..', '../x', 'a/b', '/x', '', '.', 'a\nb']) {
    for (const verb of ['run', 'create', 'state']) assert.notEqual((await bundle.runtime([verb, '--', id])).code, 0, `${verb} ${id}`);
    await bundle.runtime(['delete', '--force', '--', id]);
  }
  assert.ok(!existsSync(bundle.path('x')) && readFileSync(bundle.path('config.json'), 'utf8').length > 0);
});
