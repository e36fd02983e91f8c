/** Archives made to get out of where they are unpacked, through the API. The unpacker's own tests are in images/. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { buildImage, dockerArchive, ociArchive, sha256, tarOf } from '../fixtures/layers.ts';
import type { Item } from '../fixtures/layers.ts';
import { waitFor } from '../support/command.ts';
import { baseLayer, guarded } from './support.ts';

const daemon = guarded();

/** Loads or refuses; either leaves the canary. What was loaded is returned by its id, to be removed. */
async function loadOrRefuse(archive: Buffer): Promise<{ loaded: boolean; text: string }> {
  const before = new Set((await daemon.inventory())['images']?.split('\n'));
  const { text } = await daemon.api('POST', '/images/load', archive);
  const fresh = ((await daemon.inventory())['images'] ?? '').split('\n').filter((id) => !before.has(id));
  for (const id of new Set(fresh)) await daemon.drop(id);
  const loaded = /Loaded image/.test(text);
  if (!loaded) assert.deepEqual(fresh, [], text);
  return { loaded, text };
}

function tricks(): Record<string, Item[]> {
  const outside = daemon.canary;
  const up = '../'.repeat(12);
  return {
    'a name leading up': [{ path: `${up}${outside.slice(1)}/file`, data: 'dead' }],
    'an absolute name': [{ path: `${outside}/new`, data: 'dead' }],
    'through a symlink': [{ path: 'x', type: 'symlink', linkPath: outside }, { path: 'x/file', data: 'dead' }],
    'through a relative symlink': [{ path: 'x', type: 'symlink', linkPath: `${up}${outside.slice(1)}` }, { path: 'x/file', data: 'dead' }],
    'through magic links': [{ path: 'x', type: 'symlink', linkPath: '/proc/self/cwd' }, { path: 'y', type: 'symlink', linkPath: '/proc/1/root' }, { path: 'x/new', data: 'dead' }, { path: `y${outside}/file`, data: 'dead' }],
    'a hard link out': [{ path: 'x', type: 'link', linkPath: `${outside}/file` }, { path: 'x', data: 'dead' }],
    'a hard link up': [{ path: 'x', type: 'link', linkPath: `${up}${outside.slice(1)}/file` }, { path: 'x', data: 'dead' }],
    'a hard link through a symlink': [{ path: 'l', type: 'symlink', linkPath: outside }, { path: 'x', type: 'link', linkPath: 'l/file' }, { path: 'x', mode: 0o4777, data: 'dead' }],
    'a mode through a symlink': [{ path: 'x', type: 'symlink', linkPath: `${outside}/file` }, { path: 'x', type: 'link', linkPath: 'x' }],
    'a whiteout through a symlink': [{ path: 'x', type: 'symlink', linkPath: outside }, { path: 'x/.wh.file' }, { path: 'x/.wh..wh..opq' }],
    'whiteouts of nothing and of the parent': [{ path: '.wh.' }, { path: '.wh..' }, { path: '.wh...' }, { path: 'd/.wh...' }],
    'a directory that becomes a symlink': [{ path: 'd/' }, { path: 'd/f', data: '1' }, { path: 'd', type: 'symlink', linkPath: outside }, { path: 'd/file', data: 'dead' }],
    'attributes through a symlink': [{ path: 'x', type: 'symlink', linkPath: outside, xattrs: new Map([['user.evil', Buffer.from('1')]]) }, { path: 'x/', mode: 0o777, uid: 1000, xattrs: new Map([['trusted.overlay.opaque', Buffer.from('y')], ['trusted.overlay.redirect', Buffer.from('/../../../..')]]) }],
    'the name of the root': [{ path: './', mode: 0o000 }, { path: '/', mode: 0o777 }, { path: '.', type: 'symlink', linkPath: outside }],
    'a NUL and a newline in names': [{ path: 'a\nb', data: '1' }, { path: 'a\x1b[2Jb', data: '1' }],
    'a long chain of links': [...Array.from({ length: 60 }, (_, n): Item => ({ path: `l${n}`, type: 'symlink', linkPath: `l${n + 1}` })), { path: 'l60', type: 'symlink', linkPath: outside }, { path: 'l0/file', data: 'dead' }],
  };
}

test('a layer cannot reach out of its root by load or import', async () => {
  for (const [what, items] of Object.entries(tricks())) {
    for (const compress of [undefined, 'gzip', 'zstd'] as const) await loadOrRefuse(dockerArchive([{ tags: ['sec-load:1'], layers: [items], compression: compress }]));
    await loadOrRefuse(ociArchive([{ tags: ['sec-oci:1'], layers: [items, items] }]));
    // A second layer meets what the first left.
    for (let cut = 1; cut < items.length; cut++) await loadOrRefuse(dockerArchive([{ tags: ['sec-two:1'], layers: [items.slice(0, cut), items.slice(cut)] }]));
    const imported = await daemon.api('POST', '/images/create?fromSrc=-&repo=sec-import&tag=1', tarOf(items));
    assert.ok(imported.status < 500, imported.text);
    if (imported.status === 200 && !imported.text.includes('"error"')) await daemon.drop('sec-import:1');
    assert.equal(readFileSync(join(daemon.canary, 'file'), 'utf8'), 'alive', what);
    assert.deepEqual(readdirSync(daemon.canary), ['file'], what);
  }
});

test('the archive itself cannot, either: names, links (CVE-2014-9356)', async () => {
  const { config, layers: [layer] } = buildImage({ layers: [[{ path: 'f', data: 'x' }]] });
  const manifest = (entry: object): Item => ({ path: 'manifest.json', data: JSON.stringify([entry]) });
  const good = { Config: 'c.json', RepoTags: ['sec-a:1'], Layers: ['l.tar'] };
  const c: Item = { path: 'c.json', data: config };
  const l: Item = { path: 'l.tar', data: layer?.blob };
  const file = join(daemon.canary, 'file');
  const refused: Record<string, Item[]> = {
    'a layer by symlink to the host': [manifest(good), c, { path: 'l.tar', type: 'symlink', linkPath: file }],
    'a layer by hard link to the host': [manifest(good), c, { path: 'l.tar', type: 'link', linkPath: file }],
    'a config by symlink up': [manifest(good), l, { path: 'c.json', type: 'symlink', linkPath: `${'../'.repeat(12)}${file.slice(1)}` }],
    'a config named up': [manifest({ ...good, Config: `${'../'.repeat(12)}${file.slice(1)}` }), l],
    'an absolute layer': [manifest({ ...good, Layers: [file] }), c],
    'the manifest by symlink': [{ path: 'manifest.json', type: 'symlink', linkPath: file }],
    'the manifest as a directory': [{ path: 'manifest.json/' }],
    'the manifest as a fifo': [{ path: 'manifest.json', type: 'fifo' }],
    'the manifest as a device': [{ path: 'manifest.json', type: 'char', devMajor: 1, devMinor: 5 }],
    'a layer as a fifo': [manifest(good), c, { path: 'l.tar', type: 'fifo' }],
    'an entry up': [manifest(good), c, l, { path: `${'../'.repeat(12)}${daemon.canary.slice(1)}/new`, data: 'dead' }],
    'a digest with a path': [{ path: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' }, { path: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: 'sha256:../../../../etc/passwd', size: 100 }] }) }],
    'a digest of an unknown kind': [{ path: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' }, { path: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: 'md5:d41d8cd98f00b204e9800998ecf8427e', size: 100 }] }) }],
  };
  for (const [what, items] of Object.entries(refused)) assert.equal((await loadOrRefuse(tarOf(items))).loaded, false, what);
  assert.equal((await loadOrRefuse(tarOf([manifest(good), c, l]))).loaded, true);
});

test('a manifest that is two things, or lies about a size or a digest, is refused (CVE-2021-41190)', async () => {
  const { config, id, layers: [layer] } = buildImage({ layers: [[{ path: 'f', data: 'x' }]] });
  assert.ok(layer);
  const types = { manifest: 'application/vnd.oci.image.manifest.v1+json', index: 'application/vnd.oci.image.index.v1+json', config: 'application/vnd.oci.image.config.v1+json' };
  const body = { schemaVersion: 2, mediaType: types.manifest, config: { mediaType: types.config, digest: id, size: config.length }, layers: [{ mediaType: layer.mediaType, digest: layer.digest, size: layer.blob.length }] };
  const layout = (manifest: object, descriptor: object = {}, blobs: Record<string, Buffer> = {}): Buffer => {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const all: Record<string, Buffer> = { [sha256(bytes)]: bytes, [id]: config, [layer.digest]: layer.blob, ...blobs };
    return tarOf([
      { path: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
      { path: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: types.manifest, digest: sha256(bytes), size: bytes.length, annotations: { 'io.containerd.image.name': 'sec-m:1' }, ...descriptor }] }) },
      ...Object.entries(all).map(([digest, data]) => ({ path: `blobs/sha256/${digest.slice(7)}`, data })),
    ]);
  };
  assert.equal((await loadOrRefuse(layout(body))).loaded, true);
  const refused: Record<string, Buffer> = {
    'manifests beside layers': layout({ ...body, manifests: [] }),
    'layers in an index': layout({ ...body, mediaType: types.index }, { mediaType: types.index }),
    'a manifest called an index': layout(body, { mediaType: types.index }),
    'another media type inside': layout({ ...body, mediaType: types.index }),
    'a size too small': layout(body, { size: 10 }),
    'a size too big': layout(body, { size: 2 ** 40 }),
    'a negative size': layout(body, { size: -1 }),
    'a size that is no number': layout(body, { size: '100' }),
    'another config': layout(body, {}, { [id]: Buffer.from('{}') }),
    'another layer': layout(body, {}, { [layer.digest]: Buffer.from(layer.blob).fill(7, 600, 601) }),
    'a layer that says more than it has': layout({ ...body, layers: [{ ...body.layers[0], size: layer.blob.length + 1 }] }),
    'a wrong diff id': dockerArchive([{ tags: ['sec-m:1'], layers: [[{ path: 'f', data: 'x' }]], edit: (file) => void (file['rootfs'] = { type: 'layers', diff_ids: [sha256(Buffer.from('x'))] }) }]),
    'an index in itself': (() => {
      const inner = { schemaVersion: 2, mediaType: types.index, manifests: [{ mediaType: types.index, digest: sha256(Buffer.from('x')), size: 1 }] };
      return layout(inner, { mediaType: types.index });
    })(),
    'deep JSON': layout(JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as object),
    'no schema': layout({}),
  };
  for (const [what, archive] of Object.entries(refused)) assert.equal((await loadOrRefuse(archive)).loaded, false, what);
});

test('names of images: what is no reference is refused, and nothing stays', async () => {
  const layers = [[{ path: 'f', data: 'x' }]];
  const names = ['../x:1', 'a/../b:1', 'UPPER:1', `${'a'.repeat(256)}:1`, `a:${'t'.repeat(129)}`, 'ünicode:1', 'a b:1', 'a:1:2', '/abs:1', 'a//b:1', 'a\n:1', '-a:1', 'a:-x', 'a@sha256:123', '', ':', '\u202e:1', 'a\0b:1', '$(id):1', 'a;b:1'];
  for (const name of names) {
    const { loaded, text } = await loadOrRefuse(dockerArchive([{ tags: [name], layers }]));
    assert.equal(loaded, false, `${JSON.stringify(name)}: ${text}`);
    if (name === '' || name === ':') continue; // tagging as nothing does nothing, as in dockerd
    const [repo = '', ...tag] = name.split(':');
    const tagged = await daemon.api('POST', `/images/berth/base/tag?repo=${encodeURIComponent(repo)}&tag=${encodeURIComponent(tag.join(':'))}`);
    assert.ok(tagged.status >= 400 && tagged.status < 500, `${JSON.stringify(name)}: ${tagged.status} ${tagged.text}`);
  }
});

test('devices, set-uid bits and capabilities of a layer stay in its root, and open nothing there', async () => {
  const image = await daemon.image('sec-devices', [
    { path: 'disk', type: 'block', devMajor: 254, devMinor: 0, mode: 0o666 },
    { path: 'mem', type: 'char', devMajor: 1, devMinor: 1, mode: 0o666 },
    { path: 'kmsg', type: 'char', devMajor: 1, devMinor: 11, mode: 0o666 },
    { path: 'whiteout', type: 'char', devMajor: 0, devMinor: 0, mode: 0o666 },
  ]);
  for (const name of ['disk', 'mem', 'kmsg']) assert.notEqual((await daemon.docker(['run', '--rm', image, 'head', '-c', '1', `/${name}`])).code, 0, name);
  await daemon.drop(image);
});

test('overlay’s own attributes never come from a layer', async () => {
  const xattrs = new Map([['trusted.overlay.redirect', Buffer.from('/bin')], ['trusted.overlay.opaque', Buffer.from('y')], ['trusted.overlay.metacopy', Buffer.alloc(0)], ['user.overlay.opaque', Buffer.from('y')]]);
  const image = await daemon.image('sec-overlay', [{ path: 'bin/', xattrs }, { path: 'redirected/', xattrs }]);
  assert.equal(await daemon.sh('ls /redirected | wc -l; [ -e /bin/busybox ] && echo there', { image }), '0\nthere');
  await daemon.drop(image);
});

test('many entries, and files that are large only in their header', async () => {
  const many = tarOf(Array.from({ length: 100_000 }, (_, n) => ({ path: `d${n % 100}/f${n}`, data: '' })));
  assert.equal((await loadOrRefuse(dockerArchive([{ tags: ['sec-many:1'], layers: [many], compression: 'gzip' }]))).loaded, true);
  const sparse = tarOf([{ path: 'hole', sparse: [], size: 2 ** 42 }, { path: 'end', data: 'x' }]);
  await loadOrRefuse(dockerArchive([{ tags: ['sec-sparse:1'], layers: [sparse] }]));
  // A header that promises what never comes, in each place that has a length.
  const header = tarOf([{ path: 'x', data: '' }]).subarray(0, 512);
  for (const size of ['77777777777\0', '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', '-0000000001\0']) {
    const lying = Buffer.from(header);
    lying.write(size, 124, 12, 'latin1');
    lying.fill(0x20, 148, 156);
    lying.write(`${lying.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
    assert.equal((await loadOrRefuse(dockerArchive([{ tags: ['sec-lie:1'], layers: [lying] }]))).loaded, false);
    assert.equal((await loadOrRefuse(lying)).loaded, false);
  }
});

test('a compression bomb ends at the disk’s end with one clear error, and the space comes back', async () => {
  const zeros = Buffer.alloc(64 << 20);
  const size = 3 * 2 ** 30; // more than the disk of the data root
  const header = tarOf([{ path: 'zeros', size, data: '' }]).subarray(0, 512);
  const member = gzipSync(zeros);
  const bomb = Buffer.concat([gzipSync(header), ...Array.from({ length: size / zeros.length }, () => member), gzipSync(Buffer.alloc(1024))]);
  assert.ok(bomb.length < 4_000_000);
  const free = (): number => statfsSync(daemon.berth.dataRoot).bfree;
  const before = free();
  const { text } = await daemon.api('POST', '/images/create?fromSrc=-&repo=sec-bomb&tag=1', bomb);
  assert.match(text, /no space left on device/);
  await waitFor('the space', () => Math.abs(free() - before) < 1000);
  // Compressed twice is no layer.
  assert.equal((await loadOrRefuse(dockerArchive([{ tags: ['sec-bomb:1'], layers: [zstdCompressSync(gzipSync(tarOf([{ path: 'f', data: 'x' }])))] }]))).loaded, false);
  assert.equal(await daemon.sh('echo on'), 'on');
});

test('an image’s config cannot break the daemon: wrong types, deep values, huge values', async () => {
  const layers = [baseLayer()];
  const deep = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
  const configs: Record<string, unknown>[] = [
    { config: 'x' }, { config: [] }, { config: { Env: 'A=1' } }, { config: { Env: [1, null] } }, { config: { Cmd: { a: 1 } } }, { config: { User: 5 } },
    { config: { ExposedPorts: { '99999/tcp': {} } } }, { config: { ExposedPorts: { '../x': {} } } }, { config: { Volumes: { '../../..': {} } } }, { config: { Volumes: { '/': {} } } }, { config: { Volumes: { '': {} } } }, { config: { WorkingDir: '../../..' } },
    { config: { Labels: { __proto__: null, a: 1 } } }, { config: { Env: ['=x', 'A', ''] } }, { config: { Healthcheck: { Interval: -1 } } }, { config: { StopSignal: 'SIGEVIL; rm -rf /' } },
    { history: 'x' }, { history: [{ created: 'no time' }, null] }, { created: 'x'.repeat(100_000) }, { rootfs: { type: 'layers', diff_ids: 'x' } }, { rootfs: null }, { architecture: { a: 1 } }, { config: { Labels: deep(2000) } },
  ];
  for (const [index, change] of configs.entries()) {
    const archive = dockerArchive([{ tags: ['sec-config:latest'], layers, edit: (file) => void Object.assign(file, change) }]);
    if (/Loaded image/.test((await daemon.api('POST', '/images/load', archive)).text)) {
      for (const command of [['inspect', 'sec-config'], ['history', 'sec-config'], ['run', '--rm', '--entrypoint', 'true', 'sec-config']]) {
        const { stderr } = await daemon.docker(command);
        assert.doesNotMatch(stderr, /TypeError|is not a function|undefined|at .*\.ts/, `config ${index}: ${command.join(' ')}: ${stderr}`);
      }
      await daemon.drop('sec-config');
    }
  }
  assert.ok(!existsSync(join(daemon.canary, 'new')));
  assert.doesNotMatch(daemon.berth.engine.log(), /unexpected/);
});
