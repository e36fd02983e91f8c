import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HostFacts } from '#spec/host.ts';
import { parseFlags } from './flags.ts';
import { runRuntime } from './main.ts';
import { signalNumber } from './signals.ts';
import { checkId } from './state.ts';
import { fromFlags, UPDATE_FLAGS } from './update.ts';

test('options as Go writes them', () => {
  const table = { options: { bundle: 'text', force: 'bool', env: 'list' }, short: { b: 'bundle', f: 'force', e: 'env' } } as const;
  const { flags, args } = parseFlags(['-b', '/x', '--force', '-env=A=1', '--env', 'B=2', 'id', '--force=false'], table);
  assert.deepEqual([flags.text('bundle'), flags.bool('force'), flags.list('env'), args], ['/x', true, ['A=1', 'B=2'], ['id', '--force=false']]);
  assert.equal(parseFlags(['--force=false'], table).flags.bool('force'), false);
  assert.deepEqual(parseFlags(['--', '-f'], table).args, ['-f']);
  assert.throws(() => parseFlags(['--nope'], table), /flag provided but not defined: -nope/);
  assert.throws(() => parseFlags(['-b'], table), /flag needs an argument: -b/);
});

test('signals by name and number', () => {
  assert.deepEqual(['9', 'KILL', 'sigterm', 'RTMIN+1', 'RTMAX', '0'].map(signalNumber), [9, 9, 15, 35, 64, 0]);
  for (const bad of ['', 'NOPE', '65', 'RTMIN-1', '-1']) assert.throws(() => signalNumber(bad), /unknown signal/);
});

test('ids are file names', () => {
  assert.equal(checkId('a.b-c_d+1'), 'a.b-c_d+1');
  for (const bad of [undefined, '', '.', '..', 'a/b', 'a b', 'ü', 'x'.repeat(1025)]) assert.throws(() => checkId(bad), /container id|container ID/);
});

test('update takes only what was given', () => {
  const { flags } = parseFlags(['--memory', '64', '--cpu-quota', '-1', '--cpuset-cpus', '0'], UPDATE_FLAGS);
  assert.deepEqual(fromFlags(flags), { memory: { limit: 64 }, cpu: { quota: -1, cpus: '0' } });
  assert.throws(() => fromFlags(parseFlags(['--memory', '64M'], UPDATE_FLAGS).flags), /invalid value "64M" for flag -memory/);
});

async function call(argv: readonly string[], cwd: string): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const facts = { cgroup: { version: 2, root: '/cg', controllers: [] }, arch: 'x86_64', lastCap: 40 } as unknown as HostFacts;
  const programs = { sealed: (): number => assert.fail('starts a shim'), spawnDetached: (): { pid: number } => assert.fail('starts a shim') };
  const code = await runRuntime(argv, { programs, shimPath: '', facts: () => facts, write: (text) => void (out += text), writeError: (text) => void (err += text), env: {}, cwd });
  return { code, out, err };
}

test('errors are logged as clients of runc read them', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'berth-verbs-'));
  try {
    const plain = await call(['--root', 'r', 'state', 'nope'], cwd);
    assert.equal(plain.code, 1);
    assert.match(plain.err, /^time="[^"]+Z" level=error msg="container \\"nope\\" does not exist"\n$/);
    const logged = await call(['--root', 'r', '--log', 'log.json', '--log-format', 'json', 'kill', 'nope'], cwd);
    assert.deepEqual([logged.code, logged.err], [1, 'container "nope" does not exist\n']);
    const line = JSON.parse(readFileSync(join(cwd, 'log.json'), 'utf8')) as Record<string, string>;
    assert.deepEqual([line['level'], line['msg']], ['error', 'container "nope" does not exist']);
    assert.equal((await call(['--root', 'r', 'delete', '--force', 'nope'], cwd)).code, 0);
    assert.match((await call(['--log-format', 'xml', 'list'], cwd)).err, /invalid log-format: xml/);
    assert.match((await call(['constructor'], cwd)).err, /No help topic for 'constructor'/);
    assert.equal((await call(['--root', 'r', 'list', '-f', 'json'], cwd)).out, '[]\n');
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test('spec writes once, features and help answer', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'berth-verbs-'));
  try {
    assert.equal((await call(['spec'], cwd)).code, 0);
    const spec = JSON.parse(readFileSync(join(cwd, 'config.json'), 'utf8')) as { process: { args: string[] } };
    assert.deepEqual(spec.process.args, ['sh']);
    assert.match((await call(['spec'], cwd)).err, /File config.json exists. Remove it first/);
    const features = JSON.parse((await call(['features'], cwd)).out) as { linux: { namespaces: string[] }; mountOptions: string[] };
    assert.ok(features.linux.namespaces.includes('time') && features.mountOptions.includes('rro'));
    assert.match((await call(['--help'], cwd)).out, /^Usage: berth runtime/);
    assert.match((await call(['create', 'x'], join(cwd, 'none'))).err, /JSON specification file .* not found/);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
