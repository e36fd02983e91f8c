import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BerthError, kindOf } from '#base/errors.ts';
import { apiVersion } from '#api/endpoints.ts';
import { parseHost } from './address.ts';
import { Client } from './client.ts';
import type { ConnectOptions } from './types.ts';

interface Seen {
  readonly line: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

interface Fake extends AsyncDisposable {
  readonly client: Client;
  readonly seen: Seen[];
  readonly connections: () => number;
}

type Answer = (request: Seen, response: ServerResponse, socket?: Duplex) => void;

/** A daemon whose answers the test writes, and a client of it. */
async function fake(answer: Answer, options: ConnectOptions & { tcp?: boolean } = {}): Promise<Fake> {
  const directory = mkdtempSync(join(tmpdir(), 'berth-client-'));
  const seen: Seen[] = [];
  let connections = 0;
  const take = async (incoming: IncomingMessage): Promise<Seen> => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const request = { line: `${incoming.method} ${incoming.url}`, body: Buffer.concat(parts).toString(), headers: incoming.headers };
    seen.push(request);
    return request;
  };
  const server = createServer((incoming, response) => void take(incoming).then((request) => answer(request, response)));
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => void take(incoming).then((request) => answer(request, undefined as never, socket)));
  server.on('connection', () => connections++);
  const path = join(directory, 'api.sock');
  await new Promise<void>((resolve) => (options.tcp === true ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve)));
  const client = new Client(parseHost(options.tcp === true ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${path}`), options);
  return {
    client, seen, connections: () => connections,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true });
    },
  };
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
};

describe('Client', () => {
  it('writes path, query and body as the descriptor says, and parses the answer', async () => {
    await using daemon = await fake((_request, response) => json(response, 201, { Id: 'abc', Warnings: [] }));
    const made = await daemon.client.call('ContainerCreate', { query: { name: 'a b', platform: undefined }, body: { Image: 'x', Tty: true } });
    assert.deepEqual(made, { Id: 'abc', Warnings: [] });
    assert.equal(daemon.seen[0]?.line, `POST /v${apiVersion}/containers/create?name=a%20b`);
    assert.deepEqual(JSON.parse(daemon.seen[0]?.body ?? ''), { Image: 'x', Tty: true });
  });
  it('writes every kind of parameter in its wire form', async () => {
    await using daemon = await fake((_request, response) => json(response, 200, []));
    const filters = new Map([['status', ['running', 'paused']], ['label', ['a=b']]]);
    await daemon.client.call('ContainerList', { query: { all: true, size: false, limit: 3, filters } });
    await daemon.client.call('ContainerList', { query: { filters: new Map() } });
    const [first, second] = daemon.seen.map(({ line }) => new URL(line.split(' ')[1] ?? '', 'http://x').searchParams);
    assert.deepEqual(Object.fromEntries(first ?? []), { all: '1', size: '0', limit: '3', filters: '{"label":{"a=b":true},"status":{"running":true,"paused":true}}' });
    assert.equal(String(second), '');
  });
  it('repeats lists, writes moments in seconds, and keeps the slashes of names', async () => {
    await using daemon = await fake((_request, response) => json(response, 200, {}));
    await (await daemon.client.call('ImageGetAll', { query: { names: ['a', 'b&c'] } })).text();
    await (await daemon.client.call('SystemEvents', { query: { since: 1_500_000_001n, until: '12.5' } })).text();
    await daemon.client.text('ImageInspect', { name: 'reg:5000/a/b@sha256:x?y' });
    const prefix = `GET /v${apiVersion}`;
    assert.deepEqual(daemon.seen.map(({ line }) => line), [
      `${prefix}/images/get?names=a&names=b%26c`, `${prefix}/events?since=1.500000001&until=12.5`, `${prefix}/images/reg:5000/a/b@sha256:x%3Fy/json`,
    ]);
  });
  it('uses one connection for requests that follow each other', async () => {
    await using daemon = await fake((_request, response) => json(response, 200, {}), { tcp: true });
    for (let count = 0; count < 4; count++) await daemon.client.call('SystemInfo');
    assert.equal(daemon.connections(), 1);
  });
  it('dials again when the daemon closed the kept connection', async () => {
    await using daemon = await fake((_request, response) => {
      json(response, 200, {});
      response.once('finish', () => response.socket?.end());
    });
    for (let count = 0; count < 3; count++) await daemon.client.call('SystemInfo');
    assert.equal(daemon.seen.length, 3);
  });
  it('sends streams in chunks after asking for the version', async () => {
    await using daemon = await fake((request, response) => {
      response.setHeader('Api-Version', '1.40');
      json(response, 200, request.line);
    });
    const tar = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one');
      yield new Uint8Array(0);
      yield Buffer.from('two');
    };
    await (await daemon.client.call('ImageLoad', { stream: tar(), query: { quiet: true } })).text();
    assert.deepEqual(daemon.seen.map(({ line, body }) => [line, body]), [['GET /_ping', ''], ['POST /v1.40/images/load?quiet=1', 'onetwo']]);
    assert.equal(daemon.client.version, '1.40');
  });
  it('speaks the version of an older daemon, unless one was demanded', async () => {
    const old: Answer = (request, response) => {
      if (request.line.includes('/v1.41/')) json(response, 200, { Containers: 7 });
      else json(response, 400, { message: `client version ${apiVersion} is too new. Maximum supported API version is 1.41` });
    };
    await using daemon = await fake(old);
    assert.equal((await daemon.client.call('SystemInfo')).Containers, 7);
    assert.equal(daemon.client.version, '1.41');
    await using strict = await fake(old, { version: '1.51' });
    await assert.rejects(strict.client.call('SystemInfo'), /is too new/);
  });
});

describe('errors of the client', () => {
  it('have the kind of the status and the daemon\'s text', async () => {
    await using daemon = await fake((request, response) => json(response, Number(/containers\/(\d+)/.exec(request.line)?.[1]), { message: ' No such thing\n' }));
    const expected = { 400: 'invalidArgument', 401: 'unauthorized', 403: 'forbidden', 404: 'notFound', 409: 'conflict', 406: 'invalidArgument', 500: 'internal', 501: 'notImplemented', 503: 'unavailable' };
    for (const [status, kind] of Object.entries(expected)) {
      await assert.rejects(daemon.client.call('ContainerInspect', { name: status }), (error: unknown) => {
        assert.ok(error instanceof BerthError);
        assert.deepEqual([error.kind, error.message, error.data], [kind, 'Error response from daemon: No such thing', { status: Number(status), detail: 'No such thing' }]);
        return true;
      });
    }
  });
  it('take 304 for done', async () => {
    await using daemon = await fake((_request, response) => response.writeHead(304).end());
    assert.equal(await daemon.client.call('ContainerStart', { name: 'x' }), undefined);
  });
  it('tell plain texts, empty answers and answers that are no JSON apart', async () => {
    const bodies = ['', 'plain words', '{"message":7}'];
    await using daemon = await fake((_request, response) => {
      response.writeHead(500, 'Oops', { 'Content-Type': 'application/json' });
      response.end(bodies.shift());
    });
    const call = (): Promise<unknown> => daemon.client.call('SystemInfo');
    await assert.rejects(call(), /request returned 500 Oops for API route \/info, check if the server supports the requested API version/);
    await assert.rejects(call(), /Error response from daemon: plain words$/);
    await assert.rejects(call(), /Error response from daemon: \{"message":7\}$/);
    await using broken = await fake((_request, response) => response.end('<html>'));
    await assert.rejects(broken.client.call('SystemInfo'), (error) => kindOf(error) === 'dataLoss');
  });
  it('are "unavailable" without a daemon, and when it ends within the answer', async () => {
    using absent = new Client(parseHost('unix:///nonexistent/berth.sock'));
    await assert.rejects(absent.call('SystemInfo'), (error: Error) => kindOf(error) === 'unavailable'
      && error.message === 'Cannot connect to the Berth daemon at unix:///nonexistent/berth.sock. Is the berth daemon running?');
    await using cut = await fake((_request, response) => response.socket?.destroy());
    await assert.rejects(cut.client.call('SystemInfo'), (error) => kindOf(error) === 'unavailable');
  });
  it('are "cancelled" when the signal fires, also within a stream, and leave other requests alone', async () => {
    await using daemon = await fake((request, response) => {
      if (request.line.includes('/events')) response.write('{}\n');
      else json(response, 200, {});
    });
    const controller = new AbortController();
    const events = await daemon.client.call('SystemEvents', { signal: controller.signal });
    const reading = events.read(() => controller.abort());
    await assert.rejects(reading, (error) => kindOf(error) === 'cancelled');
    await assert.rejects(daemon.client.call('SystemInfo', { signal: controller.signal }), (error) => kindOf(error) === 'cancelled');
    await daemon.client.call('SystemInfo');
    const later = new AbortController();
    await daemon.client.call('SystemInfo', { signal: later.signal });
    later.abort();
    await daemon.client.call('SystemInfo');
  });
});

describe('taken-over connections', () => {
  it('carry both directions until each ends', async () => {
    await using daemon = await fake((request, response, socket) => {
      if (socket === undefined) return json(response, 404, { message: 'No such container: y' });
      if (request.line.includes('/y/')) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello ');
      socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
      socket.on('end', () => socket.end('.'));
    });
    const stream = await daemon.client.call('ContainerAttach', { name: 'x', query: { stream: true, stdin: true } });
    assert.equal(stream.mediaType, 'application/vnd.docker.raw-stream');
    await stream.write(Buffer.from('world'));
    stream.closeWrite();
    let text = '';
    await stream.read((chunk) => void (text += chunk.toString()));
    stream.destroy();
    assert.equal(text, 'hello WORLD.');
    await assert.rejects(daemon.client.call('ContainerAttach', { name: 'y' }), (error) => kindOf(error) === 'notFound');
  });
});

it('hosts are read in Docker\'s notation', () => {
  assert.deepEqual(parseHost('unix:///x'), { host: 'unix:///x', kind: 'unix', path: '/x', isDefault: false });
  assert.deepEqual(parseHost('h:1'), { host: 'tcp://h:1', kind: 'tcp', address: 'h', port: 1, isDefault: false });
  assert.deepEqual(parseHost('tcp://[::1]', { verify: false }), { host: 'tcp://[::1]:2376', kind: 'tcp', address: '::1', port: 2376, tls: { verify: false }, isDefault: false });
  assert.throws(() => parseHost('ssh://x'), /unable to parse docker host `ssh:\/\/x`/);
  assert.throws(() => parseHost('tcp://a b:1:2'), /invalid bind address format/);
});
