import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodePlan } from '#runtime/codec.ts';
import * as protocol from '#tasks/protocol.ts';
import { containerPlan, execPlan } from './plans.ts';

const NATIVE = join(import.meta.dirname, '../../native/shim');
let dir: string;
let binary: string;

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'berth-fuzz-'));
  binary = join(dir, 'fuzz');
  const sources = ['plan.c', 'protocol.c', 'util.c', 'log.c'].map((name) => join(NATIVE, name));
  const flags = ['-std=gnu17', '-D_GNU_SOURCE', '-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];
  const built = spawnSync(process.env['CC'] ?? 'cc', [...flags, '-o', binary, join(import.meta.dirname, 'fuzz/fuzz.c'), ...sources], { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** A generator with a seed that a failure prints. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

function item(target: string, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.write(target, 0, 'latin1');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function run(items: readonly Buffer[], seed: number): number {
  const { status, stdout, stderr } = spawnSync(binary, [join(dir, 'log')], { input: Buffer.concat(items), encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(status, 0, `seed ${seed}: ${stderr.slice(0, 4000)}`);
  return Number(stdout);
}

function mutate(bytes: Uint8Array, next: (below: number) => number): Buffer {
  const out = Buffer.from(bytes);
  for (let n = next(6); n >= 0; n--) {
    const at = next(out.length);
    const how = next(4);
    if (how === 0) out[at] = next(256);
    else if (how === 1) out[at] = (out[at] ?? 0) ^ (1 << next(8));
    else if (how === 2 && at + 4 <= out.length) out.writeUInt32LE([0, 1, 0x7fffffff, 0xffffffff, 0x80000000, out.length][next(6)] ?? 0, at);
    else if (how === 3 && at + 8 <= out.length) out.writeBigInt64LE([-1n, 1n << 62n, -(1n << 63n), BigInt(out.length)][next(4)] ?? 0n, at);
  }
  return next(4) === 0 ? out.subarray(0, next(out.length + 1)) : next(8) === 0 ? Buffer.concat([out, Buffer.alloc(next(9))]) : out;
}

const place = { dir: '/p', root: '/p/root', run: '/p/run', remove: (): void => {} };
const plans = [
  encodePlan(containerPlan(place, { argv: ['sh', '-c', 'x'], terminal: true, log: {}, cgroups: ['/sys/fs/cgroup/a'], uid: 5 })),
  encodePlan(execPlan({ pid: 2, startTime: 3 }, { argv: ['x'], cgroups: ['/c'] })),
];

test('whole plans are accepted, altered ones never read beyond their bytes', () => {
  const seed = Date.now();
  const next = random(seed);
  assert.equal(run(plans.map((plan) => item('p', plan)), seed), plans.length);
  const items = Array.from({ length: 20_000 }, (_, n) => item('p', mutate(plans[n % plans.length] ?? new Uint8Array(1), next)));
  const accepted = run(items, seed);
  assert.ok(accepted < items.length);
});

test('random bytes are no plan', () => {
  const seed = Date.now();
  const next = random(seed);
  const items = Array.from({ length: 5000 }, () => {
    const bytes = Buffer.from(Array.from({ length: next(300) }, () => next(256)));
    return item('p', next(2) === 0 ? bytes : Buffer.concat([Buffer.from('BPLN\x01\0\0\0', 'latin1'), bytes]));
  });
  assert.equal(run(items, seed), 0);
});

test('frames, escapes and log lines stay within their buffers', () => {
  const seed = Date.now();
  const next = random(seed);
  const frame = protocol.execRequest(1, 'some-id', plans[1] ?? new Uint8Array(1), 7);
  const items = Array.from({ length: 4000 }, () => item('f', mutate(frame, next)));
  for (let n = 0; n < 2000; n++) items.push(item('j', Buffer.from(Array.from({ length: next(200) }, () => [next(256), 0xe2, 0x80, 0xa8, 0xff, 0x0a][next(6)] ?? 0))));
  for (let n = 0; n < 6; n++) items.push(item('l', Buffer.from(Array.from({ length: 150_000 }, () => (next(n % 2 === 0 ? 60 : 60_000) === 0 ? 10 : next(n === 5 ? 2 : 256))))));
  run(items, seed);
});
