import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainIds, parseImageConfig, parseIndex, parseManifest } from './image.ts';
import { formatPlatform, parsePlatform, platformMatches } from './platform.ts';
import type { DiffId } from './ids.ts';

const digest = (char: string): DiffId => `sha256:${char.repeat(64)}` as DiffId;
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

test('chain ids: the first is the diff id, the others hash the chain', () => {
  assert.deepEqual(chainIds([]), []);
  const chain = chainIds([digest('a'), digest('b')]);
  assert.equal(chain[0], digest('a'));
  // printf 'sha256:aa…a sha256:bb…b' | sha256sum
  assert.equal(chain[1], 'sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c');
});

test('a config keeps what it has and is checked where we rely on it', () => {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['sh'], Labels: null },
    rootfs: { type: 'layers', diff_ids: [digest('a')] },
    'x.vendor': 1,
  };
  assert.deepEqual(parseImageConfig(bytes(config)), config);
  const bad = [
    [],
    1,
    null,
    {},
    { rootfs: { diff_ids: ['x'] } },
    { rootfs: { diff_ids: 'x' } },
    { ...config, config: { Cmd: 'sh' } },
    { ...config, config: { Env: [1] } },
    { ...config, config: { Volumes: ['x'] } },
    { ...config, config: { User: 1 } },
    { ...config, config: 'x' },
    { ...config, history: {} },
    { ...config, os: 5 },
  ];
  for (const value of bad)
    assert.throws(
      () => parseImageConfig(bytes(value)),
      (error) => (error as { kind?: string }).kind === 'invalidArgument',
      JSON.stringify(value),
    );
  assert.throws(() => parseImageConfig(Buffer.from([0xff])), /not valid JSON/);
  assert.throws(
    () => parseImageConfig(bytes({ rootfs: { diff_ids: Array.from({ length: 129 }, () => digest('a')) } })),
    /max depth exceeded/,
  );
});

test('a document is a manifest or an index, never both', () => {
  const descriptor = { mediaType: 'x', digest: digest('a'), size: 1 };
  assert.deepEqual(parseManifest(bytes({ schemaVersion: 2, config: descriptor, layers: [descriptor] })), {
    schemaVersion: 2,
    config: descriptor,
    layers: [descriptor],
  });
  assert.deepEqual(
    parseIndex(bytes({ schemaVersion: 2, manifests: [{ ...descriptor, platform: { os: 'linux', architecture: 'amd64' } }] })).manifests[0]
      ?.platform,
    { os: 'linux', architecture: 'amd64' },
  );
  assert.throws(() => parseManifest(bytes({ config: descriptor, layers: [], manifests: [] })), /both/);
  assert.throws(() => parseIndex(bytes({ manifests: [], layers: [] })), /both/);
  assert.throws(() => parseManifest(bytes({ config: { ...descriptor, size: -1 }, layers: [] })), /invalid size/);
  assert.throws(() => parseManifest(bytes({ config: { ...descriptor, digest: 'md5:x' }, layers: [] })), /invalid digest/);
});

test('platforms', () => {
  assert.equal(formatPlatform(parsePlatform('linux/arm64') ?? { os: '', architecture: '' }), 'linux/arm64/v8');
  assert.equal(formatPlatform(parsePlatform('LINUX/x86_64') ?? { os: '', architecture: '' }), 'linux/amd64');
  assert.equal(parsePlatform('a/b/c/d'), undefined);
  assert.ok(platformMatches({ os: 'linux', architecture: 'arm64' }, { os: 'linux', architecture: 'arm64', variant: 'v8' }));
  assert.ok(!platformMatches({ os: 'linux', architecture: 'arm', variant: 'v6' }, { os: 'linux', architecture: 'arm' }));
});
