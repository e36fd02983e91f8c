import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { layerOf } from '#images/diff.ts';
import { unpackLayer } from '#images/unpack.ts';
import { parseDigest } from '#spec/ids.ts';
import { dockerArchive, sha256 } from '../fixtures/layers.ts';
import { collectStream, inRoot, load, newStack, scratch } from './stack.ts';

async function bytesOf(directory: string, whole: boolean = false): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of layerOf(directory, { whole })) pieces.push(piece);
  return Buffer.concat(pieces);
}

// Without what the engine puts into every container's root.
const everything = `find . -mindepth 1 ! -type d -printf '%P %y %m %U %G %s %n %l %T@\\n' -o -mindepth 1 -printf '%P %y %m %U %G %T@\\n' | sort | grep -v -E '^(\\.dockerenv|dev|etc|proc|sys)[ /]'; getfattr -d -m- -R . 2>/dev/null || true`;

test('what a container changed makes a layer that gives the same root again', async (t) => {
  const stack = newStack(t);
  const directory = scratch(t);
  await load(
    stack,
    dockerArchive([
      {
        tags: ['x:1'],
        layers: [
          [
            { path: 'gone', data: '1' },
            { path: 'dir/' },
            { path: 'dir/old', data: '2' },
            { path: 'kept/' },
            { path: 'kept/f', data: '3' },
            { path: 'tofile/' },
            { path: 'tofile/x', data: '4' },
          ],
        ],
      },
    ]),
  );
  const chainId = stack.images.get('x:1').chainId;
  assert.ok(chainId);
  const mount = stack.snapshots.prepare('c1', chainId);
  const script = `rm gone; rm -r dir; mkdir dir; echo new > dir/new; ln dir/new hard; ln -s /etc soft; mkfifo pipe; mknod null c 1 3; mknod disk b 8 300
    chmod 4750 dir/new; chown 7:8 dir/new; rm -r tofile; echo f > tofile; echo more >> kept/f; truncate -s 3M holes; touch -d '2001-02-03 04:05:06.123456789' dir kept/f
    printf x > "$(printf '\\377')"; mkdir -p ${'long/'.repeat(60)}; ${everything}`;
  const expected = inRoot(mount, directory, script);
  const layer = await collectStream(stack.images.changesOf('c1'));
  assert.ok(layer.equals(await bytesOf(stack.snapshots.upperPath('c1'))));
  const listed = execFileSync('tar', ['-tf', '-'], { input: layer, encoding: 'utf8' });
  for (const name of ['.wh.gone', 'dir/.wh..wh..opq']) assert.ok(listed.split('\n').includes(name), name);

  const stage = await stack.snapshots.stage();
  const blob = join(directory, 'layer');
  writeFileSync(blob, layer);
  const unpacked = await unpackLayer(
    { blob, digest: parseDigest(sha256(layer)), target: stage.path, whiteouts: 'overlay' },
    AbortSignal.any([]),
  );
  const top = `sha256:${'1'.repeat(64)}` as typeof chainId;
  await stage.commit(top, chainId, unpacked.size);
  assert.equal(inRoot(stack.snapshots.view(top), directory, everything), expected);
  assert.ok(readdirSync(directory).includes('layer'));
});

test('a whole root has no whiteouts, and device nodes stay', async (t) => {
  const directory = mkdtempSync(join(scratch(t), 'root-'));
  execFileSync('sh', ['-ec', 'mknod zero c 0 0; echo x > f'], { cwd: directory });
  const listed = execFileSync('tar', ['-tvf', '-'], { input: await bytesOf(directory, true), encoding: 'utf8' });
  assert.match(listed, /^-rw.* f\ncrw.* 0,0 .* zero\n$/);
});
