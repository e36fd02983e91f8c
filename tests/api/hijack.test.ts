import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer, type Harness } from './harness.ts';
import { jsonRequest, type RawClient, upgrade } from './raw-client.ts';

const attachPath = '/containers/c/attach?stream=1&stdin=1&stdout=1&stderr=1';
const post = (path: string, headers = ''): string => `POST ${path} HTTP/1.1\r\nHost: d\r\n${headers}\r\n`;

/** A server with a container `c` that echoes, and a client. */
async function echoServer(tty = false): Promise<{ harness: Harness; client: RawClient }> {
  const harness = await startServer();
  await harness.client().send(jsonRequest('POST', '/containers/create?name=c', JSON.stringify({ Image: 'x', Tty: tty }))).until(/201 Created/);
  return { harness, client: harness.client() };
}

test('attach with Upgrade: 101, multiplexed, input after the head, half-closing kept', async () => {
  const { harness, client } = await echoServer();
  await using _ = harness;
  client.send(post(attachPath, upgrade));
  await client.until(/^HTTP\/1\.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n$/);
  client.send('hello');
  await client.until(/\x01\0\0\0\0\0\0\x05hello$/);
  client.socket.end();
  assert.match(await client.rest(), /\x02\0\0\0\0\0\0\x04bye\n$/);
});

test('attach to a terminal is raw', async () => {
  const { harness, client } = await echoServer(true);
  await using _ = harness;
  await client.send(post(attachPath, upgrade)).until(/Content-Type: application\/vnd\.docker\.raw-stream\r\n/);
});

test('before 1.42 nobody is told of multiplexed streams', async () => {
  const { harness, client } = await echoServer();
  await using _ = harness;
  await client.send(post(`/v1.41${attachPath}`, upgrade)).until(/101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/);
});

test('attach without Upgrade, input in the same packet as the head', async () => {
  const { harness, client } = await echoServer();
  await using _ = harness;
  client.send(`${post(attachPath)}early`);
  client.socket.end();
  assert.match(await client.rest(), /^HTTP\/1\.1 200 OK\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n\r\n\x01\0\0\0\0\0\0\x05early\x02\0\0\0\0\0\0\x04bye\n$/);
});

test('a connection that was used before can still be taken over, without Upgrade too', async () => {
  for (const headers of ['', upgrade]) {
    const { harness, client } = await echoServer();
    await using _ = harness;
    await client.send('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n').until(/OK$/);
    client.send(`${post(attachPath, headers)}x`);
    client.socket.end();
    assert.match(await client.rest(), /\x01\0\0\0\0\0\0\x01x\x02\0\0\0\0\0\0\x04bye\n$/);
  }
});

test('attach to an absent container is refused in plain text', async () => {
  await using harness = await startServer();
  const text = await harness.client().send(post('/containers/nope/attach?stream=1', upgrade)).rest();
  assert.equal(text, 'HTTP/1.1 404 Not Found\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nNo such container: nope\r\n');
});

test('exec start: body, then stream', async () => {
  await using harness = await startServer();
  const client = harness.client().send(jsonRequest('POST', '/exec/e1/start', '{"Tty":true,"ConsoleSize":[24,80]}', upgrade));
  await client.until(/101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n[^]*Api-Version: 1\.51[^]*\r\n\r\n$/);
  client.send('hi').socket.end();
  assert.match(await client.rest(), /\r\n\r\nhibye$/);
  const start = harness.engine.calls.find(({ name }) => name === 'execs.start');
  assert.deepEqual(start?.arguments[1], { detach: false, tty: true, consoleSize: [24, 80] });
});

test('exec start detached is an ordinary answer on a connection that lives on', async () => {
  await using harness = await startServer();
  const client = harness.client().send(jsonRequest('POST', '/exec/e1/start', '{"Detach":true}'));
  await client.until(/200 OK[^]*Content-Length: 0\r\n[^]*\r\n\r\n$/);
  await client.send('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n').until(/OK$/);
});

test('exec start of an absent exec is a JSON error on a connection that lives on', async () => {
  await using harness = await startServer();
  const client = harness.client().send(jsonRequest('POST', '/exec/nope/start', '{}', upgrade));
  await client.until(/404 Not Found[^]*\{"message":"No such exec instance: nope"\}\n$/);
  await client.send('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n').until(/OK$/);
});

test('an error after the takeover is told in the stream', async () => {
  await using harness = await startServer();
  const text = await harness.client().send(jsonRequest('POST', '/exec/broken/start', '{}', upgrade)).rest();
  assert.match(text, /\x01\0\0\0\0\0\0.OCI runtime exec failed: no such file\r\n$/);
});

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunkedExec = `POST /exec/e1/start HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${upgrade}\r\n`;

test('exec start with a chunked body that is never finished (dockerode)', async () => {
  await using harness = await startServer();
  const client = harness.client().send(chunkedExec + chunk('{"Tty":true}'));
  await client.until(/101 UPGRADED[^]*\r\n\r\n$/);
  client.send('raw').socket.end();
  assert.match(await client.rest(), /\r\n\r\nrawbye$/);
});

test('the end of a chunked body that comes after the answer is not input', async () => {
  for (const pieces of [['0\r\n\r\nraw'], ['0', '\r\n\r', '\nraw']]) {
    await using harness = await startServer();
    const client = harness.client().send(chunkedExec + chunk('{"Tty":true}'));
    await client.until(/101 UPGRADED[^]*\r\n\r\n$/);
    for (const piece of pieces) {
      client.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.socket.end();
    assert.match(await client.rest(), /\r\n\r\nrawbye$/);
  }
});

test('input that begins like the end of a chunked body is kept', async () => {
  await using harness = await startServer();
  const client = harness.client().send(chunkedExec + chunk('{"Tty":true}'));
  await client.until(/101 UPGRADED[^]*\r\n\r\n$/);
  client.send('0\r\nx').socket.end();
  assert.match(await client.rest(), /\r\n\r\n0\r\nxbye$/);
});

test('megabytes through a hijacked connection arrive whole and in order', async () => {
  const { harness, client } = await echoServer(true);
  await using _ = harness;
  await client.send(post(attachPath, upgrade)).until(/\r\n\r\n$/);
  const headLength = client.received.length;
  const text = Array.from({ length: 200_000 }, (_value, index) => `${index},`).join('');
  client.send(text).socket.end();
  const received = (await client.rest()).slice(headLength);
  assert.equal(received.length, text.length + 3);
  assert.ok(received === `${text}bye`);
});

test('a client that vanishes in the middle of a stream leaves nothing behind', async () => {
  const { harness, client } = await echoServer();
  await using _ = harness;
  const ended = Promise.withResolvers<void>();
  harness.engine.fake.onAttach = async (request) => {
    const stream = await request.accept('multiplexed');
    // On a unix socket a client that has gone looks like one that sends no more, until something is written.
    stream.once('end', () => stream.write('x'));
    stream.once('close', () => ended.resolve());
    stream.once('error', () => ended.resolve());
    stream.resume();
    await ended.promise;
  };
  await client.send(post(attachPath, upgrade)).until(/\r\n\r\n$/);
  client.socket.destroy();
  await ended.promise;
  assert.deepEqual(harness.problems, []);
});

test('attach by WebSocket: stdout and stderr without frames', async () => {
  const { harness } = await echoServer();
  await using _ = harness;
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`ws+unix://${harness.socket}:/containers/c/attach/ws?stream=1&stdin=1&stdout=1`);
  const received: string[] = [];
  const echoed = new Promise<void>((resolve) => socket.on('message', (data: Buffer) => {
    received.push(data.toString());
    resolve();
  }));
  socket.once('open', () => socket.send('hello'));
  await echoed;
  assert.deepEqual(received, ['hello']);
  socket.close();
  await new Promise((resolve) => socket.once('close', resolve));
});

test('a WebSocket endpoint refuses other requests as dockerd does', async () => {
  await using harness = await startServer();
  await harness.client().send('GET /containers/c/attach/ws HTTP/1.1\r\nHost: d\r\n\r\n').until(/400 Bad Request[^]*not websocket protocol/);
});
