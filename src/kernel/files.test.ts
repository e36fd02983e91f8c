import assert from 'node:assert/strict';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { errnoOf, isKind } from '#base/errors.ts';
import { S_IFDIR, S_IFIFO, S_IFMT, S_IFREG } from './constants.ts';
import * as at from './fs-at.ts';
import { listDir } from './list-at.ts';
import { native } from './native.ts';
import { statAt, statFileSystem, tryStatAt } from './stat-at.ts';
import * as xattr from './xattr.ts';

let path = '';
let dir = -1;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'berth-files-'));
  dir = at.openDir(path);
});

afterEach(() => {
  at.closeFd(dir);
  rmSync(path, { recursive: true, force: true });
});

const errno = (name: string) => (error: unknown): boolean => errnoOf(error) === name;

test('what is made at a directory fd is what stat and list tell', () => {
  at.mkdirAt(dir, 'd', 0o750);
  at.mknodAt(dir, 'pipe', S_IFIFO | 0o600);
  at.symlinkAt('/nowhere', dir, 'link');
  at.closeFd(at.openAt(dir, 'file', constants.O_CREAT | constants.O_WRONLY, 0o640));
  at.linkAt(dir, 'file', dir, 'second');
  at.renameAt(dir, 'second', dir, 'third', 1);
  assert.throws(() => at.renameAt(dir, 'third', dir, 'file', 1), errno('EEXIST'));
  assert.equal(at.readlinkAt(dir, 'link').toString(), '/nowhere');
  const types = Object.fromEntries(listDir(dir).map(({ name, type }) => [name, type]));
  assert.deepEqual(types, { d: 'directory', pipe: 'fifo', link: 'symlink', file: 'file', third: 'file' });
  assert.equal(statAt(dir, 'file').nlink, 2);
  assert.equal(statAt(dir, 'd').mode & S_IFMT, S_IFDIR);
  assert.equal(statAt(dir, '').ino, statSync(path, { bigint: true }).ino);
  at.unlinkAt(dir, 'third');
  at.rmdirAt(dir, 'd');
  assert.equal(tryStatAt(dir, 'd'), undefined);
});

test('mode and times of the thing itself, to the nanosecond, before 1970 too', () => {
  at.closeFd(at.openAt(dir, 'file', constants.O_CREAT | constants.O_WRONLY, 0o600));
  at.chmodAt(dir, 'file', 0o4751);
  assert.equal(statAt(dir, 'file').mode, S_IFREG | 0o4751);
  at.symlinkAt('file', dir, 'link');
  at.utimesAt(dir, 'link', 1n, -1n);
  assert.equal(statAt(dir, 'link').mtime, -1n);
  assert.notEqual(statAt(dir, 'file').mtime, -1n);
  at.utimesAt(dir, 'file', undefined, 1_700_000_000_123_456_789n);
  assert.equal(statAt(dir, 'file').mtime, 1_700_000_000_123_456_789n);
  assert.throws(() => at.chmodAt(dir, 'link', 0o600), errno('EOPNOTSUPP'));
  at.chownAt(dir, 'link', -1, -1);
});

test('paths inside a root never leave it', () => {
  mkdirSync(join(path, 'root'));
  writeFileSync(join(path, 'secret'), 'x');
  symlinkSync('../secret', join(path, 'root', 'up'));
  symlinkSync('/secret', join(path, 'root', 'absolute'));
  symlinkSync('/proc/self/root', join(path, 'root', 'magic'));
  const root = at.openDirIn(dir, 'root');
  try {
    for (const name of ['up', 'absolute', '../secret', '/../../secret', 'magic/etc']) assert.throws(() => at.openIn(root, name, constants.O_RDONLY), errno('ENOENT'), name);
    writeFileSync(join(path, 'root', 'secret'), 'mine');
    for (const name of ['up', 'absolute', '../secret', '/../../secret']) at.closeFd(at.openIn(root, name, constants.O_RDONLY));
  } finally {
    at.closeFd(root);
  }
});

test('names that are not UTF-8 stay what they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (bytes) => {
      const name = bytes.filter((byte) => byte !== 0 && byte !== 47);
      if (name.length === 0 || /^\.{1,2}$/.test(Buffer.from(name).toString('latin1'))) return;
      at.mkdirAt(dir, name, 0o700);
      const [entry] = listDir(dir);
      at.rmdirAt(dir, entry?.name ?? '');
      assert.deepEqual([...Buffer.from(entry?.name ?? '')], [...name]);
    }),
    { numRuns: 50 },
  );
});

test('extended attributes hold any bytes', (t) => {
  at.closeFd(at.openAt(dir, 'file', constants.O_CREAT | constants.O_WRONLY, 0o600));
  const value = Buffer.from([0, 255, 0, 10]);
  try {
    xattr.setXattrAt(dir, 'file', 'user.berth', value);
  } catch (error) {
    if (errnoOf(error) !== 'EOPNOTSUPP') throw error;
    t.diagnostic('the file system of the temporary folder has no user attributes');
    assert.deepEqual(xattr.listXattrAt(dir, 'file'), []);
    return;
  }
  assert.deepEqual(xattr.getXattrAt(dir, 'file', 'user.berth'), value);
  assert.deepEqual(xattr.listXattrAt(dir, 'file'), ['user.berth']);
  const fd = at.openAt(dir, 'file', constants.O_RDWR);
  xattr.setXattr(fd, 'user.empty', Buffer.alloc(0));
  assert.deepEqual(xattr.getXattr(fd, 'user.empty'), Buffer.alloc(0));
  assert.deepEqual(xattr.listXattr(fd), ['user.berth', 'user.empty']);
  xattr.removeXattr(fd, 'user.empty');
  at.closeFd(fd);
  xattr.removeXattrAt(dir, 'file', 'user.berth');
  assert.equal(xattr.getXattrAt(dir, 'file', 'user.berth'), undefined);
});

test('holes are found and made', () => {
  const fd = openSync(join(path, 'sparse'), 'w+');
  try {
    writeSync(fd, Buffer.alloc(1 << 20, 1));
    at.punchHole(fd, 0, 1 << 20);
    assert.equal(at.seekHole(fd, 0), 0);
    assert.equal(at.seekData(fd, 0), undefined);
    assert.equal(statAt(dir, 'sparse').size, 1 << 20);
    at.syncFileSystem(fd);
  } finally {
    closeSync(fd);
  }
  assert.ok(statFileSystem(path).totalBytes >= statFileSystem(path).availableBytes);
});

test('device numbers are those of the kernel', () => {
  const rdev = statSync('/dev/null').rdev;
  assert.equal(at.deviceNumber(1, 3), rdev);
  assert.equal(at.deviceNumber(0xfff, 0xfffff), 0xffffffff);
});

test('errors name what was tried, the errno and a kind', () => {
  assert.throws(() => at.openAt(dir, 'missing', constants.O_RDONLY), (error: Error) => {
    assert.equal(error.message, 'opening missing: no such file or directory');
    return errnoOf(error) === 'ENOENT' && isKind(error, 'notFound');
  });
});

test('wrong arguments are refused before the kernel sees them', () => {
  const api = native() as unknown as Record<string, (...args: unknown[]) => unknown>;
  const wrong: readonly (readonly [string, ...unknown[]])[] = [
    ['close', 'x'],
    ['close', 1.5],
    ['close', 2 ** 33],
    ['close'],
    ['close', 1, 2],
    ['mkdirat', -100, 'a\0b', 0],
    ['mkdirat', -100, 'a'.repeat(4096), 0],
    ['mkdirat', -100, null, 0],
    ['mkdirat', -100, [1], 0],
    ['statx', -100, '/', 0, 0, new Uint8Array(255)],
    ['utimensat', -100, '/', new Uint8Array(31), 0],
    ['getdents64', 0, new Uint32Array(1)],
    ['ftruncate', 0, 2 ** 60],
    ['spawnDetached', 0, ['a'], [], '/', [1], []],
    ['spawnDetached', 0, 'a', [], '/', [], []],
    ['spawnDetached', 0, [], [], '/', [4096], [0]],
    ['sendFds', 0, new Uint8Array(1), Array.from({ length: 17 }, () => 0), 0],
    ['nftRun', 7],
    ['watchStart', 7],
  ];
  for (const [name, ...args] of wrong) assert.throws(() => api[name]?.(...args), TypeError, `${name} ${String(args)}`);
});

test('no file descriptor is left behind', () => {
  const before = readdirSync('/proc/self/fd').length;
  for (let index = 0; index < 20; index++) {
    listDir(dir);
    assert.throws(() => at.openIn(dir, 'missing', 0));
    assert.throws(() => listDir(1_000_000));
  }
  assert.equal(readdirSync('/proc/self/fd').length, before);
  assert.ok(readlinkSync(`/proc/self/fd/${dir}`).startsWith(path));
});
