import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildImage, dockerArchive, ociArchive, sha256, tarOf } from '../fixtures/layers.ts';
import { inventory, load, newStack, openStack } from './stack.ts';
import type { FixtureImage, Item } from '../fixtures/layers.ts';

const demo: FixtureImage = { tags: ['demo:1'], layers: [[{ path: 'a', data: 'hello'.repeat(30_000) }], [{ path: 'b', data: 'x' }]] };
const built = buildImage(demo);
const nothing = { images: 0, names: 0, blobs: [], snapshots: [], leftovers: [] };

function manifestJson(item: object, ...files: Item[]): Buffer {
  return tarOf([...files, { path: 'manifest.json', data: JSON.stringify([item]) }]);
}

/** Replaces a file in an archive made by tarOf from one item list. */
function ociWith(change: (path: string, data: Buffer) => Buffer | undefined): Buffer {
  const items: Item[] = [];
  const add = (path: string, data: Buffer): void => {
    const changed = change(path, data);
    if (changed !== undefined) items.push({ path, data: changed });
  };
  const layers = built.layers.map((layer) => ({ mediaType: layer.mediaType, digest: layer.digest, size: layer.blob.length }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: built.id, size: built.config.length },
      layers,
    }),
  );
  add(
    'index.json',
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: sha256(manifest), size: manifest.length }],
      }),
    ),
  );
  for (const data of [manifest, built.config, ...built.layers.map((layer) => layer.blob)])
    add(`blobs/sha256/${sha256(data).slice(7)}`, data);
  return tarOf(items);
}

const config = { path: 'c.json', data: built.config };
const whole = dockerArchive([demo]);
const cases: [string, Buffer, RegExp][] = [
  ['no archive', Buffer.from('hello world'.repeat(100)), /archive\/tar: invalid tar header/],
  ['nothing at all', Buffer.alloc(0), /open manifest.json: no such file/],
  ['an empty archive', tarOf([]), /open manifest.json: no such file/],
  ['cut off in a layer', whole.subarray(0, 20_000), /unexpected EOF/],
  ['cut off gzip', gzipSync(whole).subarray(0, 200), /unexpected EOF/],
  [
    'damaged gzip',
    (() => {
      const bytes = gzipSync(whole);
      bytes.fill(0xaa, 60, 90);
      return bytes;
    })(),
    /gzip: /,
  ],
  ['names leading out', tarOf([{ path: '../../evil', data: 'x' }]), /invalid entry name "..\/..\/evil"/],
  ['a config outside', manifestJson({ Config: '../../../../etc/passwd', RepoTags: ['m:1'], Layers: [] }), /leads out of it/],
  [
    'a symlink outside',
    manifestJson({ Config: 'c', RepoTags: ['m:1'], Layers: [] }, { path: 'c', type: 'symlink', linkPath: '/etc/passwd' }),
    /open c: no such file/,
  ],
  [
    'a hard link outside',
    manifestJson({ Config: 'c', RepoTags: ['m:1'], Layers: [] }, { path: 'c', type: 'link', linkPath: '/etc/passwd' }),
    /open c: no such file/,
  ],
  [
    'links in a circle',
    manifestJson({ Config: 'c', Layers: [] }, { path: 'c', type: 'symlink', linkPath: 'd' }, { path: 'd', type: 'symlink', linkPath: 'c' }),
    /open c: no such file/,
  ],
  ['a missing config', manifestJson({ Config: 'nope.json', RepoTags: ['m:1'], Layers: [] }), /open nope.json: no such file or directory/],
  [
    'a missing layer',
    manifestJson({ Config: 'c.json', RepoTags: ['m:1'], Layers: ['a/layer.tar', 'b/layer.tar'] }, config),
    /open a\/layer.tar: no such file or directory/,
  ],
  ['too few layers', manifestJson({ Config: 'c.json', Layers: [] }, config), /invalid manifest, layers length mismatch: expected 2, got 0/],
  ['bad JSON', tarOf([{ path: 'manifest.json', data: '{nope' }]), /manifest.json is not valid JSON/],
  ['JSON of another form', tarOf([{ path: 'manifest.json', data: '{"a":1}' }]), /not a list of images/],
  [
    'a config that is not JSON',
    manifestJson({ Config: 'c.json', Layers: [] }, { path: 'c.json', data: '{' }),
    /image config is not valid JSON/,
  ],
  ['a bad name', dockerArchive([{ ...demo, tags: ['Bad Name'] }]), /repository name \(library\/Bad Name\) must be lowercase/],
  ['a name without a tag', dockerArchive([{ ...demo, tags: ['good'] }]), /invalid tag "good"/],
  [
    'a wrong diff id',
    dockerArchive([
      {
        ...demo,
        edit: (file) => {
          file['rootfs'] = { type: 'layers', diff_ids: [built.layers[0]?.diffId, `sha256:${'0'.repeat(64)}`] };
        },
      },
    ]),
    /invalid diffID for layer 1: expected "sha256:0{64}", got "sha256:/,
  ],
  [
    'another system',
    dockerArchive([
      {
        ...demo,
        edit: (file) => {
          file['os'] = 'windows';
        },
      },
    ]),
    /cannot load windows image on linux/,
  ],
  ['a layer that is no archive', dockerArchive([{ tags: ['x:1'], layers: [Buffer.from('hello'.repeat(300))] }]), /invalid tar header/],
  [
    'a good image before a bad one',
    dockerArchive([demo, { tags: ['x:1'], layers: [[{ path: '../x', data: 'y' }]] }]),
    /invalid entry name "..\/x"/,
  ],
  [
    'another blob under a digest',
    ociWith((path, data) => (path.includes(built.id.slice(7)) ? Buffer.from('{"rootfs":{}}') : data)),
    /wrong digest: expected sha256:[0-9a-f]{64}, got/,
  ],
  [
    'a damaged layer',
    ociWith((path, data) => (path.includes(built.layers[0]?.digest.slice(7) ?? '-') ? Buffer.from(data.fill(0x41, 600, 601)) : data)),
    /wrong digest/,
  ],
  [
    'a missing blob',
    ociWith((path, data) => (path.includes(built.layers[1]?.digest.slice(7) ?? '-') ? undefined : data)),
    /open blobs\/sha256\/[0-9a-f]{64}: no such file/,
  ],
  [
    'an index that is also a manifest',
    ociWith((path, data) => (path === 'index.json' ? Buffer.from(data.toString().replace('{', '{"layers":[],')) : data)),
    /both layers and manifests/,
  ],
  [
    'a media type that does not match',
    ociWith((path, data) =>
      path === 'index.json' ? Buffer.from(data.toString().replace('oci.image.manifest.v1', 'docker.distribution.manifest.v2')) : data,
    ),
    /its media type is/,
  ],
  [
    'a size that does not match',
    ociWith((path, data) => (path === 'index.json' ? Buffer.from(data.toString().replace(/"size":\d+/, '"size":5')) : data)),
    /its descriptor says 5/,
  ],
];

test('what is wrong with an archive is said, and nothing of it stays', async (t) => {
  const stack = newStack(t);
  for (const [what, archive, message] of cases) {
    await assert.rejects(
      load(stack, archive),
      (error) => {
        assert.match(String(error), message, what);
        assert.ok(['invalidArgument', 'dataLoss'].includes((error as { kind: string }).kind), what);
        return true;
      },
      what,
    );
    assert.deepEqual(await inventory(stack), nothing, what);
  }
  await load(stack, whole);
  assert.equal(stack.images.list().length, 1);
});

test('a load that is cancelled or whose client goes away leaves nothing', async (t) => {
  const stack = newStack(t);
  const controller = new AbortController();
  const slow = Readable.from(
    (async function* () {
      yield whole.subarray(0, 50_000);
      controller.abort();
      yield whole.subarray(50_000);
    })(),
    { objectMode: false },
  );
  await assert.rejects(
    stack.images.load(slow, () => undefined, { signal: controller.signal }),
    (error) => (error as { kind: string }).kind === 'cancelled',
  );
  const gone = Readable.from(
    (async function* () {
      yield whole.subarray(0, 50_000);
      throw new Error('connection lost');
    })(),
    { objectMode: false },
  );
  await assert.rejects(
    stack.images.load(gone, () => undefined),
    /connection lost/,
  );
  assert.deepEqual(await inventory(stack), nothing);
});

test('a full disk is one clear error and leaves nothing', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'berth-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk]);
  t.after(() => {
    execFileSync('umount', [disk]);
    rmdirSync(disk);
  });
  await using stack = openStack(disk);
  const full = (error: unknown): boolean =>
    (error as { kind: string }).kind === 'exhausted' && /no space left on device/.test(String(error));
  const random = Buffer.alloc(8 << 20, 'berth');
  // In the archive itself, and while its layers are unpacked.
  await assert.rejects(
    load(stack, dockerArchive([{ tags: ['x:1'], layers: [[{ path: 'a', data: Buffer.concat([random, random]) }]] }])),
    full,
  );
  assert.deepEqual(await inventory(stack), nothing);
  await assert.rejects(
    load(
      stack,
      dockerArchive([
        {
          tags: ['x:1'],
          compression: 'gzip',
          layers: [
            [{ path: 'ok', data: 'x' }],
            [
              { path: 'a', data: random },
              { path: 'b', data: random },
            ],
          ],
        },
      ]),
    ),
    full,
  );
  assert.deepEqual(await inventory(stack), nothing);
  await load(stack, whole);
  assert.equal(stack.images.get('demo:1').id, built.id);
});

test('the same image loaded twice at the same time, and one failing beside it', async (t) => {
  const stack = newStack(t);
  const bad = dockerArchive([{ ...demo, tags: ['bad:1'], layers: [...demo.layers, [{ path: '../x', data: 'y' }]] }]);
  const results = await Promise.allSettled([load(stack, whole), load(stack, bad), load(stack, ociArchive([demo])), load(stack, whole)]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  const { images, snapshots, leftovers } = await inventory(stack);
  assert.deepEqual({ images, snapshots: snapshots.length, leftovers }, { images: 1, snapshots: 2, leftovers: [] });
  for (const digest of stack.store.db.prepare('SELECT digest FROM image_blob').all())
    assert.ok((await stack.content.readAll(digest['digest'] as never)).length > 0);
});
