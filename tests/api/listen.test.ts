import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseHost } from '#server/listen.ts';
import { startServer } from './harness.ts';
import { RawClient } from './raw-client.ts';

test('addresses', () => {
  assert.deepEqual(parseHost('unix:///run/x.sock'), { kind: 'unix', path: '/run/x.sock' });
  assert.deepEqual(parseHost('tcp://[::1]:2375'), { kind: 'tcp', host: '::1', port: 2375 });
  assert.deepEqual(parseHost('tcp://:2375'), { kind: 'tcp', host: '127.0.0.1', port: 2375 });
  for (const wrong of ['', 'x', 'unix://relative', 'fd://', 'tcp://a', 'tcp://a:99999', 'tcp://a:1/x', `unix:///${'x'.repeat(200)}`]) {
    assert.throws(() => parseHost(wrong), { kind: 'invalidArgument' }, wrong);
  }
});

test('the socket is for its owner and group only, and goes with the server', async () => {
  const harness = await startServer({ group: '0' });
  assert.equal(statSync(harness.socket).mode & 0o777, 0o660);
  await harness.server.close(AbortSignal.abort());
  assert.ok(!existsSync(harness.socket));
  await harness[Symbol.asyncDispose]();
});

test('a socket on which a daemon answers is not taken', async () => {
  await using harness = await startServer();
  await using other = await startServer();
  await assert.rejects(other.server.listen(`unix://${harness.socket}`), { kind: 'conflict', message: /another daemon is listening there/ });
  await harness.client().send('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n').until(/OK$/);
});

test('a socket left by a dead daemon is replaced; a file is not', async () => {
  await using harness = await startServer();
  const stale = join(harness.folder, 'stale');
  const killed = spawnSync(process.execPath, ['-e', `require('node:net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`]);
  assert.equal(killed.signal, 'SIGKILL');
  await harness.server.listen(`unix://${stale}`);
  const file = join(harness.folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(harness.server.listen(`unix://${file}`), { kind: 'conflict', message: /is not a socket/ });
});

test('a port in use is a conflict that names the address', async () => {
  await using harness = await startServer();
  const taken = createNetServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  await assert.rejects(harness.server.listen(`tcp://127.0.0.1:${port}`), { kind: 'conflict', message: new RegExp(`tcp://127.0.0.1:${port}`) });
  taken.close();
});

test('on TCP web pages are refused, clients are not', async () => {
  await using harness = await startServer({ allowedHosts: ['build.example.com'] });
  const address = await harness.server.listen('tcp://127.0.0.1:0');
  const port = Number(address.split(':').at(-1));
  const ask = async (headers: string): Promise<string> => {
    const client = new RawClient({ host: '127.0.0.1', port });
    return (await client.send(`GET /_ping HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`).rest()).slice(9, 12);
  };
  for (const host of ['127.0.0.1', `localhost:${port}`, '[::1]:2375', 'docker:2375', 'build.example.com']) assert.equal(await ask(`Host: ${host}\r\n`), '200', host);
  assert.equal(await ask('Host: evil.example.com\r\n'), '403');
  assert.equal(await ask('Host: localhost\r\nOrigin: http://evil.example.com\r\n'), '403');
  assert.equal(await ask('Host: localhost\r\nOrigin: null\r\n'), '403');
});

test('closing ends streams that would go on for ever', async () => {
  const harness = await startServer();
  const client = harness.client().send('GET /events HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until(/timeNano/);
  await harness.server.close(new AbortController().signal);
  await client.rest();
  await harness[Symbol.asyncDispose]();
});

test('closing lets a request in flight finish', async () => {
  const harness = await startServer();
  const client = harness.client().send('POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\n\r\n');
  while (!harness.engine.calls.some(({ name }) => name === 'images.load')) await new Promise((resolve) => setImmediate(resolve));
  const closed = harness.server.close(AbortSignal.timeout(10_000));
  client.send('abc');
  assert.match(await client.rest(), /Loaded image: 3/);
  await closed;
  await harness[Symbol.asyncDispose]();
});
