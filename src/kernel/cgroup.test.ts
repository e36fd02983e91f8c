import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { killAll } from './cgroup.ts';

test('killing goes on when somebody else has removed the freezer directory meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-cgroup-'));
  const child = spawn('sleep', ['1000']);
  try {
    writeFileSync(join(folder, 'cgroup.procs'), `${child.pid}\n`);
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    void ended.then(() => writeFileSync(join(folder, 'cgroup.procs'), ''));
    await killAll({ pids: folder, freezer: join(folder, 'gone') }, AbortSignal.timeout(20_000));
    assert.equal(await ended, 'SIGKILL');
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});
