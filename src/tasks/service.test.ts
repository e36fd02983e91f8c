import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { isKind } from '#base/errors.ts';
import { bootId, identify } from '#kernel/procfs.ts';
import { encodePlan } from '#runtime/codec.ts';
import type { Plan } from '#runtime/plan.ts';
import type { ExitRecord } from '#spec/exit-record.ts';
import { FRAME, FrameParser, encodeFrame } from './protocol.ts';
import type { Frame } from './protocol.ts';
import { createTaskService } from './service.ts';
import type { Task, TaskService } from './types.ts';

const plan: Plan = { version: 1, warnings: [], ops: [{ kind: 'stdio', terminal: false, stdin: false, stdinOnce: false, inherit: false, rows: 0, cols: 0 }, { kind: 'exec', preserveFds: 0 }] };
const exit: ExitRecord = { version: 1, code: 3, signal: 0, pid: process.pid, startedAt: '1', finishedAt: '2', oomKills: 0, droppedBytes: 0, memoryPeak: 0 };

/** A shim in this process: answers frames by a table, on its run directory's socket and on fd 3's stand-in. */
class FakeShim {
  readonly directory: string;
  readonly sockets: Socket[] = [];
  readonly requests: number[] = [];
  readonly server: Server;
  events: Socket | undefined;
  answer: (frame: Frame) => { error?: object; ok?: object; event?: object } | 'silent' | 'stream' = (frame) => this.#usual(frame);
  status = 'created';

  constructor(directory: string) {
    this.directory = directory;
    this.server = createServer((socket) => this.serve(socket));
    this.server.listen(join(directory, 's'));
  }

  serve(socket: Socket): void {
    const parser = new FrameParser();
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      parser.push(chunk);
      for (let frame = parser.next(); frame !== undefined; frame = parser.next()) this.#reply(socket, frame);
    });
  }

  #reply(socket: Socket, frame: Frame): void {
    this.requests.push(frame.type);
    if (frame.type === FRAME.events) this.events = socket;
    const result = this.answer(frame);
    if (result === 'silent') return;
    if (result === 'stream') {
      // The answer and the first output in one packet: none of it may be lost.
      socket.write(Buffer.concat([encodeFrame(FRAME.ok, frame.tag), Buffer.from('first ')]));
      socket.end('last');
      return;
    }
    if (result.event !== undefined) this.emit(result.event);
    if (result.error !== undefined) socket.write(encodeFrame(FRAME.error, frame.tag, Buffer.from(JSON.stringify(result.error))));
    else socket.write(encodeFrame(FRAME.ok, frame.tag, result.ok === undefined ? undefined : Buffer.from(JSON.stringify(result.ok))));
  }

  #usual(frame: Frame): { ok?: object } {
    const own = identify(process.pid);
    if (frame.type === FRAME.create) return { ok: { pid: process.pid, startTime: own?.startTime ?? 0, warnings: [] } };
    if (frame.type === FRAME.start) return { ok: { startedAt: '1000' } };
    if (frame.type === FRAME.state) return { ok: { status: this.status, pid: process.pid, startTime: own?.startTime ?? 0, startedAt: this.status === 'running' ? '1000' : '', execs: [] } };
    return {};
  }

  emit(event: object): void {
    this.events?.write(encodeFrame(FRAME.event, 0, Buffer.from(JSON.stringify(event))));
  }

  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

function statusOf(task: Task): string {
  return task.state.status;
}

let root: string;
let shims: FakeShim[];
let service: TaskService;

function launch(directory: string): Socket {
  const shim = new FakeShim(directory);
  shims.push(shim);
  prepare(shim);
  const pair = createServer((socket) => shim.serve(socket));
  pair.listen(join(directory, 'pair'));
  const socket = connect({ path: join(directory, 'pair'), allowHalfOpen: true });
  socket.on('close', () => pair.close());
  return socket;
}

let prepare: (shim: FakeShim) => void = () => undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-tasks-'));
  shims = [];
  prepare = () => undefined;
  service = createTaskService({ root, launch });
});

afterEach(() => {
  for (const shim of shims) shim[Symbol.dispose]();
  rmSync(root, { recursive: true, force: true });
});

function create(id = 'a'): ReturnType<TaskService['create']> {
  return service.create({ id, plan, encoded: encodePlan(plan.ops), cgroups: {} });
}

test('a task is created, started, and ends with the record of its shim', async () => {
  const task = await create();
  assert.equal(statusOf(task), 'created');
  assert.equal((JSON.parse(readFileSync(`${root}/a/intent.json`, 'utf8')) as { bootId: string }).bootId, bootId());
  await task.start();
  assert.deepEqual('startedAt' in task.state && task.state.startedAt, 1000n);
  shims[0]?.emit({ type: 'exit', ...exit });
  assert.equal((await task.exited).code, 3);
  assert.equal(statusOf(task), 'exited');
  await service.delete('a');
  assert.equal(existsSync(`${root}/a`), false);
});

test('an exit that overtakes the answer to start is told after the start', async () => {
  prepare = (shim) => {
    const usual = shim.answer;
    shim.answer = (frame) => (frame.type === FRAME.start ? { event: { type: 'exit', ...exit }, ok: { startedAt: '1000' } } : usual(frame));
  };
  const task = await create();
  let ended = false;
  void task.exited.then(() => {
    ended = true;
  });
  await task.start();
  assert.equal(ended, false);
  assert.equal(statusOf(task), 'running');
  assert.equal((await task.exited).code, 3);
});

test('a failed step comes back in words and leaves nothing behind', async () => {
  prepare = (shim) => {
    const usual = shim.answer;
    shim.answer = (frame) => (frame.type === FRAME.create ? { error: { errno: 2, step: 1, detail: '/nosuch' } } : usual(frame));
  };
  await assert.rejects(create(), (error: unknown) => error instanceof Error && /no such file or directory/.test(error.message));
  assert.equal(existsSync(`${root}/a`), false);
  assert.equal(service.get('a'), undefined);
});

test('a shim that dies while it creates is an error, not a wait without end', async () => {
  prepare = (shim) => {
    const usual = shim.answer;
    shim.answer = (frame) => {
      if (frame.type !== FRAME.create) return usual(frame);
      for (const socket of shim.sockets) socket.end();
      return 'silent';
    };
  };
  await assert.rejects(create(), (error: unknown) => isKind(error, 'unavailable'));
  assert.equal(existsSync(`${root}/a`), false);
});

test('a shim that dies leaves the record that it wrote, or none: then the end is unknown', async () => {
  const withRecord = await create('a');
  await withRecord.start();
  writeFileSync(`${root}/a/exit.json`, JSON.stringify(exit));
  shims[0]?.[Symbol.dispose]();
  assert.equal((await withRecord.exited).code, 3);
  const without = await create('b');
  await without.start();
  shims[1]?.[Symbol.dispose]();
  assert.equal((await without.exited).code, 255);
  assert.equal(without.state.status, 'unknown');
});

test('an attach keeps every byte that came with the answer', async () => {
  prepare = (shim) => {
    const usual = shim.answer;
    shim.answer = (frame) => (frame.type === FRAME.attach ? 'stream' : usual(frame));
  };
  const task = await create();
  const { duplex, mux } = await task.attach({ stdin: false, stdout: true, stderr: true });
  const chunks: Buffer[] = [];
  for await (const chunk of duplex) chunks.push(chunk as Buffer);
  assert.equal(mux, true);
  assert.equal(Buffer.concat(chunks).toString(), 'first last');
});

test('a new service adopts live shims, collects records, and clears away what never was', async () => {
  const task = await create('live');
  await task.start();
  const [live] = shims;
  if (live !== undefined) live.status = 'running';
  const intent = (id: string): string => JSON.stringify({ version: 1, id, bootId: bootId(), terminal: false, cgroups: {} });
  for (const id of ['ended', 'lost', 'never', 'empty']) mkdirSync(`${root}/${id}`);
  for (const id of ['ended', 'lost', 'never']) writeFileSync(`${root}/${id}/intent.json`, intent(id));
  writeFileSync(`${root}/ended/exit.json`, JSON.stringify(exit));
  writeFileSync(`${root}/lost/shim.json`, JSON.stringify({ version: 1, pid: 2 ** 22, startTime: 1, bootId: bootId() }));
  writeFileSync(`${root}/lost/init.json`, JSON.stringify({ pid: 2 ** 22, startTime: 1 }));
  const next = createTaskService({ root, launch });
  const adopted = new Map((await next.adopt()).map((each) => [each.id, each.state.status]));
  assert.deepEqual(adopted, new Map([['ended', 'exited'], ['live', 'running'], ['lost', 'unknown']]));
  assert.equal(existsSync(`${root}/never`), false);
  assert.equal(existsSync(`${root}/empty`), false);
  assert.equal((await next.get('lost')?.exited)?.code, 255);
  live?.emit({ type: 'exit', ...exit });
  assert.equal((await next.get('live')?.exited)?.code, 3);
});
