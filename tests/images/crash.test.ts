import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dockerArchive } from '../fixtures/layers.ts';
import { inRoot, inventory, load, openStack, scratch } from './stack.ts';

const archive = dockerArchive([
  { tags: ['x:1', 'x:2'], layers: [[{ path: 'a', data: 'a'.repeat(70_000) }], [{ path: 'b', data: 'b' }], [{ path: 'c', data: 'c' }]] },
]);
const nothing = { images: 0, names: 0, blobs: [], snapshots: [], leftovers: [] };

/** Runs an operation in a process of its own that dies at a failpoint; says whether it died there. */
async function dies(directory: string, body: string, failpoints: string): Promise<boolean> {
  const script = join(directory, '..', `script-${process.pid}.mjs`);
  writeFileSync(
    script,
    `import { openStack, load } from ${JSON.stringify(join(import.meta.dirname, 'stack.ts'))};
    import { readFileSync } from 'node:fs';
    const stack = openStack(${JSON.stringify(directory)});
    await stack.snapshots.sweep();
    await stack.images.collect();
    ${body}
    await stack[Symbol.asyncDispose]();`,
  );
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, BERTH_FAILPOINTS: failpoints },
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.once('exit', (...end) => resolve(end)));
  assert.ok(signal === 'SIGKILL' || code === 0, `${failpoints}: ${code} ${signal}`);
  return signal === 'SIGKILL';
}

const steps = [
  'content.written=kill',
  'content.written=2*kill',
  'content.renamed=kill',
  'images.unpacked=kill',
  'images.synced=kill',
  'images.layer-committed=kill',
  'images.layer-committed=1*kill',
  'images.manifest-stored=kill',
  'images.before-names=kill',
];

test('a load killed at any step leaves only what the next start collects', async (t) => {
  for (const step of [...steps, 'images.named=kill']) {
    const base = scratch(t);
    const directory = join(base, 'root');
    const file = join(base, 'archive.tar');
    writeFileSync(file, archive);
    assert.ok(await dies(directory, `await load(stack, readFileSync(${JSON.stringify(file)}));`, step), step);
    await using stack = openStack(directory);
    await stack.snapshots.sweep();
    await stack.images.collect();
    const found = await inventory(stack);
    if (step.startsWith('images.named'))
      assert.deepEqual([found.images, found.names, found.snapshots.length, found.leftovers], [1, 2, 3, []]);
    else assert.deepEqual(found, nothing, step);
    await load(stack, archive);
    const chainId = stack.images.get('x:1').chainId;
    assert.ok(chainId);
    assert.equal(inRoot(stack.snapshots.view(chainId), base, 'ls'), 'a\nb\nc\n');
  }
});

test('a removal killed at any step is finished by the next start', async (t) => {
  for (const step of ['images.removed=kill', 'images.layers-removed=kill']) {
    const base = scratch(t);
    const directory = join(base, 'root');
    {
      await using stack = openStack(directory);
      await load(stack, archive);
    }
    const remove = "for (const name of ['x:1', 'x:2']) await stack.images.remove(name, { force: false, prune: true, usedBy: () => [] });";
    assert.ok(await dies(directory, remove, step.replace('=', '=1*')), step);
    await using stack = openStack(directory);
    await stack.snapshots.sweep();
    await stack.images.collect();
    assert.deepEqual(await inventory(stack), nothing, step);
  }
});
