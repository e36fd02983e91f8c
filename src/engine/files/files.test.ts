import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { closeFd, openDir } from '#kernel/fs-at.ts';
import { changesOf } from './changes.ts';
import { goMode, pathStat } from './stat.ts';

test('modes are told in Go’s bits', () => {
  assert.equal(goMode(0o100644), 0o644);
  assert.equal(goMode(0o040755), 2 ** 31 + 0o755);
  assert.equal(goMode(0o041777), 2 ** 31 + 2 ** 20 + 0o777);
  assert.equal(goMode(0o106755), 2 ** 23 + 2 ** 22 + 0o755);
  assert.equal(goMode(0o120777), 2 ** 27 + 0o777);
  assert.equal(goMode(0o020666), 2 ** 26 + 2 ** 21 + 0o666);
});

test('a path’s stat has the name that was asked for and where a link leads', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'berth-stat-'));
  const fd = openDir(path);
  t.after(() => {
    closeFd(fd);
    rmSync(path, { recursive: true });
  });
  mkdirSync(join(path, 'd'));
  writeFileSync(join(path, 'd/f'), 'text');
  symlinkSync('f', join(path, 'd/l'));
  utimesSync(join(path, 'd/f'), 1, 1);
  assert.deepEqual(pathStat(fd, '/d/f'), { name: 'f', size: 4, mode: 0o644, mtime: '1970-01-01T00:00:01Z', linkTarget: '' });
  assert.equal(pathStat(fd, '/d/l').linkTarget, '/d/f');
  assert.deepEqual(['/', '.', '/d/', '/d/.', '..'].map((name) => pathStat(fd, name).name), ['/', '.', 'd', '.', '..']);
  assert.throws(() => pathStat(fd, '/d/f/'), { message: 'lstat /d/f/: not a directory' });
  assert.throws(() => pathStat(fd, '/x'), { message: 'lstat /x: no such file or directory' });
});

test('changes are told parents first, and a copy without a difference is none', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'berth-changes-'));
  const [upper, lower] = [join(path, 'upper'), join(path, 'lower')];
  mkdirSync(join(lower, 'kept/deep'), { recursive: true });
  for (const name of ['same', 'changed', 'kept/deep/f']) writeFileSync(join(lower, name), name);
  cpSync(lower, upper, { recursive: true });
  // Copies keep no nanoseconds.
  for (const root of [lower, upper]) utimesSync(join(root, 'kept/deep/f'), 1, 1);
  writeFileSync(join(upper, 'changed'), 'longer than before');
  writeFileSync(join(upper, 'kept/deep/new'), '');
  mkdirSync(join(upper, 'added/below'), { recursive: true });
  chmodSync(join(upper, 'same'), 0o600);
  const fd = openDir(lower);
  t.after(() => {
    closeFd(fd);
    rmSync(path, { recursive: true });
  });
  assert.deepEqual(changesOf(upper, fd), [
    { Path: '/added', Kind: 1 }, { Path: '/added/below', Kind: 1 }, { Path: '/changed', Kind: 0 }, { Path: '/kept', Kind: 0 },
    { Path: '/kept/deep', Kind: 0 }, { Path: '/kept/deep/new', Kind: 1 }, { Path: '/same', Kind: 0 },
  ]);
});
