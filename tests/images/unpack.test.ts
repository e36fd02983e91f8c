import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDir, closeFd } from '#kernel/fs-at.ts';
import { getXattrAt } from '#kernel/xattr.ts';
import { unpackLayer } from '#images/unpack.ts';
import { parseDigest } from '#spec/ids.ts';
import { sha256, tarOf } from '../fixtures/layers.ts';
import type { Item } from '../fixtures/layers.ts';
import type { Unpacked } from '#images/unpack.ts';
import type { TestContext } from 'node:test';

const forever = new AbortController().signal;

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'berth-unpack-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function unpack(
  directory: string,
  layer: Buffer | readonly Item[],
  whiteouts: 'overlay' | 'drop' = 'overlay',
): Promise<Unpacked & { target: string }> {
  const target = mkdtempSync(join(directory, 'fs-'));
  const blob = join(directory, 'blob');
  const bytes = Buffer.isBuffer(layer) ? layer : tarOf(layer as readonly Item[]);
  writeFileSync(blob, bytes);
  return { ...(await unpackLayer({ blob, digest: parseDigest(sha256(bytes)), target, whiteouts }, forever)), target };
}

function xattr(directory: string, name: string, key: string): string | undefined {
  const fd = openDir(directory);
  try {
    return getXattrAt(fd, name, key)?.toString('latin1');
  } finally {
    closeFd(fd);
  }
}

/** Type, mode, owner, size, times, links and target of everything in a tree. */
function listing(directory: string): string {
  const format = '%P %y %m %U %G %s %n %l %T@\\n';
  const lines = execFileSync(
    'find',
    [directory, '-mindepth', '1', '(', '-type', 'd', '-printf', '%P %y %m %U %G %T@\\n', '-o', '-printf', format, ')'],
    { encoding: 'utf8' },
  );
  return lines.split('\n').sort().join('\n');
}

test('unpacks what GNU tar unpacks, to the nanosecond', async (t) => {
  const directory = scratch(t);
  const source = join(directory, 'source');
  mkdirSync(source);
  execFileSync(
    'sh',
    [
      '-ec',
      `
    mkdir -p a/b/c setgid; echo hi > a/b/file; ln a/b/file a/hard; ln -s ../nowhere a/b/soft; mkfifo a/pipe; mknod a/null c 1 3; mknod a/disk b 7 300
    chmod 4755 a/b/file; chmod 2775 setgid; echo x > setgid/f; chown 1234:4321 setgid setgid/f; chmod 1777 a; chmod 0 a/b/c
    truncate -s 5M a/sparse; printf data | dd of=a/sparse bs=1 seek=1000000 conv=notrunc status=none; touch -h -d '1999-01-02 03:04:05.678901234' a/b/soft a/b
    printf bytes > "$(printf 'a/\\377\\376')"`,
    ],
    { cwd: source },
  );
  for (const format of ['--format=posix', '--format=gnu']) {
    const archive = execFileSync('tar', ['-C', source, format, '--sparse', '--sort=name', '-cf', '-', '.'], { maxBuffer: 1 << 26 });
    const expected = mkdtempSync(join(directory, 'tar-'));
    execFileSync('tar', ['-C', expected, '--numeric-owner', '-xpf', '-'], { input: archive });
    const { target, size } = await unpack(directory, archive);
    assert.equal(listing(target), listing(expected));
    assert.ok(statSync(join(target, 'a/sparse')).blocks < 200, 'holes stay holes');
    assert.ok(readFileSync(join(target, 'a/sparse')).equals(readFileSync(join(source, 'a/sparse'))));
    assert.equal(size, 3 + 10 + 5 * 1024 * 1024 + 2 + 5); // file once for both names, symlink, sparse, setgid/f, bytes
  }
});

test("extended attributes are kept as bytes, overlay's own never come from an archive", async (t) => {
  const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
  const xattrs = new Map([
    ['security.capability', capability],
    ['user.x', Buffer.from([0, 255, 10])],
    ['trusted.overlay.redirect', Buffer.from('/etc')],
    ['trusted.overlay.opaque', Buffer.from('y')],
  ]);
  const { target } = await unpack(scratch(t), [
    { path: 'bin', data: 'x', uid: 5, mode: 0o4755, xattrs },
    { path: 'd/', xattrs: new Map([...xattrs].slice(1)) },
    { path: 'again', type: 'link', linkPath: 'bin' },
  ]);
  for (const name of ['bin', 'again']) {
    assert.equal(xattr(target, name, 'security.capability'), capability.toString('latin1'));
    assert.equal(lstatSync(join(target, name)).mode & 0o7777, 0o4755);
  }
  for (const name of ['bin', 'd']) {
    assert.equal(xattr(target, name, 'user.x'), '\0\xff\n');
    assert.equal(xattr(target, name, 'trusted.overlay.redirect'), undefined);
    assert.equal(xattr(target, name, 'trusted.overlay.opaque'), undefined);
  }
});

test("whiteouts become overlay's, and hide nothing of their own layer", async (t) => {
  const directory = scratch(t);
  const items: Item[] = [
    { path: 'gone/' },
    { path: '.wh.removed', uid: 7 },
    { path: 'opaque/' },
    { path: 'opaque/kept', data: '1' },
    { path: 'opaque/.wh..wh..opq' },
    { path: '.wh.both' },
    { path: 'both', data: 'new' },
    { path: 'later', data: 'x' },
    { path: '.wh.later' },
    { path: '.wh.directory' },
    { path: 'directory/' },
    { path: 'directory/f', data: 'f' },
    { path: '.wh.implied' },
    { path: 'implied/f', data: 'f' },
    { path: 'present/' },
    { path: '.wh.present' },
    { path: '.wh..wh.plnk/' },
    { path: '.wh..wh.aufs' },
  ];
  const { target } = await unpack(directory, items);
  const isWhiteout = (name: string): boolean =>
    lstatSync(join(target, name)).isCharacterDevice() && lstatSync(join(target, name)).rdev === 0;
  assert.ok(isWhiteout('removed'));
  assert.equal(lstatSync(join(target, 'removed')).uid, 7);
  for (const name of ['opaque', 'directory', 'implied', 'present']) assert.equal(xattr(target, name, 'trusted.overlay.opaque'), 'y', name);
  assert.equal(xattr(target, 'gone', 'trusted.overlay.opaque'), undefined);
  assert.equal(readFileSync(join(target, 'both'), 'utf8'), 'new');
  assert.equal(readFileSync(join(target, 'later'), 'utf8'), 'x');
  assert.deepEqual(
    readdirSync(target).filter((name) => name.startsWith('.wh')),
    [],
  );
  const lowest = await unpack(directory, items, 'drop');
  assert.deepEqual(readdirSync(lowest.target).sort(), ['both', 'directory', 'gone', 'implied', 'later', 'opaque', 'present']);
});

test('nothing leads out of the directory', async (t) => {
  const directory = scratch(t);
  const outside = join(directory, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'canary'), 'alive');
  const tricks: Item[][] = [
    [{ path: '../../outside/canary', data: 'dead' }],
    [{ path: `${outside}/canary`, data: 'dead' }],
    [
      { path: 'x', type: 'symlink', linkPath: outside },
      { path: 'x/canary', data: 'dead' },
    ],
    [
      { path: 'x', type: 'symlink', linkPath: '../outside' },
      { path: 'x/canary', data: 'dead' },
    ],
    [{ path: 'x', type: 'symlink', linkPath: outside }, { path: 'x/.wh.canary' }],
    [
      { path: 'x', type: 'symlink', linkPath: outside },
      { path: 'y', type: 'link', linkPath: 'x/canary' },
      { path: 'y', data: 'dead' },
    ],
    [
      { path: 'y', type: 'link', linkPath: '../outside/canary' },
      { path: 'y', data: 'dead' },
    ],
    [
      { path: 'y', type: 'link', linkPath: `${outside}/canary` },
      { path: 'y', data: 'dead' },
    ],
    [{ path: 'a/' }, { path: 'a/b', type: 'symlink', linkPath: '../..' }, { path: 'a/b/outside/canary', data: 'dead' }],
    [{ path: 'x/' }, { path: 'x/f', data: '1' }, { path: 'x', type: 'symlink', linkPath: outside }, { path: 'x/canary', data: 'dead' }],
    [
      { path: 'x', type: 'symlink', linkPath: '/proc/self/root' },
      { path: `x${outside}/canary`, data: 'dead' },
    ],
    [
      { path: 'x', type: 'symlink', linkPath: `${outside}/canary` },
      { path: 'x', data: 'dead' },
    ],
    [
      { path: 'x', type: 'symlink', linkPath: outside },
      { path: 'x/', mode: 0 },
    ],
  ];
  for (const [index, items] of tricks.entries()) {
    try {
      await unpack(directory, items);
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'invalidArgument', `trick ${index}: ${String(error)}`);
    }
    assert.equal(readFileSync(join(outside, 'canary'), 'utf8'), 'alive', `trick ${index}`);
    assert.equal(statSync(join(outside, 'canary')).nlink, 1, `trick ${index}`);
    assert.equal(statSync(outside).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(outside), ['canary'], `trick ${index}`);
  }
});

test('symlinks inside the root are followed as in a chroot', async (t) => {
  const { target } = await unpack(scratch(t), [
    { path: 'usr/lib/' },
    { path: 'lib', type: 'symlink', linkPath: '/usr/lib' },
    { path: 'lib/f', data: 'x' },
    { path: 'up', type: 'symlink', linkPath: '../../../usr' },
    { path: 'up/g', data: 'y' },
  ]);
  assert.equal(readFileSync(join(target, 'usr/lib/f'), 'utf8'), 'x');
  assert.equal(readFileSync(join(target, 'usr/g'), 'utf8'), 'y');
  assert.equal(readlinkSync(join(target, 'lib')), '/usr/lib');
});

test('later entries replace earlier ones, whatever they are', async (t) => {
  const { target, size } = await unpack(scratch(t), [
    { path: 'a', data: '12345' },
    { path: 'a/', mode: 0o700 },
    { path: 'a/f', data: '123' },
    { path: 'a', type: 'symlink', linkPath: 'b' },
    { path: 'a', data: 'end' },
    { path: 'x', data: '4444' },
    { path: 'y', type: 'link', linkPath: 'x' },
    { path: 'x', type: 'fifo' },
    { path: 'y', type: 'link', linkPath: 'y' },
    { path: 'd/' },
    { path: 'd/self', type: 'symlink', linkPath: '.' },
    { path: 'd/self/one', data: '1' },
    { path: 'd/self/self/' },
    { path: 'd/self/two', data: '2' },
  ]);
  assert.equal(readFileSync(join(target, 'a'), 'utf8'), 'end');
  assert.equal(readFileSync(join(target, 'y'), 'utf8'), '4444');
  assert.ok(lstatSync(join(target, 'x')).isFIFO());
  assert.ok(existsSync(join(target, 'd/one')) && existsSync(join(target, 'd/self/two')));
  assert.equal(size, 3 + 4 + 1 + 1);
});

test('what cannot be unpacked is one clear error', async (t) => {
  const directory = scratch(t);
  const cases: [Item[] | Buffer, RegExp][] = [
    [
      [
        { path: 'f', data: 'x' },
        { path: 'f/g', data: 'y' },
      ],
      /openat f: not a directory/,
    ],
    [[{ path: 'l', type: 'link', linkPath: 'missing' }], /linkat missing l: no such file or directory/],
    [[{ path: 'a/../../b', data: 'x' }], /invalid entry name "a\/..\/..\/b"/],
    [[{ path: 'l', type: 'link', linkPath: '../x' }], /invalid hardlink target "..\/x"/],
    [[{ path: 'n'.repeat(300), data: 'x' }], /file name too long/],
    [[{ path: `${'d/'.repeat(3000)}f`, data: 'x' }], /file name too long/],
    [[{ path: 'f', data: 'x', uid: 2 ** 40 }], /impossible owner/],
    [[{ path: 'd/.wh...' }], /invalid whiteout entry "d\/\.wh\.\.\."/],
    [Buffer.from('not a tar archive at all'.repeat(50)), /invalid tar header/],
    [tarOf([{ path: 'f', data: 'x'.repeat(5000) }]).subarray(0, 3000), /unexpected EOF/],
    [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 255, 255]), /gzip: /],
    [Buffer.from('BZh91AY&SY'), /bzip2, which is not supported/],
  ];
  for (const [layer, message] of cases) {
    await assert.rejects(
      unpack(directory, layer),
      (error) => message.test(String(error)) && (error as { kind?: string }).kind === 'invalidArgument',
      String(message),
    );
  }
});
