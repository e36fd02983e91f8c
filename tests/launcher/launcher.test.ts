import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../support/command.ts';

/*
 * The launcher and set-up, in a copy of the project with sources of a few lines. node_modules is a link to the real one, with
 * the record that it is up to date, and the base image is there: installing and downloading is the work of others.
 */
const project = join(import.meta.dirname, '../..');
const base = mkdtempSync(join(tmpdir(), 'berth-launcher-'));
const copy = join(base, 'copy');

function write(path: string, text: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), text);
}

function makeCopy(): void {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  for (const name of ['berth', 'tools', 'package.json', 'package-lock.json', '.npmrc']) cpSync(join(project, name), join(copy, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  mkdirSync(join(copy, 'build/made'), { recursive: true });
  for (const name of ['made/modules', 'made/base', 'base-image.tar']) cpSync(join(project, 'build', name), join(copy, 'build', name));
  write('native/build.sh', 'mkdir -p build/native && sleep 0.2 && echo made >> build/native/count && : > build/native/berth-shim && chmod +x build/native/berth-shim\n');
  write('src/main/cli.ts', "import { greeting } from '../text.ts';\nif (process.argv[2] === 'late') void import('./late.ts');\nelse console.log(greeting, ...process.argv.slice(2));\n");
  write('src/main/late.ts', "console.log('late');\n");
  write('src/text.ts', "export const greeting = 'hello';\n");
}

const berth = (...args: string[]): ReturnType<typeof run> => run(join(copy, 'berth'), args, { cwd: '/' });

before(makeCopy);
after(() => rmSync(base, { recursive: true, force: true }));

test('the first run sets up and says so on stderr; the second does nothing', async () => {
  const first = await berth('a', 'b c');
  assert.deepEqual([first.code, first.stdout], [0, 'hello a b c\n']);
  assert.match(first.stderr, /^berth: building the native part$/m);
  const stamp = statSync(join(copy, 'build/stamp')).mtimeMs;
  assert.deepEqual(await berth('again'), { code: 0, stdout: 'hello again\n', stderr: '' });
  assert.equal(statSync(join(copy, 'build/stamp')).mtimeMs, stamp);
});

test('the client is compiled ahead, and still runs when Node does not take what was compiled', async () => {
  const path = join(copy, 'build/berth.code');
  const code = readFileSync(path);
  const end = 8 + code.readUInt32LE(0);
  const source = code.toString('latin1', end, end + code.readUInt32LE(4));
  assert.equal(code.length, end + source.length);
  // In a Node without this process's flags, as the launcher starts it.
  const check = "const {readFileSync}=require('fs'),c=readFileSync(process.argv[1]),e=8+c.readUInt32LE(0);"
    + "console.log(new (require('vm').Script)(c.latin1Slice(e),{cachedData:c.subarray(8,e)}).cachedDataRejected)";
  assert.equal((await run(process.execPath, ['-e', check, path])).stdout, 'false\n');
  writeFileSync(path, Buffer.concat([code.subarray(0, 8), Buffer.alloc(end - 8), code.subarray(end)]));
  assert.deepEqual(await berth('plain'), { code: 0, stdout: 'hello plain\n', stderr: '' });
  writeFileSync(path, code);
});

test('another entry point is loaded from its own bundle, and only when asked for', async () => {
  assert.equal((await berth('late')).stdout, 'late\n');
  assert.ok(existsSync(join(copy, 'build/late.cjs')));
});

test('runs through a link and from any directory', async () => {
  const link = join(base, 'link');
  symlinkSync(join(copy, 'berth'), link);
  assert.equal((await run(link, ['x'], { cwd: '/tmp' })).stdout, 'hello x\n');
});

test('a changed source is bundled again without building the native part; a touched one changes nothing', async () => {
  const bundled = (): number => statSync(join(copy, 'build/berth.cjs')).mtimeMs;
  const before = bundled();
  utimesSync(join(copy, 'src/text.ts'), new Date(), new Date());
  assert.equal((await berth()).stdout, 'hello\n');
  assert.equal(bundled(), before);
  write('src/text.ts', "export const greeting = 'changed';\n");
  const { stdout, stderr } = await berth();
  assert.deepEqual([stdout, stderr], ['changed\n', '']);
});

test('a source that cannot be bundled is an error with its place, and the next run tries again', async () => {
  write('src/text.ts', 'export const greeting = ;\n');
  const broken = await berth();
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /src\/text\.ts:1:/);
  write('src/text.ts', "export const greeting = 'whole';\n");
  assert.equal((await berth()).stdout, 'whole\n');
});

test('killed at any moment, set-up leaves nothing half done', async () => {
  makeCopy();
  for (const time of [20, 60, 150, 250, 350, 500, 700, 1000]) {
    const child = spawn(join(copy, 'berth'), ['x'], { stdio: 'ignore', detached: true });
    await delay(time); // the point is to hit different moments, not to wait for one
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    if (existsSync(join(copy, 'build/stamp'))) assert.ok(existsSync(join(copy, 'build/berth.cjs')));
  }
  assert.equal((await berth('fine')).stdout, 'hello fine\n');
  assert.ok(!readdirSync(join(copy, 'build')).includes('tmp'));
});

test('simultaneous first runs wait for one set-up', async () => {
  makeCopy();
  const outcomes = await Promise.all([berth('1'), berth('2'), berth('3')]);
  assert.deepEqual(outcomes.map(({ code, stdout }) => [code, stdout]), [[0, 'hello 1\n'], [0, 'hello 2\n'], [0, 'hello 3\n']]);
  const built = outcomes.filter(({ stderr }) => stderr.includes('building the native part'));
  assert.equal(built.length, 1);
});

test('a Node of the user that is too old is refused by name', async () => {
  const fake = join(base, 'old-node');
  writeFileSync(fake, '#!/bin/sh\necho v20.1.0\n', { mode: 0o755 });
  const outcome = await run(join(copy, 'berth'), [], { env: { BERTH_NODE: fake } });
  assert.equal(outcome.code, 1);
  assert.match(outcome.stderr, /old-node, version v20\.1\.0; Node 26\.12\.1 or newer is needed/);
});
