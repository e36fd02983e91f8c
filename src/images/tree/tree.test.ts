import assert from 'node:assert/strict';
import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { closeFd, openDir } from '#kernel/fs-at.ts';
import { encodeHeader, endOfArchive } from '../tar/encoder.ts';
import { padding } from '../tar/format.ts';
import { readTar } from '../tar/reader.ts';
import type { NewEntry } from '../tar/encoder.ts';
import { extractArchive } from './extract.ts';
import { followIn } from './paths.ts';
import { TreeArchive } from './tar-tree.ts';
import type { ExtractOptions } from './extract.ts';

type Item = NewEntry & { data?: string };

function scratch(t: TestContext): { path: string; fd: number } {
  const path = mkdtempSync(join(tmpdir(), 'berth-tree-'));
  const fd = openDir(path);
  t.after(() => {
    closeFd(fd);
    rmSync(path, { recursive: true });
  });
  return { path, fd };
}

function tar(items: readonly Item[]): Buffer {
  const blocks = items.flatMap(({ data = '', ...entry }) => [encodeHeader({ ...entry, size: data.length }), Buffer.from(data), Buffer.alloc(padding(data.length))]);
  return Buffer.concat([...blocks, endOfArchive]);
}

const unpack = (root: number, to: string, archive: Buffer, options: Partial<ExtractOptions> = {}): Promise<void> =>
  extractArchive(root, to, [archive], { noOverwriteDirNonDir: false, owner: 'keep', ...options });

async function listed(archive: Iterable<Buffer>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { entry } of readTar((async function* () { yield* archive; })())) lines.push(`${entry.path} ${entry.type}${entry.linkPath === '' ? '' : ` ${entry.linkPath}`}`);
  return lines;
}

test('a tree is archived sorted, with links inside it, under the name that is asked for', async (t) => {
  const { path, fd } = scratch(t);
  mkdirSync(join(path, 'd/sub'), { recursive: true });
  writeFileSync(join(path, 'd/b'), 'bee');
  linkSync(join(path, 'd/b'), join(path, 'd/c'));
  symlinkSync('/elsewhere', join(path, 'd/a'));
  utimesSync(join(path, 'd/b'), 1_600_000_000.75, 1_600_000_000.75);
  const expected = (top: string): string[] => [`${top}/ directory`, `${top}/a symlink /elsewhere`, `${top}/b file`, `${top}/c link ${top}/b`, `${top}/sub/ directory`];
  assert.deepEqual(await listed(new TreeArchive().tree(fd, '/d', 'd')), expected('d'));
  assert.deepEqual(await listed(new TreeArchive().tree(fd, '/d', '.')), expected('.'));
  assert.deepEqual(await listed(new TreeArchive().tree(fd, '/d', '/')), ['/ directory', '/a symlink /elsewhere', '/b file', '/c link /b', '/sub/ directory']);
  assert.deepEqual(await listed(new TreeArchive().tree(fd, '/d', '')), ['a symlink /elsewhere', 'b file', 'c link b', 'sub/ directory']);
  assert.deepEqual(await listed(new TreeArchive().single(fd, '/d', 'a', 'renamed')), ['renamed symlink /elsewhere']);
  for await (const { entry } of readTar((async function* () { yield* new TreeArchive().single(fd, '/d', 'b', 'b'); })())) assert.deepEqual(entry.mtime, { seconds: 1_600_000_000, nanos: 0 });
});

test('an archive is unpacked with modes, times and links, plain or gzip', async (t) => {
  for (const compress of [false, true]) {
    const { path, fd } = scratch(t);
    mkdirSync(join(path, 'to'));
    const mtime = { seconds: 1_500_000_000, nanos: 0 };
    const archive = tar([{ path: 'd/', type: 'directory', mode: 0o750, mtime }, { path: 'd/f', type: 'file', data: 'text', mode: 0o640, mtime }, { path: 'd/l', type: 'link', linkPath: 'd/f' }, { path: 'implied/x', type: 'symlink', linkPath: '../../up' }]);
    await unpack(fd, '/to', compress ? gzipSync(archive) : archive);
    assert.equal(readFileSync(join(path, 'to/d/l'), 'utf8'), 'text');
    assert.equal(lstatSync(join(path, 'to/d/l')).ino, lstatSync(join(path, 'to/d/f')).ino);
    assert.equal(lstatSync(join(path, 'to/d')).mode & 0o7777, 0o750);
    assert.equal(lstatSync(join(path, 'to/d')).mtimeMs, 1_500_000_000_000);
    assert.equal(readlinkSync(join(path, 'to/implied/x')), '../../up');
  }
});

test('symlinks on the way are followed inside the destination only', async (t) => {
  const { path, fd } = scratch(t);
  mkdirSync(join(path, 'to'));
  mkdirSync(join(path, 'etc'));
  await unpack(fd, '/to', tar([{ path: 'abs', type: 'symlink', linkPath: '/etc' }, { path: 'abs/f', type: 'file', data: '1' }, { path: 'rel', type: 'symlink', linkPath: 'sub' }, { path: 'rel/f', type: 'file', data: '2' }]));
  assert.equal(readFileSync(join(path, 'to/etc/f'), 'utf8'), '1');
  assert.equal(readFileSync(join(path, 'to/sub/f'), 'utf8'), '2');
  assert.ok(!existsSync(join(path, 'etc/f')));
  const refused = (items: readonly Item[], text: RegExp): Promise<void> => assert.rejects(unpack(fd, '/to', tar(items)), text);
  await refused([{ path: 'up', type: 'symlink', linkPath: '../..' }, { path: 'up/f', type: 'file', data: 'x' }], /statat up: path escapes from parent/);
  await refused([{ path: '../f', type: 'file', data: 'x' }], /invalid entry name "\.\.\/f"/);
  await refused([{ path: 'h', type: 'link', linkPath: '../etc/f' }], /invalid hardlink target/);
  await refused([{ path: 'a', type: 'symlink', linkPath: 'b' }, { path: 'b', type: 'symlink', linkPath: 'a' }, { path: 'a/f', type: 'file' }], /too many levels of symbolic links/);
});

test('what is in the way is replaced, unless it is of another kind and that is refused', async (t) => {
  const { path, fd } = scratch(t);
  mkdirSync(join(path, 'to/was-dir/full'), { recursive: true });
  writeFileSync(join(path, 'to/was-file'), 'old');
  const file = tar([{ path: 'was-dir', type: 'file', data: 'new' }]);
  const directory = tar([{ path: 'was-file', type: 'directory' }]);
  await assert.rejects(unpack(fd, '/to', file, { noOverwriteDirNonDir: true }), /cannot overwrite directory "was-dir" with non-directory "\/to"/);
  await assert.rejects(unpack(fd, '/to', directory, { noOverwriteDirNonDir: true }), /cannot overwrite non-directory "was-file" with directory "\/to"/);
  await unpack(fd, '/to', file);
  await unpack(fd, '/to', directory);
  assert.ok(lstatSync(join(path, 'to/was-dir')).isFile() && lstatSync(join(path, 'to/was-file')).isDirectory());
  await unpack(fd, '/to', tar([{ path: 'old/x', type: 'file', data: '1' }, { path: 'old/y', type: 'link', linkPath: 'old/x' }]), { rename: (name) => name.replace('old', 'new') });
  assert.equal(readFileSync(join(path, 'to/new/y'), 'utf8'), '1');
  await assert.rejects(unpack(fd, '/to', Buffer.from('garbage')), /unexpected EOF/);
});

test('links are shown as far as they lead', (t) => {
  const { path, fd } = scratch(t);
  mkdirSync(join(path, 'd'));
  for (const [name, target] of [['in', '../d/./x'], ['out', '../../../etc'], ['abs', '/d/in'], ['loop', 'loop']] as const) symlinkSync(target, join(path, 'd', name));
  assert.equal(followIn(fd, '/d/in', true), '/d/x');
  assert.equal(followIn(fd, '/d/out', true), '/etc');
  assert.equal(followIn(fd, '/d/abs', true), '/d/x');
  assert.throws(() => followIn(fd, '/d/loop', true), /evalSymlinksInScope: too many links in \/d\/loop/);
  assert.throws(() => followIn(fd, '/d/loop', false), /EvalSymlinks: too many links/);
  assert.throws(() => followIn(fd, '/d/in', false), { message: 'lstat /d/x: no such file or directory' });
});
