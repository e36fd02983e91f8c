/** The API under hostile clients, and hosts under hostile containers: whatever is sent, the daemon answers the next one. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonRequest, RawClient, upgrade } from '../api/raw-client.ts';
import { must, waitFor } from '../support/command.ts';
import { BASE, guarded } from './support.ts';

const daemon = guarded(['-H', 'tcp://127.0.0.1:2375']);

async function answers(): Promise<void> {
  assert.equal((await daemon.api('GET', '/_ping')).status, 200);
  assert.doesNotMatch(daemon.berth.engine.log(), /unexpected|heap out of memory/);
}

test('names and ids with paths in them find nothing and make nothing', async () => {
  const names = ['..', '../..', '%2e%2e', '..%2f..%2fetc', '%2fetc%2fpasswd', 'a%00b', '%ff%fe', '.', '%0a', '__proto__', 'constructor', 'toString', '*', "'%20OR%201=1--", '%F0%9F%90%B3', 'x'.repeat(5000)];
  for (const name of names) {
    for (const [method, path] of [['GET', `/containers/${name}/json`], ['POST', `/containers/${name}/start`], ['DELETE', `/containers/${name}?force=1`], ['GET', `/images/${name}/json`], ['DELETE', `/images/${name}`], ['GET', `/exec/${name}/json`], ['POST', `/exec/${name}/start`], ['GET', `/containers/${name}/logs?stdout=1`], ['GET', `/volumes/${name}`]] as const) {
      const { status } = await daemon.api(method, path, method === 'POST' ? '{}' : '');
      assert.ok((status >= 300 && status < 500) || status === 501, `${method} ${path}: ${status}`);
    }
    const { status } = await daemon.api('POST', `/containers/create?name=${name}`, JSON.stringify({ Image: BASE, Cmd: ['true'] }));
    // A name of ordinary letters is a name.
    if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) && status === 201) assert.equal((await daemon.api('DELETE', `/containers/${name}`)).status, 204);
    else assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
  }
  for (const volume of ['../x', '..', '/', 'a/b', 'a\u0000b', '.hidden', '-x', '../../containers']) {
    const { status } = await daemon.api('POST', '/containers/create', JSON.stringify({ Image: BASE, HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/m' }] } }));
    assert.ok(status >= 400 && status < 500, `${volume}: ${status}`);
  }
  await answers();
});

test('JSON of any shape is refused or understood, never a fault', async () => {
  const bodies = ['{"a":'.repeat(100_000), '['.repeat(1_000_000), `${'{"HostConfig":'.repeat(3000)}1${'}'.repeat(3000)}`, `{"Image":"${BASE}","HostConfig":{"Memory":1e400}}`, `{"Image":"${BASE}","HostConfig":{"Memory":99999999999999999999999}}`, `{"Image":"${BASE}","HostConfig":{"Memory":-1,"NanoCpus":-5}}`, `{"Image":"${BASE}","HostConfig":{"CpuShares":1.5}}`, `{"__proto__":{"Image":"${BASE}"}}`, `{"Image":"${BASE}","Labels":{"__proto__":"x","constructor":"y"}}`, '"x"', 'null', '[]', '1', '', '{', `{"Image":"${BASE}"} trailing`, `{"Image":["${BASE}"]}`, `{"Image":"${BASE}","Env":["${'x'.repeat(3_000_000)}"]}`, `{"Image":"${BASE}","Cmd":["\\ud800"]}`, `{"Image":"${BASE}","HostConfig":{"PidsLimit":1e30}}`, `{"Image":"${BASE}","HostConfig":{"Ulimits":[{"Name":"x"}]}}`, `{"Image":"${BASE}","HostConfig":{"Binds":["/:/x","::",":",""]}}`, `{"Image":"${BASE}","HostConfig":{"CgroupParent":"../../../.."}}`, `{"Image":"${BASE}","HostConfig":{"LogConfig":{"Type":"../x"}}}`];
  for (const body of bodies) {
    const { status, text } = await daemon.api('POST', '/containers/create', body);
    assert.ok(status === 201 || (status >= 400 && status < 500), `${body.slice(0, 120)}: ${status} ${text.slice(0, 300)}`);
    if (status === 201) await daemon.api('DELETE', `/containers/${(JSON.parse(text) as { Id: string }).Id}?force=1`);
  }
  assert.equal(({} as Record<string, unknown>)['Image'], undefined);
  for (const filters of ['{', '[]', '{"id":{"a":"b"}}', '{"label":["__proto__"]}', '{"__proto__":["x"]}', 'null', '{"since":["../.."]}']) {
    for (const path of ['/containers/json', '/images/json', '/events']) {
      const client = new RawClient(daemon.berth.engine.socket).send(`GET ${path}?until=1&since=1&filters=${encodeURIComponent(filters)} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n`);
      const [, status] = await client.until(/^HTTP\/1\.1 (\d+)/);
      assert.ok(Number(status) < 500, `${path} ${filters}: ${client.received.slice(0, 300)}`);
      client.socket.destroy();
    }
  }
  await answers();
});

test('a parent cgroup cannot lead out of the hierarchy', async () => {
  for (const parent of ['../../../../tmp', '/../..', `/${daemon.berth.cgroupParent}/../../../..${daemon.canary}`]) {
    const outcome = await daemon.docker(['run', '--rm', '--cgroup-parent', parent, BASE, 'true']);
    assert.ok([0, 125].includes(outcome.code), outcome.stderr);
    assert.deepEqual(readdirSync(daemon.canary), ['file']);
  }
});

test('requests that are no HTTP, too large, or never finished', async () => {
  const { socket } = daemon.berth.engine;
  const bad = ['GET / HTTP/1.1\r\n\r\n', 'GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 'GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: -1\r\n\r\n', 'GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', `GET /${'a'.repeat(2_000_000)} HTTP/1.1\r\nHost: d\r\n\r\n`, `GET /_ping HTTP/1.1\r\nHost: d\r\nX: ${'a'.repeat(2_000_000)}\r\n\r\n`, `GET /_ping HTTP/1.1\r\nHost: d\r\n${'X: y\r\n'.repeat(200_000)}\r\n`, 'GET /_ping HTTP/9.9\r\n\r\n', '\0\0\0\0\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00', 'POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n'];
  for (const text of bad) {
    const client = new RawClient(socket).send(text);
    client.socket.end();
    assert.doesNotMatch(await client.rest(), /^HTTP\/1\.1 (2|500)/, text.slice(0, 80));
  }
  // Connections that say nothing, or stop in the middle, hold nobody up.
  const silent = Array.from({ length: 200 }, (_, n) => new RawClient(socket).send(['', 'GET /_p', 'POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'][n % 3] ?? ''));
  await answers();
  for (const client of silent) client.socket.destroy();
});

test('hijacked streams that are left half-open or never read are let go with their container', async () => {
  const { socket } = daemon.berth.engine;
  const id = await daemon.must(['run', '-d', '-i', BASE, 'sh', '-c', 'yes | head -c 4000000; cat']);
  const clients = Array.from({ length: 10 }, () => new RawClient(socket).send(jsonRequest('POST', `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1&logs=1`, '', upgrade)));
  for (const client of clients) {
    await client.until(/^HTTP\/1\.1 101/);
    client.socket.pause();
  }
  const { text } = await daemon.api('POST', `/containers/${id}/exec`, JSON.stringify({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true }));
  const exec = new RawClient(socket).send(jsonRequest('POST', `/exec/${(JSON.parse(text) as { Id: string }).Id}/start`, '{}', upgrade));
  await exec.until(/^HTTP\/1\.1 101/);
  exec.socket.pause();
  clients[0]?.socket.destroy();
  await daemon.must(['rm', '-f', id]);
  await answers();
  for (const client of [...clients, exec]) client.socket.destroy();
});

test('over TCP, web pages are kept away; nothing is served to a foreign Host', async () => {
  const { enter } = daemon.berth.engine.namespace;
  const status = (headers: readonly string[], path = '/version'): Promise<string> =>
    must(enter[0], [enter[1], 'curl', '-s', '--noproxy', '*', '--max-time', '10', '-o', '/dev/null', '-w', '%{http_code}', ...headers.flatMap((header) => ['-H', header]), `http://127.0.0.1:2375${path}`]);
  assert.equal(await status([]), '200');
  assert.equal(await status(['Host: localhost:2375']), '200');
  for (const headers of [['Host: evil.example'], ['Origin: http://evil.example'], ['Host: 127.0.0.1.evil.example:2375'], ['Host: localhost', 'Origin: null'], ['Origin: https://127.0.0.1.evil.example'], ['Host: evil.example', 'Origin: http://evil.example']]) {
    assert.equal(await status(headers), '403', headers.join(', '));
    assert.equal(await status([...headers, 'Connection: Upgrade', 'Upgrade: websocket'], '/containers/x/attach/ws'), '403', headers.join(', '));
  }
});

test('a terminal’s and a log’s bytes come through as they are, and only to those who ask', async () => {
  const garbage = String.raw`\033]0;owned\007\033[2J\033[3J\033P+q544e\033\\\x00\xff\xfe\n{"log":"forged\\n","stream":"stdout"}\n\r\b\v\f\x9b31m`;
  for (const flags of [[], ['-t']]) {
    const id = await daemon.must(['run', '-d', ...flags, BASE, 'printf', garbage]);
    await daemon.must(['wait', id]);
    const log = readFileSync(join(daemon.berth.dataRoot, 'containers', id, `${id}-json.log`), 'utf8');
    for (const line of log.split('\n').filter((text) => text !== '')) {
      const entry = JSON.parse(line) as { log: string; stream: string; time: string };
      assert.deepEqual(Object.keys(entry), ['log', 'stream', 'time']);
      assert.doesNotMatch(line, /[\x00-\x1f\x7f]/);
    }
    assert.match((await daemon.docker(['logs', id])).stdout, /forged/);
    assert.doesNotMatch(daemon.berth.engine.log(), /owned/);
    await daemon.must(['rm', id]);
  }
});

test('one line of 100 MB is no more than its pieces, for the log and for memory', async () => {
  const id = await daemon.must(['run', '-d', '--log-opt', 'max-size=1m', '--log-opt', 'max-file=2', BASE, 'sh', '-c', 'head -c 100000000 /dev/zero | tr "\\0" x']);
  const shim = shimOf(id);
  await daemon.must(['wait', id]);
  const directory = join(daemon.berth.dataRoot, 'containers', id);
  const logs = readdirSync(directory).filter((name) => name.includes('-json.log'));
  assert.ok(logs.length <= 2 && logs.every((name) => statSync(join(directory, name)).size <= 1_100_000), logs.join(' '));
  assert.ok(shim > 0);
  await daemon.must(['rm', id]);
  await answers();
});

function shimOf(id: string): number {
  const tasks = join(daemon.berth.execRoot, 'tasks', id, 'shim.json');
  return (JSON.parse(readFileSync(tasks, 'utf8')) as { pid: number }).pid;
}

test('a flood of lines stays within max-size × max-file while it goes on', async () => {
  const id = await daemon.must(['run', '-d', '--log-opt', 'max-size=200k', '--log-opt', 'max-file=3', BASE, 'yes', 'flood']);
  const directory = join(daemon.berth.dataRoot, 'containers', id);
  for (let look = 0; look < 20; look++) {
    const sizes = readdirSync(directory).filter((name) => name.includes('-json.log')).map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0);
    assert.ok(sizes.length <= 4 && sizes.reduce((sum, size) => sum + size, 0) < 3 * 200_000 + 100_000, sizes.join(' '));
    await delay(20);
  }
  await answers();
  await daemon.must(['rm', '-f', id]);
});

test('a fork bomb under --pids-limit is contained, seen, and ended', async () => {
  const id = await daemon.must(['run', '-d', '--pids-limit', '40', '--cpus', '0.5', BASE, 'sh', '-c', 'b() { b | b & }; while :; do b 2>/dev/null; done']);
  await waitFor('the bomb', async () => {
    const { State } = (JSON.parse(await daemon.must(['inspect', id])) as { State: { Running: boolean } }[])[0] ?? assert.fail();
    const pids = (await must('sh', ['-c', `cat /sys/fs/cgroup/pids/${daemon.berth.cgroupParent}/${id}/pids.current /sys/fs/cgroup/${daemon.berth.cgroupParent}/${id}/pids.current 2>/dev/null; true`])).trim();
    assert.ok(Number(pids) <= 40, pids);
    return !State.Running || Number(pids) >= 35;
  });
  await answers();
  await daemon.must(['rm', '-f', id]);
});

test('execs without end, and a container that ends under them', async () => {
  const id = await daemon.must(['run', '-d', '--pids-limit', '60', BASE, 'sleep', '1000']);
  const execs = Array.from({ length: 30 }, () => daemon.docker(['exec', id, 'sleep', '1000']));
  await waitFor('some of them', async () => (await daemon.must(['top', id])).split('\n').length > 5);
  await daemon.must(['kill', id]);
  for (const outcome of await Promise.all(execs)) assert.notEqual(outcome.code, 0);
  await daemon.must(['rm', id]);
});

test('a full stdin and a program that never reads it do not fill memory', async () => {
  const id = await daemon.must(['run', '-d', '-i', BASE, 'sleep', '1000']);
  const before = memory();
  const client = new RawClient(daemon.berth.engine.socket).send(jsonRequest('POST', `/containers/${id}/attach?stream=1&stdin=1`, '', upgrade));
  await client.until(/^HTTP\/1\.1 101/);
  const block = 'x'.repeat(1 << 20);
  for (let n = 0; n < 100 && client.socket.writableLength < 20 << 20; n++) {
    client.send(block);
    await delay(5);
  }
  assert.ok(memory() - before < 64 << 10, `${memory() - before} KiB more`);
  client.socket.destroy();
  await daemon.must(['rm', '-f', id]);
});

function memory(): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.berth.engine.pid}/status`, 'utf8'))?.[1]);
}
