/** Files of containers that are traps for whoever copies them, and archives that are (CVE-2018-15664, CVE-2019-14271). */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { tarOf } from '../fixtures/layers.ts';
import type { Item } from '../fixtures/layers.ts';
import { run } from '../support/command.ts';
import { BASE, guarded } from './support.ts';

const daemon = guarded();
const raceMs = 4_000;

async function withContainer(script: string, body: (id: string) => Promise<void>, flags: readonly string[] = []): Promise<void> {
  const id = await daemon.must(['run', '-d', ...flags, BASE, 'sh', '-c', `${script}\nsleep 1000`]);
  try {
    await body(id);
  } finally {
    await daemon.must(['rm', '-fv', id]);
  }
}

/** Waits until the container's script has made /ready; it fails with the script. */
async function ready(id: string): Promise<void> {
  await daemon.must(['exec', id, 'sh', '-c', 'for n in $(seq 200); do [ -e /ready ] && exit 0; sleep 0.05; done; exit 1']);
}

/** The answer's bytes; at most `limit` of them, then the client leaves. */
function get(path: string, limit = Infinity): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: daemon.berth.engine.socket, path, agent: false, timeout: 30_000 }, (response) => {
      const pieces: Buffer[] = [];
      let length = 0;
      const done = (): void => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) });
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if ((length += piece.length) < limit) return;
        sent.destroy();
        done();
      });
      response.on('end', done);
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`${path} was not answered in time`)));
    sent.on('error', reject);
    sent.end();
  });
}

const archive = (id: string, path: string): string => `/containers/${id}/archive?path=${encodeURIComponent(path)}`;

async function list(tar: Buffer): Promise<string[]> {
  const outcome = await run('tar', ['-tf', '-'], { input: tar });
  assert.equal(outcome.code, 0, outcome.stderr);
  return outcome.stdout.split('\n').filter((line) => line !== '');
}

test('a directory and a symlink to / that take turns lead nowhere, in both directions', async () => {
  const target = `/d/x${daemon.canary}`;
  const swap = `mkdir /d; while :; do mkdir -p ${target}; echo inside > ${target}/file; rm -rf /d/x; ln -s / /d/x; rm /d/x; done`;
  await withContainer(`(${swap}) > /dev/null 2>&1 &`, async (id) => {
    const end = performance.now() + raceMs;
    const seen = { inside: 0, missing: 0 };
    const read = async (): Promise<void> => {
      while (performance.now() < end) {
        // What goes away while it is read ends the answer in the middle.
        const { status, body } = await get(archive(id, `${target}/file`)).catch(() => ({ status: 0, body: Buffer.alloc(0) }));
        assert.ok(!body.includes('alive'), 'the canary was read');
        if (status === 200) seen.inside++;
        else seen.missing++;
      }
    };
    const write = async (): Promise<void> => {
      const evil = tarOf([{ path: 'file', data: 'dead' }, { path: 'new', data: 'dead' }, { path: 'sub/new', data: 'dead' }]);
      while (performance.now() < end) {
        for (const path of [target, '/d']) {
          const { status } = await daemon.api('PUT', archive(id, path), path === '/d' ? tarOf([{ path: `x${daemon.canary}/file`, data: 'dead' }]) : evil);
          assert.ok([200, 404, 500].includes(status), String(status));
        }
      }
    };
    await Promise.all([read(), write()]);
    assert.ok(seen.missing > 0 && seen.inside > 0, `the race was never on: ${JSON.stringify(seen)}`);
  });
});

test('magic links and links out of the root show what the container would see', async () => {
  const links = ['/proc/self/root', '/proc/1/root', '/proc/self/cwd', '/proc/self/fd/0', '/', '../../../../../..', '/proc/thread-self/root'];
  const script = `mkdir /d; ${links.map((to, n) => `ln -s ${to} /d/l${n}`).join('; ')}; ln -s ${join(daemon.canary, 'file')} /d/canary; ln -s ${daemon.canary} /d/dir; touch /ready`;
  for (const stopped of [false, true]) {
    await withContainer(script, async (id) => {
      await daemon.sh('true');
      if (stopped) await daemon.must(['kill', id]);
      for (const path of ['/d/canary', '/d/dir/file', '/d/dir/', ...links.map((_, n) => `/d/l${n}${daemon.canary}/file`), `/proc/self/root${daemon.canary}/file`, `/proc/1/root${daemon.canary}/file`, `../../../../../../../..${daemon.canary}/file`]) {
        const { status, body } = await get(archive(id, path));
        assert.ok(!body.includes('alive'), path);
        assert.ok(status < 600, path);
        await daemon.api('HEAD', archive(id, path));
        const put = await daemon.api('PUT', archive(id, path), tarOf([{ path: 'file', data: 'dead' }, { path: 'new', data: 'dead' }]));
        assert.ok(put.status >= 400 || /\/d\/l/.test(path), `${path}: ${put.status} ${put.text}`);
      }
    });
  }
});

function tricks(): Record<string, Item[]> {
  const outside = daemon.canary;
  const up = '../'.repeat(12);
  return {
    'a name leading up': [{ path: `${up}${outside.slice(1)}/file`, data: 'dead' }],
    'an absolute name': [{ path: `${outside}/new`, data: 'dead' }],
    'through a symlink': [{ path: 'x', type: 'symlink', linkPath: outside }, { path: 'x/file', data: 'dead' }],
    'through a relative symlink': [{ path: 'x', type: 'symlink', linkPath: `${up}${outside.slice(1)}` }, { path: 'x/file', data: 'dead' }],
    'through magic links': [{ path: 'x', type: 'symlink', linkPath: '/proc/self/cwd' }, { path: 'y', type: 'symlink', linkPath: '/proc/1/root' }, { path: 'x/new', data: 'dead' }, { path: `y${outside}/file`, data: 'dead' }],
    'a hard link out': [{ path: 'x', type: 'link', linkPath: `${outside}/file` }, { path: 'x', data: 'dead' }],
    'a hard link up': [{ path: 'x', type: 'link', linkPath: `${up}${outside.slice(1)}/file` }, { path: 'x', data: 'dead' }],
    'a hard link through a symlink': [{ path: 'l', type: 'symlink', linkPath: outside }, { path: 'x', type: 'link', linkPath: 'l/file' }, { path: 'x', mode: 0o4777, data: 'dead' }],
    'a directory that becomes a symlink': [{ path: 'd/' }, { path: 'd/f', data: '1' }, { path: 'd', type: 'symlink', linkPath: outside }, { path: 'd/file', data: 'dead' }],
    'times and modes through a symlink': [{ path: 'x/' }, { path: 'x', type: 'symlink', linkPath: outside }, { path: 'x/', mode: 0o777, uid: 1000 }],
    'overlay’s own attributes': [{ path: 'x/', xattrs: new Map([['trusted.overlay.opaque', Buffer.from('y')], ['trusted.overlay.redirect', Buffer.from('/../../../..')]]) }],
    'the name of the root': [{ path: './', mode: 0 }, { path: '/', mode: 0o777 }, { path: '.', type: 'symlink', linkPath: outside }],
    'devices': [{ path: 'mem', type: 'char', devMajor: 1, devMinor: 1, mode: 0o666 }, { path: 'disk', type: 'block', devMajor: 254, devMinor: 0, mode: 0o666 }],
    'a loop': [{ path: 'l', type: 'symlink', linkPath: 'm' }, { path: 'm', type: 'symlink', linkPath: 'l' }, { path: 'l/file', data: 'dead' }],
  };
}

test('an archive cannot reach out of where it is unpacked', async () => {
  for (const flags of [[], ['-v', '/work']]) {
    await withContainer('mkdir -p /work', async (id) => {
      for (const stopped of [false, true]) {
        if (stopped) await daemon.must(['kill', id]);
        for (const [what, items] of Object.entries(tricks())) {
          const { status, text } = await daemon.api('PUT', archive(id, '/work'), tarOf(items));
          assert.ok(status === 200 || (status >= 400 && status <= 500), `${what}: ${status} ${text}`);
          const { body } = await get(archive(id, '/work'));
          assert.ok(!body.includes('alive'), what);
        }
      }
    }, flags);
  }
});

test('fifos, sockets and devices are told of, not opened', async () => {
  await withContainer('mkdir /d; mkfifo /d/fifo; mknod /d/null c 1 3; nc -l -U /d/socket & sleep 0.1; mknod /d/tty c 5 0; touch /ready', async (id) => {
    await daemon.must(['exec', id, 'sh', '-c', 'while ! [ -e /ready ]; do sleep 0.05; done']);
    assert.deepEqual(await list((await get(archive(id, '/d'))).body), ['d/', 'd/fifo', 'd/null', 'd/tty']);
    for (const name of ['fifo', 'null', 'tty']) assert.deepEqual(await list((await get(archive(id, `/d/${name}`))).body), [name]);
    assert.ok((await get(`/containers/${id}/export`)).body.includes('fifo'));
  });
});

test('a file that grows and shrinks gives a whole archive', async () => {
  await withContainer('mkdir /d; touch /d/z /ready; (while :; do head -c 3000000 /dev/zero > /d/f; : > /d/f; rm /d/f; mkdir /d/f; rmdir /d/f; mkfifo /d/f; rm /d/f; done) &', async (id) => {
    await ready(id);
    for (const end = performance.now() + raceMs / 2; performance.now() < end; ) {
      const names = await list((await get(archive(id, '/d'))).body);
      assert.deepEqual(names.filter((name) => name !== 'd/f' && name !== 'd/f/'), ['d/', 'd/z']);
    }
  });
});

test('a client that leaves in the middle of an endless file takes its helper with it', async () => {
  await withContainer('truncate -s 1000G /huge && touch /ready', async (id) => {
    await ready(id);
    for (let n = 0; n < 5; n++) assert.ok((await get(archive(id, '/huge'), 10 << 20)).body.length >= 10 << 20);
    assert.equal((await get(archive(id, '/etc/passwd'))).status, 200);
  });
});

test('what is mounted in a container is not taken away by an archive', async () => {
  await withContainer('true', async (id) => {
    const { status, text } = await daemon.api('PUT', archive(id, '/etc'), tarOf([{ path: 'hosts', data: 'mine' }]));
    assert.deepEqual([status, JSON.parse(text)], [500, { message: 'RemoveAll hosts: device or resource busy' }]);
    assert.match(await daemon.must(['exec', id, 'cat', '/etc/hosts']), /localhost/);
    assert.match(await daemon.must(['exec', id, 'grep', '/etc/hosts', '/proc/mounts']), /hosts/);
    const over = await daemon.api('PUT', archive(id, '/'), tarOf([{ path: 'etc', data: 'mine' }]));
    assert.equal(over.status, 500);
    assert.match(await daemon.must(['exec', id, 'grep', '/etc/hosts', '/proc/mounts']), /hosts/);
  });
});
