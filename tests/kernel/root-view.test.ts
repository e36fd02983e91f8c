import assert from 'node:assert/strict';
import { constants, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { errnoOf } from '#base/errors.ts';
import { parseAbsolutePath } from '#spec/ids.ts';
import { closeFd, mkdirAt, openIn } from '#kernel/fs-at.ts';
import { listDir } from '#kernel/list-at.ts';
import { openRootView, overlayInThread } from '#kernel/root-view.ts';

let base = '';

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'berth-root-view-'));
  for (const name of ['1', '2', '3', 'up', 'work']) mkdirSync(join(base, name));
  writeFileSync(join(base, '1', 'first'), 'one');
  writeFileSync(join(base, '2', 'second'), 'two');
  writeFileSync(join(base, '3', 'first'), 'three');
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function read(root: number, path: string): string {
  const fd = openIn(root, path, constants.O_RDONLY);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeFd(fd);
  }
}

const mounts = (): string => readFileSync('/proc/self/mountinfo', 'utf8');

test('a stack of layers is seen topmost first and never in the mount table', () => {
  const before = mounts();
  using view = openRootView({ type: 'overlay', base: parseAbsolutePath(base), lower: ['3', '2', '1'] });
  assert.equal(read(view.fd, '/first'), 'three');
  assert.equal(read(view.fd, 'second'), 'two');
  assert.deepEqual(listDir(view.fd).map((entry) => entry.name).sort(), ['first', 'second']);
  assert.equal(mounts(), before);
});

test('a writable view writes to the upper directory only; a read-only one refuses', () => {
  const mount = { type: 'overlay', base: parseAbsolutePath(base), lower: ['2', '1'], upper: 'up', work: 'work' } as const;
  {
    using view = openRootView(mount);
    mkdirAt(view.fd, 'made', 0o755);
  }
  assert.ok(existsSync(join(base, 'up', 'made')));
  using view = openRootView(mount, true);
  assert.throws(() => mkdirAt(view.fd, 'other', 0o755), (error) => errnoOf(error) === 'EROFS');
});

test('one layer, or only something to write to, is bound', () => {
  using single = openRootView({ type: 'overlay', base: parseAbsolutePath(base), lower: ['1'] });
  assert.equal(read(single.fd, '/first'), 'one');
  assert.throws(() => mkdirAt(single.fd, 'x', 0o755), (error) => errnoOf(error) === 'EROFS');
  using empty = openRootView({ type: 'overlay', base: parseAbsolutePath(base), lower: [], upper: 'up', work: 'work' });
  mkdirAt(empty.fd, 'x', 0o755);
  assert.ok(existsSync(join(base, 'up', 'x')));
});

test('the way of kernels without lowerdir+ gives the same view', () => {
  const before = mounts();
  const fd = overlayInThread({ type: 'overlay', base: parseAbsolutePath(base), lower: ['3', '2', '1'], upper: 'up', work: 'work' }, false);
  try {
    assert.equal(read(fd, '/first'), 'three');
    mkdirAt(fd, 'made', 0o755);
    assert.ok(existsSync(join(base, 'up', 'made')));
    assert.equal(mounts(), before);
  } finally {
    closeFd(fd);
  }
});

test('128 layers', () => {
  const lower = Array.from({ length: 128 }, (_, index) => `l${index}`);
  for (const name of lower) {
    mkdirSync(join(base, name));
    writeFileSync(join(base, name, name), name);
  }
  using view = openRootView({ type: 'overlay', base: parseAbsolutePath(base), lower });
  assert.equal(listDir(view.fd).length, 128);
});

test('a missing layer is an error that leaves no mount and no fd', () => {
  const fds = (): number => readdirSync('/proc/self/fd').length;
  const before = fds();
  assert.throws(() => openRootView({ type: 'overlay', base: parseAbsolutePath(base), lower: ['1', 'missing'] }));
  assert.equal(fds(), before);
});
