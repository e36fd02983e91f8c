import assert from 'node:assert/strict';
import { readFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as protocol from '#tasks/protocol.ts';
import { runToEnd, Supervisor } from './harness.ts';
import { containerPlan, makePlace, type Place } from './plans.ts';

let place: Place;
before(() => void (place = makePlace()));
after(() => place.remove());

interface Line {
  readonly log: string;
  readonly stream: string;
  readonly attrs?: unknown;
  readonly time: string;
}

function lines(path: string): Line[] {
  return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

/** A file that the container prints, so that no shell stands between. */
async function logged(bytes: Buffer, log: { path: string; maxSize?: number; maxFiles?: number; attrs?: string }): Promise<string> {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(place.root, 'work/input'), bytes);
  await runToEnd(place, { argv: ['cat', '/work/input'], log });
  return readFileSync(log.path, 'latin1');
}

test('lines are escaped as dockerd does', async () => {
  const bytes = Buffer.concat([
    Buffer.from('plain "quoted" back\\slash <b>&amp; tab\t nul\0 bell\x07 del\x7f cr\r é € 😀 \u2028\u2029\n'),
    Buffer.from([0xff, 0xc3, 0x28, 0xe2, 0x82, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xc0, 0xaf, 0x0a]),
  ]);
  const text = Buffer.from(await logged(bytes, { path: join(place.dir, 'escape.log'), attrs: '{"tag":"x"}' }), 'latin1').toString('utf8');
  const [first = '', second = ''] = text.split('\n');
  assert.ok(first.startsWith('{"log":"plain \\"quoted\\" back\\\\slash \\u003cb\\u003e\\u0026amp; tab\\u0009 nul\\u0000 bell\\u0007 del\x7f cr\\r é € 😀 \\u2028\\u2029\\n","stream":"stdout","attrs":{"tag":"x"},"time":"'), first);
  assert.match(first, /"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z"\}$/);
  assert.match(second, /^\{"log":"\\ufffd\\ufffd\((\\ufffd)+\\n","stream"/);
  assert.equal((JSON.parse(second) as Line).log.replaceAll('\ufffd', '').length, 2);
});

test('a byte that needs an escape is found wherever it stands', async () => {
  const path = join(place.dir, 'everywhere.log');
  const specials = ['"', '\\', '<', '>', '&', '\t', '\r', '\0', '\x1f', '\x7f', 'é', '\u2028', '😀'];
  const texts = specials.flatMap((special) => Array.from({ length: 36 }, (_, at) => `${'x'.repeat(at)}${special}${'y'.repeat(35 - at)}\n`));
  const file = Buffer.from(await logged(Buffer.from(texts.join('')), { path }), 'latin1').toString('utf8');
  assert.deepEqual(lines(path).map((line) => line.log), texts);
  assert.doesNotMatch(file, /[<>&\0\t\r\u2028]|[^\\]\\[^u"\\nr]/);
});

test('long lines become chunks of 16 KiB with one time, and a rest without a newline stays one', async () => {
  const path = join(place.dir, 'long.log');
  await logged(Buffer.from(`${'a'.repeat(16384)}\n${'b'.repeat(40000)}\n\nrest`), { path });
  const all = lines(path);
  assert.deepEqual(all.map((line) => line.log.length), [16384, 1, 16384, 16384, 7233, 1, 4]);
  assert.equal(all.map((line) => line.log).join(''), `${'a'.repeat(16384)}\n${'b'.repeat(40000)}\n\nrest`);
  assert.equal(all[2]?.time, all[4]?.time);
});

test('files rotate when they are full and the oldest goes', async () => {
  const path = join(place.dir, 'rotate.log');
  const input = Array.from({ length: 400 }, (_, n) => `line ${n}\n`).join('');
  await logged(Buffer.from(input), { path, maxSize: 4096, maxFiles: 3 });
  assert.equal(existsSync(`${path}.3`), false);
  const kept = [`${path}.2`, `${path}.1`, path].flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    assert.ok(text.length < 4096 + 200, `${file} has ${text.length} bytes`);
    assert.ok(file === path || text.length >= 4096);
    return lines(file);
  });
  assert.equal(kept.at(-1)?.log, 'line 399\n');
  const first = Number(kept[0]?.log.slice(5));
  assert.deepEqual(kept.map((line) => line.log), Array.from({ length: 400 - first }, (_, n) => `line ${first + n}\n`));
});

test('one file only: it starts again', async () => {
  const path = join(place.dir, 'single.log');
  await logged(Buffer.from('x'.repeat(50).concat('\n').repeat(200)), { path, maxSize: 2000, maxFiles: 1 });
  assert.ok(readFileSync(path).length < 2200);
  assert.equal(existsSync(`${path}.1`), false);
});

test('output that cannot be written is counted and the container goes on', async () => {
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', 'seq 1000; echo done >&2'], log: { path: '/dev/full' } }));
    const stream = await shim.attach(6);
    await shim.start();
    await stream.closed;
    await shim.ended;
    assert.equal(stream.split().stderr, 'done\n');
    assert.equal(shim.record().droppedBytes, 3893 + 5);
  } finally {
    await shim.stop();
  }
});

test('several attached clients and the log get the same', async () => {
  const shim = new Supervisor(place);
  const path = join(place.dir, 'same.log');
  try {
    await shim.create(containerPlan(place, { argv: ['seq', '20000'], log: { path } }));
    const streams = [await shim.attach(6), await shim.attach(2), await shim.attach(4)];
    await shim.start();
    await Promise.all(streams.map((stream) => stream.closed));
    const expected = Array.from({ length: 20000 }, (_, n) => `${n + 1}\n`).join('');
    assert.equal(streams[0]?.split().stdout, expected);
    assert.equal(streams[1]?.split().stdout, expected);
    assert.equal(streams[2]?.split().stdout, '');
    assert.equal(lines(path).map((line) => line.log).join(''), expected);
  } finally {
    await shim.stop();
  }
});

test('a client that reads slowly loses nothing', async () => {
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', 'yes 0123456789abcde | head -c 40000000'] }));
    const stream = await shim.attach(6);
    await shim.start();
    const nap = setInterval(() => {
      stream.socket.pause();
      setTimeout(() => stream.socket.resume(), 4);
    }, 8);
    await stream.closed;
    clearInterval(nap);
    assert.equal(stream.split().stdout.length, 40000000);
  } finally {
    await shim.stop();
  }
});

test('a client that stops reading does not stop the container', async () => {
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', 'yes 0123456789abcde | head -c 20000000; echo end >&2'] }));
    const stuck = await shim.attach(2);
    stuck.socket.pause();
    const other = await shim.attach(4);
    await shim.events();
    await shim.start();
    await shim.first.event('exit');
    assert.equal(other.split().stderr, 'end\n');
    stuck.socket.resume(); // what it missed has been kept
    await stuck.closed;
    assert.equal(stuck.split().stdout.length, 20000000);
    assert.equal(await shim.ended, 0);
  } finally {
    await shim.stop();
  }
});

test('a client that goes, or falls too far behind, is left behind, and the container goes on', async () => {
  const shim = new Supervisor(place);
  const bytes = 90_000_000; // the shim keeps 64 MiB for a client
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', `yes 0123456789abcde | head -c ${bytes}; echo end >&2; until [ -e /work/measured ]; do sleep 0.02; done`] }));
    const gone = await shim.attach(2);
    const stuck = await shim.attach(2);
    const other = await shim.attach(4);
    stuck.socket.pause();
    gone.socket.once('data', () => gone.socket.destroy());
    await shim.events();
    await shim.start();
    await other.until((text) => text.includes('end\n'));
    const { rss } = shim.memory();
    assert.ok(rss < 4 << 20, `${rss} bytes`);
    writeFileSync(join(place.root, 'work/measured'), '');
    await shim.first.event('exit');
    stuck.socket.resume();
    await stuck.closed;
    assert.ok(stuck.raw().length < bytes);
    assert.equal(await shim.ended, 0);
  } finally {
    await shim.stop();
  }
});

test('stdin is closed by the first client that ends, or by request', async () => {
  for (const once of [true, false]) {
    const shim = new Supervisor(place);
    try {
      await shim.create(containerPlan(place, { argv: ['cat'], stdin: true, stdinOnce: once }));
      const stream = await shim.attach(7);
      await shim.start();
      stream.socket.end('one\n');
      if (!once) {
        const second = await shim.attach(1);
        await stream.until((text) => text.includes('one'));
        second.socket.end('two\n');
        await stream.until((text) => text.includes('two'));
        await shim.first.request((tag) => protocol.closeStdinRequest(tag, ''));
      }
      await stream.closed;
      assert.equal(stream.split().stdout, once ? 'one\n' : 'one\ntwo\n');
    } finally {
      await shim.stop();
    }
  }
});

test('a client that writes and goes is heard to the end', async () => {
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, { argv: ['wc', '-c'], stdin: true, stdinOnce: true }));
    const out = await shim.attach(2);
    const writer = await shim.attach(1);
    // More than the pipe and the shim hold: some of it still lies in the socket when the client is gone.
    await new Promise<void>((resolve) => writer.socket.end(Buffer.alloc(350_000, 'y'), () => resolve()));
    writer.socket.destroy();
    await shim.start();
    await out.closed;
    assert.equal(out.split().stdout, '350000\n');
  } finally {
    await shim.stop();
  }
});

test('output waits for a client whose input nobody takes', async () => {
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', 'read line; echo "got $line"'], stdin: true }));
    const stream = await shim.attach(7);
    await shim.events();
    stream.socket.pause();
    await shim.start();
    stream.socket.write(`first\n${'x'.repeat(4_000_000)}`); // much more than the socket and the pipe hold
    await shim.first.event('exit');
    stream.socket.resume();
    await stream.closed;
    assert.equal(stream.split().stdout, 'got first\n');
    assert.equal(await shim.ended, 0);
  } finally {
    await shim.stop();
  }
});

test('a terminal: raw bytes, size, controlling, logged', async () => {
  const shim = new Supervisor(place);
  const path = join(place.dir, 'tty.log');
  try {
    await shim.create(containerPlan(place, { argv: ['sh', '-c', 'stty size; tty; ls -l /dev/console; read x; stty size; echo "got $x"'], terminal: true, stdin: true, log: { path } }));
    const stream = await shim.attach(7);
    await shim.start();
    await stream.until((text) => text.includes('136'));
    await shim.first.request((tag) => protocol.resizeRequest(tag, '', 50, 132));
    stream.socket.write('typed\n');
    await stream.closed;
    await shim.ended;
    const text = stream.raw().toString();
    assert.match(text, /^24 80\r\n\/dev\/(console|pts\/0)\r\ncrw.* 136, +0 .*\/dev\/console\r\ntyped\r\n50 132\r\ngot typed\r\n$/);
    assert.equal(lines(path).map((line) => line.log).join(''), text);
  } finally {
    await shim.stop();
  }
});
