import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { startServer, type Harness } from './harness.ts';

const cached = join(homedir(), '.cache/berth/oracle/root/usr/bin/docker');

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the official client against the server. */
async function docker(harness: Harness, parameters: readonly string[], input = ''): Promise<Result> {
  const env = { HOME: harness.folder, PATH: process.env['PATH'] };
  const child = spawn(dockerProgram(), ['-H', `unix://${harness.socket}`, ...parameters], { env });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => { output.out += String(chunk); });
  child.stderr.on('data', (chunk) => { output.err += String(chunk); });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  return { code, ...output };
}

function dockerProgram(): string {
  const inPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'docker')).find((path) => existsSync(path));
  assert.ok(inPath !== undefined || existsSync(cached), 'this test needs the docker client: in PATH, or as the oracle in ~/.cache/berth/oracle');
  return inPath ?? cached;
}

test('docker version negotiates and prints both sides', async () => {
  await using harness = await startServer();
  const { code, out } = await docker(harness, ['version', '--format', '{{.Server.Version}} {{.Server.APIVersion}} {{.Server.MinAPIVersion}}']);
  assert.deepEqual([code, out], [0, '0.1.0 1.51 1.24\n']);
});

test('docker run: create, attach, wait and start in their order; input, both outputs and the exit code come through', async () => {
  await using harness = await startServer();
  const { code, out, err } = await docker(harness, ['run', '-i', 'x', 'cat'], 'hello\n');
  assert.deepEqual([code, out, err], [3, 'hello\n', 'bye\n']);
  const order = harness.engine.calls.map(({ name }) => name).filter((name) => name !== 'containers.inspect');
  assert.deepEqual(order, ['containers.create', 'containers.attach', 'containers.wait', 'containers.start']);
});

test('docker run -d, ps, logs, stop, rm', async () => {
  await using harness = await startServer();
  const { out } = await docker(harness, ['run', '-d', '--name', 'c', '-m', '64m', '-e', 'A=b', 'x']);
  assert.match(out, /^a{63}0\n$/);
  assert.match((await docker(harness, ['ps', '--format', '{{.Names}} {{.Status}}'])).out, /^c Up 1 second\n$/);
  assert.equal((await docker(harness, ['logs', 'c'])).out, 'line\n');
  assert.equal((await docker(harness, ['stop', 'c'])).out, 'c\n');
  assert.equal((await docker(harness, ['rm', 'c'])).out, 'c\n');
  const create = harness.engine.calls.find(({ name }) => name === 'containers.create');
  const request = create?.arguments[0] as { body: { Env: string[]; HostConfig: { Memory: number } } } | undefined;
  assert.deepEqual([request?.body.Env, request?.body.HostConfig.Memory], [['A=b'], 64 << 20]);
});

test('docker exec: with input, detached, and refused', async () => {
  await using harness = await startServer();
  await docker(harness, ['create', '--name', 'c', 'x']);
  assert.deepEqual(await docker(harness, ['exec', '-i', 'c', 'cat'], 'in'), { code: 0, out: 'in', err: 'bye\n' });
  assert.equal((await docker(harness, ['exec', '-d', 'c', 'true'])).code, 0);
});

test('errors reach the user in the words of the daemon', async () => {
  await using harness = await startServer();
  const absent = await docker(harness, ['inspect', '--type', 'container', 'nope']);
  assert.match(absent.err, /[Nn]o such container: nope/);
  const started = await docker(harness, ['start', 'nope']);
  assert.deepEqual([started.code, /Error response from daemon: No such container: nope/.test(started.err)], [1, true]);
  const search = await docker(harness, ['search', 'x']);
  assert.match(search.err, /GET \/images\/search of the Docker Engine API is not served by Berth yet/);
});

test('docker load and save stream archives', async () => {
  await using harness = await startServer();
  const loaded = await docker(harness, ['load'], 'x'.repeat(3 << 20));
  assert.deepEqual([loaded.code, loaded.out], [0, `Loaded image: ${3 << 20}\n`]);
  assert.equal((await docker(harness, ['save', 'x'])).out.length, 64 * 65_536);
});

test('docker events ends at its time', async () => {
  await using harness = await startServer();
  const { out } = await docker(harness, ['events', '--until', '1s', '--format', '{{.Type}} {{.Action}} {{.TimeNano}}']);
  assert.equal(out, 'container start 1700000000123456789\n');
});
