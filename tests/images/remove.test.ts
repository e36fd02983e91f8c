import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDigest } from '#spec/ids.ts';
import { buildImage, dockerArchive } from '../fixtures/layers.ts';
import { inventory, load, newStack } from './stack.ts';
import type { FixtureImage } from '../fixtures/layers.ts';
import type { Stack } from './stack.ts';

const base: FixtureImage = { tags: ['a:1', 'a:2'], layers: [[{ path: 'x', data: '1' }], [{ path: 'y', data: '2' }]] };
const child: FixtureImage = { tags: ['b:1'], layers: [...base.layers, [{ path: 'z', data: '3' }]] };
const id = buildImage(base).id;
const short = id.slice(7, 19);

interface User {
  readonly id: string;
  readonly running: boolean;
}

async function remove(stack: Stack, reference: string, force: boolean = false, users: readonly User[] = []): Promise<string[]> {
  const lines = await stack.images.remove(reference, { force, prune: true, usedBy: () => users });
  return lines.map((line) => (line.untagged === undefined ? `Deleted ${line.deleted}` : `Untagged ${line.untagged}`));
}

test('names go one by one, the image with its last one, layers when nobody has them', async (t) => {
  const stack = newStack(t);
  await load(stack, dockerArchive([base, child]));
  assert.deepEqual(await remove(stack, 'a:1'), ['Untagged a:1']);
  assert.deepEqual(await remove(stack, 'a:2'), ['Untagged a:2', `Deleted ${id}`]);
  const chains = stack.snapshots.list().flatMap((snapshot) => (snapshot.kind === 'committed' ? [snapshot] : []));
  const top = chains.find((snapshot) => !chains.some((other) => other.parent === snapshot.chainId));
  const lines = await remove(stack, 'b:1');
  assert.deepEqual(lines.slice(0, 3), ['Untagged b:1', `Deleted ${buildImage(child).id}`, `Deleted ${top?.chainId}`]);
  assert.equal(lines.length, 5);
  assert.deepEqual(await inventory(stack), { images: 0, names: 0, blobs: [], snapshots: [], leftovers: [] });
});

test('by id: several repositories must be forced', async (t) => {
  const stack = newStack(t);
  await load(stack, dockerArchive([base]));
  await assert.rejects(
    remove(stack, short),
    new RegExp(`conflict: unable to delete ${short} \\(must be forced\\) - image is referenced in multiple repositories`),
  );
  assert.deepEqual((await remove(stack, short, true)).slice(0, 3), ['Untagged a:1', 'Untagged a:2', `Deleted ${id}`]);
  await assert.rejects(remove(stack, short), /^BerthError: No such image: [0-9a-f]{12}:latest$/);
});

test('containers hold their image', async (t) => {
  const stack = newStack(t);
  await load(stack, dockerArchive([base]));
  const stopped = [{ id: 'c'.repeat(64), running: false }];
  const running = [...stopped, { id: 'd'.repeat(64), running: true }];
  assert.deepEqual(await remove(stack, 'a:1', false, running), ['Untagged a:1']);
  await assert.rejects(
    remove(stack, 'a:2', false, stopped),
    new RegExp(
      `conflict: unable to remove repository reference "a:2" \\(must force\\) - container cccccccccccc is using its referenced image ${short}$`,
    ),
  );
  await assert.rejects(
    remove(stack, id, false, stopped),
    new RegExp(`\\(must be forced\\) - image is being used by stopped container cccccccccccc$`),
  );
  await assert.rejects(
    remove(stack, short, true, running),
    new RegExp(`unable to delete ${short} \\(cannot be forced\\) - image is being used by running container dddddddddddd$`),
  );
  assert.deepEqual(await remove(stack, 'a:2', true, running), ['Untagged a:2']);
  const chainId = stack.images.get(id).chainId;
  stack.snapshots.prepare('c1', chainId);
  // The layers stay for the container, and go with it.
  assert.deepEqual(await remove(stack, short, true, stopped), [`Deleted ${id}`]);
  assert.equal((await inventory(stack)).snapshots.length, 3);
  stack.snapshots.remove('c1');
  await stack.images.collect();
  assert.deepEqual((await inventory(stack)).snapshots, []);
});

test('finding and naming images', async (t) => {
  const stack = newStack(t);
  await load(stack, dockerArchive([base]));
  for (const reference of ['a:1', id, id.slice(7), short, `sha256:${short}`, 'docker.io/library/a:2'])
    assert.equal(stack.images.get(reference).id, id, reference);
  assert.throws(() => stack.images.get('nope'), /^BerthError: No such image: nope:latest$/);
  assert.throws(() => stack.images.get('Bad'), /repository name \(library\/Bad\) must be lowercase/);
  assert.throws(() => stack.images.get(`a@${parseDigest(id)}`), /No such image: a@sha256/);
  assert.throws(() => stack.images.tag('nope', 'x'), /No such image: nope:latest/);
  assert.throws(() => stack.images.tag('a:1', `x@${id}`), /refusing to create a tag with a digest reference/);
  stack.images.tag(short, 'localhost:5000/me/x');
  const image = stack.images.get('localhost:5000/me/x:latest');
  assert.deepEqual(image.repoTags, ['a:1', 'a:2', 'localhost:5000/me/x:latest']);
  assert.match(image.lastTagged ?? '', /^20.*Z$/);
  assert.deepEqual(
    stack.images.history('a:1').map((line) => [line.id, line.createdBy, line.size, line.created]),
    [
      [id, 'layer 1', 1, 1704164645],
      ['<missing>', 'layer 0', 1, 1704164645],
    ],
  );
});
