import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { tarOf } from '../fixtures/layers.ts';
import { collectStream, inRoot, inventory, load, newStack, scratch } from './stack.ts';

const root = tarOf([{ path: './', mode: 0o755 }, { path: './bin/' }, { path: './bin/sh', data: 'shell', mode: 0o755 }]);

function stream(bytes: Buffer): Readable {
  return Readable.from([bytes], { objectMode: false });
}

test('import makes an image of a root, changes applied', async (t) => {
  const stack = newStack(t);
  for (const [name, archive] of [
    ['plain', root],
    ['zipped:2', gzipSync(root)],
  ] as const) {
    const image = await stack.images.import(stream(archive), { reference: name, message: 'a msg', changes: ['CMD ["sh"]', 'ENV A=b'] });
    assert.deepEqual(image.repoTags, [name.includes(':') ? name : `${name}:latest`]);
    assert.deepEqual(image.config.config, { Cmd: ['sh'], Env: ['A=b'] });
    assert.equal(image.config.comment, 'a msg');
    assert.equal(image.size, 5);
    assert.ok(image.lastTagged);
    assert.deepEqual(
      stack.images.history(image.id).map((line) => [line.comment, line.size]),
      [['a msg', 5]],
    );
    assert.ok(image.chainId);
    assert.equal(inRoot(stack.snapshots.view(image.chainId), scratch(t), 'find . -type f'), './bin/sh\n');
  }
  // Both are the same layer.
  assert.equal((await inventory(stack)).snapshots.length, 1);
  const saved = await collectStream(stack.images.save(['zipped']));
  const other = newStack(t);
  await load(other, saved);
  assert.equal(other.images.get('zipped:2').id, stack.images.get('zipped:2').id);
});

test('what cannot be imported leaves nothing', async (t) => {
  const stack = newStack(t);
  const cases: [Buffer, Parameters<typeof stack.images.import>[1], RegExp][] = [
    [Buffer.from('garbage'.repeat(200)), {}, /invalid tar header/],
    [root.subarray(0, 1100), {}, /unexpected EOF/],
    [tarOf([{ path: '../x', data: 'y' }]), {}, /invalid entry name "..\/x"/],
    [root, { reference: 'Bad:1' }, /must be lowercase/],
    [root, { reference: `x@sha256:${'a'.repeat(64)}` }, /cannot import digest reference/],
    [root, { changes: ['RUN x'] }, /RUN is not a valid change command/],
    [root, { platform: 'windows/amd64' }, /operating system is not supported/],
    [root, { platform: 'a/b/c/d' }, /"a\/b\/c\/d": cannot parse platform specifier: invalid argument/],
  ];
  for (const [archive, options, message] of cases) {
    await assert.rejects(
      stack.images.import(stream(archive), options),
      (error) => message.test(String(error)) && (error as { kind: string }).kind === 'invalidArgument',
      String(message),
    );
  }
  assert.deepEqual(await inventory(stack), { images: 0, names: 0, blobs: [], snapshots: [], leftovers: [] });
  const empty = await stack.images.import(stream(tarOf([])), {});
  assert.equal(empty.size, 0);
  assert.deepEqual(empty.repoTags, []);
});
