import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const ADDON = join(ROOT, 'native', 'addon');

function library(name: string): string {
  return spawnSync('cc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();
}

test('the addon is clean under address and undefined-behaviour sanitizers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-sanitized-'));
  try {
    const sources = readdirSync(ADDON).filter((name) => name.endsWith('.c')).map((name) => join(ADDON, name));
    const flags = ['-std=gnu17', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-shared', '-fPIC', '-fvisibility=hidden'];
    const build = spawnSync('cc', [...flags, '-I', join(ROOT, 'node_modules', 'node-api-headers', 'include'), ...sources, '-o', join(folder, 'berth.node'), '-ldl'], { encoding: 'utf8' });
    assert.equal(build.status, 0, build.stderr);
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      BERTH_NATIVE: folder,
      LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
      // Node frees little at exit; and a child on a stack of its own makes the sanitizer talk, so it talks to a file.
      ASAN_OPTIONS: `detect_leaks=0:log_path=${join(folder, 'log')}`,
    };
    delete env['NODE_TEST_CONTEXT'];
    const files = ['src/kernel/files.test.ts', 'src/kernel/programs.test.ts', 'tests/kernel/root-view.test.ts'].map((path) => join(ROOT, path));
    const run = spawnSync(process.execPath, ['--test', '--test-isolation=none', ...files], { encoding: 'utf8', env, cwd: ROOT, timeout: 120_000 });
    const log = readdirSync(folder).filter((name) => name.startsWith('log')).map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}\n${log}`);
    assert.doesNotMatch(log, /ERROR: AddressSanitizer|runtime error/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
