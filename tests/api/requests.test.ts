import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startServer } from './harness.ts';
import { jsonRequest } from './raw-client.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: d\r\n${headers}\r\n`;

async function answer(request: string): Promise<{ status: number; head: string; body: string }> {
  await using harness = await startServer();
  const text = await harness.client().send(request.replace('\r\n', '\r\nConnection: close\r\n')).rest();
  const [head = '', ...body] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body: body.join('\r\n\r\n') };
}

test('ping by GET and HEAD', async () => {
  const { head, body } = await answer(get('/_ping'));
  assert.equal(body, 'OK');
  for (const header of ['Api-Version: 1.51', 'Docker-Experimental: false', 'Ostype: linux', 'Cache-Control: no-cache, no-store, must-revalidate', 'Pragma: no-cache']) {
    assert.ok(head.includes(header), header);
  }
  const headOnly = await answer('HEAD /_ping HTTP/1.1\r\nHost: d\r\n\r\n');
  assert.equal(headOnly.status, 200);
  assert.equal(headOnly.body, '');
});

test('an unknown path gets none of the engine’s headers, a refused version all but the experimental one, as from dockerd', async () => {
  const headersOf = async (path: string): Promise<string[]> => {
    const { head } = await answer(get(path));
    return ['Api-Version', 'Ostype', 'Server', 'Docker-Experimental'].filter((name) => head.includes(`\r\n${name}: `));
  };
  assert.deepEqual(await headersOf('/nope'), []);
  for (const path of ['/v1.99/version', '/v1.23/version']) assert.deepEqual(await headersOf(path), ['Api-Version', 'Ostype', 'Server']);
  assert.equal((await headersOf('/containers/nope/json')).length, 4);
});

const refusals: readonly (readonly [name: string, request: string, status: number, body: string])[] = [
  ['an unknown path', get('/nope'), 404, '{"message":"page not found"}\n'],
  ['an unknown path with a version', get('/v1.51/nope'), 404, '{"message":"page not found"}\n'],
  ['a version too new', get('/v1.99/version'), 400, '{"message":"client version 1.99 is too new. Maximum supported API version is 1.51"}\n'],
  ['a version too old', get('/v1.23/version'), 400, 'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n'],
  ['what is not served yet', 'POST /v1.44/build/prune HTTP/1.1\r\nHost: d\r\n\r\n', 501, '{"message":"POST /build/prune of the Docker Engine API is not served by Berth yet"}\n'],
  ['a body of another type', 'POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}', 400, '{"message":"unsupported Content-Type header (text/plain): must be \'application/json\'"}\n'],
  ['no body where one is needed', 'POST /containers/create HTTP/1.1\r\nHost: d\r\n\r\n', 400, '{"message":"invalid JSON: got EOF while reading request body"}\n'],
  ['an empty configuration', jsonRequest('POST', '/containers/create', '{}'), 400, '{"message":"config cannot be empty in order to create a container"}\n'],
  ['an absent container', get('/containers/nope/json'), 404, '{"message":"No such container: nope"}\n'],
  ['a number that is none', get('/containers/json?limit=x'), 500, '{"message":"strconv.Atoi: parsing \\"x\\": invalid syntax"}\n'],
  ['a wrong terminal size', 'POST /containers/x/resize?h=x&w=3 HTTP/1.1\r\nHost: d\r\n\r\n', 400, '{"message":"invalid resize height \\"x\\": invalid syntax"}\n'],
  ['logs of no stream', get('/containers/x/logs'), 400, '{"message":"Bad parameters: you must choose at least one stream"}\n'],
  ['a wrong wait condition', 'POST /containers/x/wait?condition=foo HTTP/1.1\r\nHost: d\r\n\r\n', 400, '{"message":"invalid condition: \\"foo\\""}\n'],
  ['events whose end is before their begin', get('/events?since=5&until=2'), 400, '{"message":"`since` time (5) cannot be after `until` time (2)"}\n'],
  ['events with a filter that the engine refuses', get('/events?filters=%7B%22nope%22%3A%5B%22x%22%5D%7D'), 400, '{"message":"invalid filter \'nope\'"}\n'],
  ['start with a host configuration', jsonRequest('POST', '/containers/x/start', '{"HostConfig":{}}'), 400, '{"message":"starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24"}\n'],
  ['an import under a wrong name', 'POST /images/create?fromSrc=-&repo=UP HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\nxx', 400, '{"message":"invalid reference format: repository name (library/UP) must be lowercase"}\n'],
];

for (const [name, request, status, body] of refusals) {
  test(`refused as dockerd does: ${name}`, async () => {
    const result = await answer(request);
    assert.equal(result.status, status);
    assert.equal(result.body, body);
  });
}

test('a load that fails answers 200 and an error line, as dockerd does', async () => {
  const { status, body } = await answer('POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\nxx');
  assert.equal(status, 200);
  assert.ok(body.includes('{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}\n'), body);
});

test('paths are cleaned by a redirection', async () => {
  const { status, head } = await answer(get('//version'));
  assert.equal(status, 301);
  assert.ok(head.includes('Location: /version'));
});

test('an already started container is 304 without a body', async () => {
  await using harness = await startServer();
  const client = harness.client().send(jsonRequest('POST', '/containers/create?name=c', '{"Image":"x"}'));
  await client.until(/201 Created[^]*"Id"/);
  client.send(jsonRequest('POST', '/containers/c/start', ''));
  await client.until(/204 No Content[^]*\r\n\r\n$/);
  client.send(jsonRequest('POST', '/containers/c/start', '') + get('/_ping'));
  await client.until(/304 Not Modified\r\n[^]*\r\n\r\nHTTP\/1.1 200 OK[^]*OK$/);
});

test('a bug in a handler is a 500, and logged', async () => {
  await using harness = await startServer();
  await harness.client().send('POST /containers/x/pause HTTP/1.1\r\nHost: d\r\n\r\n').until(/500 Internal Server Error[^]*\{"message":"a bug"\}\n$/);
  assert.match(harness.problems.join(), /unexpected error while serving a request: TypeError: a bug/);
});

test('older versions get older documents', async () => {
  const image = async (version: string): Promise<Record<string, unknown>> => JSON.parse((await answer(get(`/v${version}/images/a/b/json`))).body) as Record<string, unknown>;
  assert.equal((await image('1.43'))['VirtualSize'], 7);
  assert.ok(!('VirtualSize' in (await image('1.44'))) && 'ContainerConfig' in (await image('1.44')) && !('ContainerConfig' in (await image('1.45'))));
  assert.deepEqual((await image('1.51'))['Config'], { Cmd: ['sh'], Env: null });
  assert.deepEqual(Object.keys((await image('1.49'))['Config'] as object), ['AttachStderr', 'AttachStdin', 'AttachStdout', 'Cmd', 'Domainname', 'Env', 'Hostname', 'Image', 'OpenStdin', 'StdinOnce', 'Tty']);
  const info = JSON.parse((await answer(get('/v1.41/info'))).body) as Record<string, unknown>;
  assert.deepEqual(info['RuncCommit'], { ID: 'abc', Expected: 'abc' });
  assert.equal(info['BridgeNfIptables'], false);
});

test('what an older client could not mean is not passed on', async () => {
  await using harness = await startServer();
  const body = '{"Image":"x","HostConfig":{"Annotations":{"a":"b"},"Mounts":[{"Type":"volume","VolumeOptions":{"Subpath":"s","NoCopy":true}}]}}';
  await harness.client().send(jsonRequest('POST', '/v1.42/containers/create', body)).until(/201/);
  const [call] = harness.engine.calls.filter(({ name }) => name === 'containers.create');
  const passed = call?.arguments[0] as { body: { HostConfig: Record<string, unknown> } } | undefined;
  assert.deepEqual(passed?.body.HostConfig, { Mounts: [{ Type: 'volume', VolumeOptions: { NoCopy: true } }] });
});

test('wait sends its head before the container has ended', async () => {
  await using harness = await startServer();
  const client = harness.client().send(jsonRequest('POST', '/containers/create?name=c', '{"Image":"x"}'));
  await client.until(/201 Created/);
  client.send('POST /containers/c/wait?condition=next-exit HTTP/1.1\r\nHost: d\r\n\r\n');
  await client.until(/200 OK\r\n[^]*Transfer-Encoding: chunked\r\n[^]*\r\n\r\n$/);
  for (const container of harness.engine.fake.containers.values()) container.exited.resolve();
  await client.until(/\{"StatusCode":3\}\n\r\n0\r\n\r\n$/);
});

test('events come line by line at once, and the engine learns that the client has gone', async () => {
  await using harness = await startServer();
  const client = harness.client().send(get('/events'));
  await client.until(/"timeNano":1700000000123456789\}\n/);
  client.socket.destroy();
  await condition(() => harness.engine.fake.aborted === 1);
  assert.deepEqual(harness.problems, []);
});

test('a follower of a silent log that goes away is noticed', async () => {
  await using harness = await startServer();
  const client = harness.client().send(jsonRequest('POST', '/containers/create?name=c', '{"Image":"x"}') + get('/containers/c/logs?stdout=1&follow=1'));
  await client.until(/multiplexed-stream[^]*line\n/);
  client.socket.destroy();
  await condition(() => harness.engine.fake.aborted === 1);
});

test('only command-line clients, which put frames together again, get several lines of a log in one', async () => {
  await using harness = await startServer();
  const log = '/containers/c/logs?stdout=1&follow=1';
  for (const agent of [undefined, 'docker-sdk-python/7.0', 'Docker-Client/28.5.2 (linux)', 'Berth-Client/0.1.0 (linux)']) {
    const request = get(log).replace('\r\n', agent === undefined ? '\r\n' : `\r\nUser-Agent: ${agent}\r\n`);
    const create = jsonRequest('POST', '/containers/create?name=c', '{"Image":"x"}');
    const client = harness.client().send(create + request);
    await client.until(/line\n/);
    client.socket.destroy();
  }
  const asked = harness.engine.calls.filter(({ name }) => name === 'containers.logs').map((call) => (call.arguments[1] as { joinFrames: boolean }).joinFrames);
  assert.deepEqual(asked, [false, false, true, true]);
});

test('an upload that breaks off reaches the engine as an error and its signal', async () => {
  await using harness = await startServer();
  const client = harness.client().send('POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 100000\r\n\r\nabc');
  await condition(() => harness.engine.fake.uploaded === 3);
  client.socket.destroy();
  await condition(() => harness.engine.fake.aborted === 1);
});

test('a client that does not read stops the sending, not the server', async () => {
  await using harness = await startServer();
  const slow = connect({ path: harness.socket });
  slow.pause();
  slow.write(get('/images/x/get'));
  await harness.client().send(get('/_ping')).until(/OK$/);
  let received = 0;
  slow.on('data', (chunk) => { received += chunk.length; });
  slow.resume();
  await condition(() => received > 64 * 65_536);
  slow.destroy();
});

test('metrics and the OpenAPI document', async () => {
  const { createMetrics } = await import('#server/metrics.ts');
  const metrics = createMetrics(async () => [{ name: 'berth_containers', help: 'Containers by state.', type: 'gauge', samples: [{ value: 2, labels: { state: 'a"b' } }] }]);
  await using harness = await startServer({ metrics });
  await harness.client().send(get('/metrics')).until(/process_cpu[^]*berth_containers\{state="a\\"b"\} 2\n/);
  await harness.client().send(get('/openapi.json')).until(/"openapi":"3\.1\.0"/);
});

/** Polls until something holds; the test's own time limit ends it. */
async function condition(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
