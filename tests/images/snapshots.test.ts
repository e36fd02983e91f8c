import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { closeFd, mkdirAt, openDir, openDirIn } from '#kernel/fs-at.ts';
import { parseChainId } from '#spec/ids.ts';
import { inRoot, newStack, scratch } from './stack.ts';
import type { ChainId } from '#spec/ids.ts';
import type { Stack } from './stack.ts';

const chain = (char: string): ChainId => parseChainId(`sha256:${char.repeat(64)}`);
const hasKind =
  (kind: string) =>
  (error: unknown): boolean =>
    (error as { kind?: string }).kind === kind;

async function commit(stack: Stack, name: string, id: ChainId, parent?: ChainId): Promise<void> {
  const stage = await stack.snapshots.stage();
  writeFileSync(join(stage.path, name), name);
  await stage.commit(id, parent, 1);
}

test('stacks of layers are mounted topmost first, and changes stay in the active one', async (t) => {
  const stack = newStack(t);
  const { snapshots } = stack;
  await commit(stack, 'a', chain('a'));
  await commit(stack, 'b', chain('b'), chain('a'));
  assert.equal(inRoot(snapshots.view(chain('b')), scratch(t), 'cat a b; touch x 2>/dev/null || echo " ro"'), 'ab ro\n');
  assert.equal(inRoot(snapshots.view(chain('a')), scratch(t), 'cat a; touch x 2>/dev/null || echo " ro"'), 'a ro\n');
  for (const key of ['one', 'two']) assert.equal(inRoot(snapshots.prepare(key, chain('b')), scratch(t), `ls; echo ${key} > a`), 'a\nb\ndev\netc\nproc\nsys\n');
  assert.equal(inRoot(snapshots.mount('one'), scratch(t), 'cat a'), 'one\n');
  assert.equal(readFileSync(join(snapshots.upperPath('two'), 'a'), 'utf8'), 'two\n');
  assert.equal(await snapshots.usage('one'), 4);
  assert.equal(inRoot(snapshots.prepare('empty', undefined), scratch(t), 'ls -A; touch x'), '.dockerenv\ndev\netc\nproc\nsys\n');
  assert.equal(statSync(snapshots.upperPath('one')).mode & 0o7777, 0o755);
  assert.deepEqual(
    snapshots.list().map((item) => (item.kind === 'active' ? item.key : item.chainId[7])),
    ['a', 'b', 'one', 'two', 'empty'],
  );
});

test('keys and layers in use are refused, unknown ones are notFound, removal is idempotent', async (t) => {
  const { snapshots, ...stack } = newStack(t);
  await commit({ snapshots, ...stack }, 'a', chain('a'));
  await commit({ snapshots, ...stack }, 'a2', chain('a'));
  snapshots.prepare('k', chain('a'));
  assert.throws(() => snapshots.prepare('k', chain('a')), hasKind('conflict'));
  assert.throws(() => snapshots.prepare('l', chain('f')), hasKind('notFound'));
  assert.throws(() => snapshots.mount('l'), hasKind('notFound'));
  assert.throws(() => snapshots.removeCommitted(chain('a')), hasKind('conflict'));
  const path = snapshots.upperPath('k');
  snapshots.remove('k');
  snapshots.remove('k');
  assert.ok(!existsSync(path));
  snapshots.removeCommitted(chain('a'));
  snapshots.removeCommitted(chain('a'));
  await snapshots.settled();
  assert.deepEqual(snapshots.list(), []);
});

test('sweep removes what no row owns and what was being unpacked', async (t) => {
  const stack = newStack(t);
  const stage = await stack.snapshots.stage();
  mkdirSync(join(stack.directory, 'snapshots/777/fs'), { recursive: true });
  mkdirSync(join(stack.directory, 'snapshots/trash/5'), { recursive: true });
  stack.snapshots.prepare('k', undefined);
  await stack.snapshots.sweep();
  await stack.snapshots.settled();
  assert.equal(
    execFileSync('find', [join(stack.directory, 'snapshots'), '-mindepth', '1', '-maxdepth', '2', '-printf', '%P '], { encoding: 'utf8' })
      .split(' ')
      .sort()
      .join(' ')
      .trim(),
    '2 2/fs 2/init 2/work trash',
  );
  assert.ok(!existsSync(stage.path));
});

test('any tree can be removed: deep, wide, with names of any bytes and links to elsewhere', async (t) => {
  const stack = newStack(t);
  stack.snapshots.prepare('k', undefined);
  const canary = join(scratch(t), 'canary');
  writeFileSync(canary, 'alive');
  // Deeper than a path can be long.
  execFileSync(
    'sh',
    ['-ec', `ln -s ${canary} link; ln -s ${join(canary, '..')} dirlink; printf x > "$(printf '\\377')"; mkdir ro; touch ro/f; chmod 0 ro`],
    { cwd: stack.snapshots.upperPath('k') },
  );
  let dir = openDir(stack.snapshots.upperPath('k'));
  for (let depth = 0; depth < 300; depth++) {
    mkdirAt(dir, 'n'.repeat(40), 0o700);
    const child = openDirIn(dir, 'n'.repeat(40));
    closeFd(dir);
    dir = child;
    mkdirAt(dir, 'empty', 0o700);
  }
  closeFd(dir);
  stack.snapshots.remove('k');
  await stack.snapshots.settled();
  assert.equal(
    execFileSync('find', [join(stack.directory, 'snapshots'), '-mindepth', '1', '-printf', '%P '], { encoding: 'utf8' }).trim(),
    'trash',
  );
  assert.equal(readFileSync(canary, 'utf8'), 'alive');
});
