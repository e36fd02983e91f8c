import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from './harness.ts';

const refused: readonly (readonly [name: string, request: string, status: RegExp])[] = [
  ['garbage', 'GARBAGE\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request$/],
  ['a TLS handshake', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\n', /^HTTP\/1\.1 400 /],
  ['no Host', 'GET /version HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 Bad Request: missing required Host header\r\n/],
  ['two hosts', 'GET /version HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['another protocol version', 'GET /version HTTP/3.0\r\nHost: d\r\n\r\n', /^HTTP\/1\.1 505 HTTP Version Not Supported/],
  ['a length and chunks', 'POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['two lengths', 'POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc', /^HTTP\/1\.1 400 /],
  ['a negative length', 'POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: -3\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['an unknown coding', 'POST /images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', /^HTTP\/1\.1 501 /],
  ['a folded header', 'GET /version HTTP/1.1\r\nHost: d\r\nA: b\r\n c\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a space before the colon', 'GET /version HTTP/1.1\r\nHost : d\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a head without end', `GET /version HTTP/1.1\r\nHost: d\r\nA: ${'x'.repeat(1_100_000)}`, /^HTTP\/1\.1 431 /],
  ['thousands of headers', `GET /version HTTP/1.1\r\nHost: d\r\n${'a: b\r\n'.repeat(2_000)}\r\n`, /^HTTP\/1\.1 431 /],
  ['a broken chunk size', 'POST /images/load HTTP/1.1\r\nHost: d\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /malformed chunked encoding/],
  ['a broken escape', 'GET /containers/%zz/json HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 [^]*malformed escape/],
];

for (const [name, request, status] of refused) {
  test(`refused without harm: ${name}`, async () => {
    await using harness = await startServer();
    assert.match(await harness.client().send(request).rest(), status);
    await harness.client().send('GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n').until(/OK$/);
    assert.deepEqual(harness.problems, []);
  });
}

test('a JSON body beyond the bound is refused before it is decoded', async () => {
  await using harness = await startServer();
  const body = `{"Image":"${'x'.repeat(9 << 20)}"}`;
  const client = harness.client().send(`POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await client.until(/^HTTP\/1\.1 400 [^]*the request body is larger than 8388608 bytes/);
});

test('large credentials fit in a header', async () => {
  await using harness = await startServer();
  await harness.client().send(`GET /_ping HTTP/1.1\r\nHost: d\r\nX-Registry-Config: ${'x'.repeat(500_000)}\r\n\r\n`).until(/OK$/);
});

test('requests in one packet are answered in order, whatever pieces they come in', async () => {
  await using harness = await startServer();
  const two = 'GET /_ping HTTP/1.1\r\nHost: d\r\n\r\nHEAD /_ping HTTP/1.1\r\nHost: d\r\n\r\nGET /nope HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n';
  assert.match(await harness.client().send(two).rest(), /^HTTP\/1\.1 200[^]*OKHTTP\/1\.1 200[^]*HTTP\/1\.1 404/);
  const client = harness.client();
  for (const character of two) {
    client.send(character);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(await client.rest(), /^HTTP\/1\.1 200[^]*OKHTTP\/1\.1 200[^]*HTTP\/1\.1 404/);
});

test('a chunked body in odd pieces is read whole, with extensions and trailers', async () => {
  await using harness = await startServer();
  const client = harness.client().send('POST /images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (const piece of ['3', ';a=b\r', '\nab', 'c\r\n', '10\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r', '\n']) {
    client.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.until(/Loaded image: 19/);
});

test('a client that waits for 100 Continue gets it when its body is wanted', async () => {
  await using harness = await startServer();
  const head = 'HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n';
  const client = harness.client().send(`POST /images/load ${head}`);
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  await client.send('abc').until(/Loaded image: 3/);
  assert.match(await harness.client().send(`POST /nope ${head}`).rest(), /^HTTP\/1\.1 404 /);
});

test('HTTP/1.0 gets its body until the end of the connection', async () => {
  await using harness = await startServer();
  assert.match(await harness.client().send('GET /images/json HTTP/1.0\r\n\r\n').rest(), /Connection: close\r\n\r\n\[\]\n$/);
});

test('half-closing after a request still gets the answer', async () => {
  await using harness = await startServer();
  const client = harness.client().send('GET /version HTTP/1.1\r\nHost: d\r\n\r\n');
  client.socket.end();
  assert.match(await client.rest(), /"ApiVersion":"1\.51"/);
});
