import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { run, type Outcome } from '../support/command.ts';
import { Bundle, RUNTIME } from './harness.ts';

let bundle: Bundle;
before(() => void (bundle = new Bundle('fds')));
after(() => bundle[Symbol.asyncDispose]());
afterEach(() => assert.deepEqual(bundle.left(), [], 'a test left something behind'));

/** Calls the runtime from a shell that has opened more files: `$R` are the program and its first arguments. */
function shell(script: string): Promise<Outcome> {
  return run('sh', ['-c', `R="${process.execPath} ${RUNTIME} --root ${bundle.path('state')}"; ${script}`], { cwd: bundle.directory, timeoutMs: 60_000 });
}

const SHOW = 'cat <&3; cat <&4; echo "$LISTEN_FDS $LISTEN_PID"';

test('files from fd 3 on are the container’s, and no others', async () => {
  writeFileSync(bundle.path('a'), 'first\n');
  writeFileSync(bundle.path('b'), 'second\n');
  await bundle.configure('cat <&3; cat <&4; (echo x <&5) 2>/dev/null || echo closed');
  const { code, stdout, stderr } = await shell(`$R run --preserve-fds 2 ${bundle.id()} 3<a 4<b 5<a`);
  assert.deepEqual([code, stdout, stderr], [0, 'first\nsecond\nclosed\n', '']);
});

test('a detached container and execs get them too', async () => {
  await bundle.configure('cat <&3 > /out; sleep 1000', (spec) => void (spec.root = { path: 'rootfs' }));
  const id = bundle.id();
  assert.equal((await shell(`$R run -d --preserve-fds 1 ${id} 3<a </dev/null >/dev/null 2>&1`)).code, 0);
  const inside = await shell(`$R exec --preserve-fds 2 ${id} sh -c 'cat <&4; cat /out' 3<a 4<b`);
  assert.deepEqual([inside.code, inside.stdout, inside.stderr], [0, 'second\nfirst\n', '']);
  await bundle.ok(['delete', '--force', id]);
  assert.equal(readFileSync(bundle.path('rootfs', 'out'), 'utf8'), 'first\n');
});

test('sockets of a service manager come first and are announced', async () => {
  await bundle.configure(SHOW);
  const { code, stdout } = await shell(`export LISTEN_FDS=1; exec sh -c 'LISTEN_PID=$$ exec '"$R run --preserve-fds 1 ${bundle.id()}"' 3<a 4<b'`);
  assert.equal(code, 0);
  assert.match(stdout, /^first\nsecond\n.*1 1\n$/s);
});

test('what is not open, or too much, is refused', async () => {
  await bundle.configure('true');
  for (const [count, text] of [['3', /unable to stat preserved-fd 1 \(of 3\): fd 4 is not open/], ['-1', /not within 0 and 24/], ['1000', /not within/], ['x', /invalid value .* for flag -preserve-fds/]] as const) {
    const { code, stderr } = await shell(`$R run --preserve-fds ${count} ${bundle.id()} 3<a`);
    assert.notEqual(code, 0);
    assert.match(stderr, text);
  }
});
