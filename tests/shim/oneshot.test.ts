import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { encodePlan } from '#runtime/codec.ts';
import type { Op } from '#runtime/plan.ts';
import * as protocol from '#tasks/protocol.ts';
import { Client, SHIM } from './harness.ts';
import { containerPlan, makePlace, type Place } from './plans.ts';

let place: Place;
let fifo: string;
before(() => {
  place = makePlace();
  fifo = join(place.dir, 'exec.fifo');
  assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
});
after(() => place.remove());

function launch(): { child: ChildProcess; client: Client; output: string[] } {
  const output: string[] = [];
  const child = spawn(SHIM, ['oneshot'], { cwd: place.dir, stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: {} });
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  return { child, client: new Client(child.stdio[3] as Socket), output };
}

function plan(argv: string[]): Op[] {
  return containerPlan(place, { argv, inherit: true, fifo });
}

test('the init waits at its fifo after the shim has gone, with the caller’s stdio', async () => {
  const { child, client, output } = launch();
  const closed = once(child, 'close');
  const created = (await client.request((tag) => protocol.createRequest(tag, encodePlan(plan(['sh', '-c', 'echo hello; ls /proc/self/fd']))))) as protocol.CreatedAnswer;
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0);
  assert.ok(existsSync(`/proc/${created.pid}`));
  assert.deepEqual(output, []);
  const fd = openSync(fifo, 'r');
  assert.equal(readFileSync(fd, 'utf8'), '0');
  closeSync(fd);
  await closed; // the init held stdout
  assert.equal(output.join(''), 'hello\n0\n1\n2\n3\n');
});

test('a failing plan is answered, the exit code says so', async () => {
  const { child, client } = launch();
  await assert.rejects(client.request((tag) => protocol.createRequest(tag, encodePlan(plan(['nowhere'])))), /errno 2 nowhere/);
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 1);
});

test('a fifo that is none is refused', async () => {
  rmSync(join(place.dir, 'plain'), { force: true });
  const { child, client } = launch();
  const ops = containerPlan(place, { argv: ['true'], inherit: true, fifo: join(place.root, 'etc/passwd') });
  const error = await client.request((tag) => protocol.createRequest(tag, encodePlan(ops))).then(() => undefined, (e: Error) => e);
  assert.match(String(error), /errno 22/);
  await once(child, 'exit');
});
