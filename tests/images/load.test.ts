import assert from 'node:assert/strict';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { test } from 'node:test';
import { dockerArchive, buildImage, ociArchive, sha256, tarOf } from '../fixtures/layers.ts';
import { collectStream, inRoot, inventory, load, newStack, openStack, scratch } from './stack.ts';
import type { FixtureImage, Item } from '../fixtures/layers.ts';

const demo: FixtureImage = {
  tags: ['demo:one', 'demo:two'],
  layers: [
    [
      { path: 'a', data: 'hello' },
      { path: 'd/' },
      { path: 'd/old', data: 'old' },
      { path: 'hard1', data: 'h' },
      { path: 'hard2', type: 'link', linkPath: 'hard1' },
    ],
    [
      { path: '.wh.a' },
      { path: 'b', data: 'xx', uid: 5, mode: 0o4755 },
      { path: 'd/' },
      { path: 'd/.wh..wh..opq' },
      { path: 'd/new', data: 'new' },
    ],
    [{ path: 'c', data: 'top' }],
  ],
  config: { Cmd: ['sh'], Env: ['A=1'] },
};

for (const [kind, archive] of [
  ['docker-save', dockerArchive([demo])],
  ['docker-save, gzip', gzipSync(dockerArchive([demo]))],
  ['docker-save with zstd layers', dockerArchive([{ ...demo, compression: 'zstd' }])],
  ['OCI layout', ociArchive([{ ...demo, tags: ['docker.io/library/demo:one', 'docker.io/library/demo:two'] }])],
  [
    'OCI layout, gzip layers, zstd around it',
    zstdCompressSync(ociArchive([{ ...demo, compression: 'gzip', tags: ['demo:one', 'demo:two'] }])),
  ],
] as const) {
  test(`loads ${kind}: names, config, and the root as the layers say`, async (t) => {
    const stack = newStack(t);
    assert.equal(await load(stack, archive), 'Loaded image: demo:one\nLoaded image: demo:two\n');
    const image = stack.images.get('demo:one');
    assert.deepEqual(image.repoTags, ['demo:one', 'demo:two']);
    assert.equal(image.id, buildImage(demo).id);
    assert.equal(image.config.config?.Cmd?.[0], 'sh');
    assert.equal(image.size, 5 + 3 + 1 + 2 + 3 + 3);
    assert.equal(image.lastTagged, undefined);
    assert.ok(image.chainId);
    const script = 'find . -mindepth 1 | sort | tr "\\n" " "; stat -c "%a %u" b; cat d/new; test hard1 -ef hard2';
    assert.equal(inRoot(stack.snapshots.view(image.chainId), scratch(t), script), './b ./c ./d ./d/new ./hard1 ./hard2 4755 5\nnew');
    const active = stack.snapshots.prepare('c1', image.chainId);
    assert.equal(inRoot(active, scratch(t), 'echo changed > b; rm c; mkdir c; ls'), 'b\nc\nd\ndev\netc\nhard1\nhard2\nproc\nsys\n');
    assert.equal(await stack.snapshots.usage('c1'), 8 + 0);
  });
}

test('what was loaded is there after a restart; loading it again adds nothing', async (t) => {
  const directory = scratch(t);
  const archive = dockerArchive([demo]);
  let before: unknown;
  {
    await using stack = openStack(directory);
    await load(stack, archive);
    before = await inventory(stack);
  }
  await using stack = openStack(directory);
  await stack.snapshots.sweep();
  await stack.images.collect();
  assert.deepEqual(await inventory(stack), before);
  await load(stack, archive);
  assert.deepEqual(await inventory(stack), before);
  assert.equal(stack.images.list().length, 1);
});

test('a saved image is the same wherever and how often it is saved', async (t) => {
  const first = newStack(t);
  for (const image of [
    demo,
    { ...demo, tags: ['z:1'], compression: 'gzip', layers: [...demo.layers, [{ path: 'z', data: 'z' }]] } satisfies FixtureImage,
  ]) {
    await load(first, image.compression === undefined ? dockerArchive([image]) : ociArchive([image]));
  }
  const saved = await collectStream(first.images.save(['demo:one', 'z:1']));
  assert.ok(saved.equals(await collectStream(first.images.save(['demo:one', 'z:1']))));
  const second = newStack(t);
  assert.equal(await load(second, saved), 'Loaded image: demo:one\nLoaded image: z:1\n');
  assert.ok(saved.equals(await collectStream(second.images.save(['demo:one', 'z:1']))));
  assert.equal(second.images.get('z:1').manifest, first.images.get('z:1').manifest);
  assert.match(String(await collectStream(first.images.save(['demo']))), /"RepoTags":\["demo:one","demo:two"\]/);
  assert.match(String(await collectStream(first.images.save([first.images.get('demo:one').id]))), /"RepoTags":null/);
  assert.throws(() => first.images.save(['nothing']), /^BerthError: No such image: nothing$/);
  assert.throws(() => first.images.save(['nothing:1']), /^BerthError: reference does not exist$/);
});

test('layers are shared, names move, and an image without names keeps its id', async (t) => {
  const stack = newStack(t);
  await load(stack, dockerArchive([demo]));
  const other: FixtureImage = { ...demo, tags: ['demo:one'], layers: demo.layers.slice(0, 2) };
  const said = await load(stack, dockerArchive([other]));
  assert.equal(
    said,
    `The image demo:one already exists, renaming the old one with ID ${buildImage(demo).id} to empty string\nLoaded image: demo:one\n`,
  );
  assert.equal((await inventory(stack)).snapshots.length, 3);
  assert.equal(stack.images.get('demo:two').id, buildImage(demo).id);
  assert.equal(
    await load(stack, dockerArchive([{ ...demo, tags: [], config: { Cmd: ['x'] } }])),
    `Loaded image ID: ${buildImage({ ...demo, config: { Cmd: ['x'] } }).id}\n`,
  );
});

test('an image without layers, and one with 128', async (t) => {
  const stack = newStack(t);
  const many = Array.from({ length: 128 }, (_, index): Item[] => [{ path: `f${index}`, data: String(index) }]);
  await load(
    stack,
    dockerArchive([
      { tags: ['none:1'], layers: [] },
      { tags: ['many:1'], layers: many },
    ]),
  );
  assert.equal(stack.images.get('none:1').chainId, undefined);
  const chainId = stack.images.get('many:1').chainId;
  assert.ok(chainId);
  assert.equal(inRoot(stack.snapshots.prepare('x', chainId), scratch(t), 'ls -d f* | wc -l').trim(), '128');
  await assert.rejects(load(stack, dockerArchive([{ layers: [...many, [{ path: 'x' }]] }])), /max depth exceeded/);
});

test('the platform of an index is chosen', async (t) => {
  const stack = newStack(t);
  const mine = buildImage(demo);
  const theirs = buildImage({
    ...demo,
    edit: (config) => {
      config['architecture'] = 's390x';
    },
  });
  const files = new Map<string, Buffer>();
  const add = (bytes: Buffer, mediaType: string): object => {
    files.set(sha256(bytes), bytes);
    return { mediaType, digest: sha256(bytes), size: bytes.length };
  };
  const manifest = 'application/vnd.oci.image.manifest.v1+json';
  const entries = [mine, theirs].map((image, index) => {
    const document = {
      schemaVersion: 2,
      config: add(image.config, 'application/vnd.oci.image.config.v1+json'),
      layers: image.layers.map((layer) => add(layer.blob, layer.mediaType)),
    };
    return {
      ...add(Buffer.from(JSON.stringify(document)), manifest),
      platform: { os: 'linux', architecture: index === 0 ? (process.arch === 'arm64' ? 'arm64' : 'amd64') : 's390x' },
    };
  });
  const attestation = { ...add(Buffer.from('{}'), manifest), platform: { os: 'unknown', architecture: 'unknown' } };
  const nested = add(
    Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [attestation, ...entries] })),
    'application/vnd.oci.image.index.v1+json',
  );
  const archive = tarOf([
    {
      path: 'index.json',
      data: JSON.stringify({
        schemaVersion: 2,
        manifests: [{ ...nested, annotations: { 'io.containerd.image.name': 'docker.io/library/multi:1' } }],
      }),
    },
    ...[...files].map(([digest, data]) => ({ path: `blobs/sha256/${digest.slice(7)}`, data })),
  ]);
  assert.equal(await load(stack, archive), 'Loaded image: multi:1\n');
  assert.equal(stack.images.get('multi:1').id, mine.id);
  await load(stack, archive, 'linux/s390x');
  assert.equal(stack.images.get('multi:1').id, theirs.id);
  await assert.rejects(load(stack, archive, 'linux/ppc64le'), /no image for linux\/ppc64le/);
});
