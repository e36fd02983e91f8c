import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { encodePlan } from '#runtime/codec.ts';
import type { Op } from '#runtime/plan.ts';
import * as protocol from '#tasks/protocol.ts';
import { containerPlan, type Place, type Shape } from './plans.ts';

/** The binary under test; `native/build.sh` makes it. */
export const SHIM: string = process.env['BERTH_TEST_SHIM'] ?? join(import.meta.dirname, '../../build/native/berth-shim');

/** An ERROR frame as an exception. */
export class Refused extends Error {
  readonly failure: { step: number; errno: number; detail: string };

  constructor(failure: { step: number; errno: number; detail: string }) {
    super(`step ${failure.step}: errno ${failure.errno} ${failure.detail}`);
    this.failure = failure;
  }
}

/** One connection: requests in order, events collected. */
export class Client {
  readonly socket: Socket;
  readonly events: protocol.ShimEvent[] = [];
  #parser = new protocol.FrameParser();
  #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #tag = 0;
  #stream = false;
  #listeners = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the connection was closed'));
      this.#waiting.clear();
    });
  }

  async request(encode: (tag: number) => Buffer): Promise<unknown> {
    const tag = ++this.#tag;
    const bytes = encode(tag);
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(tag, { resolve, reject }));
    this.socket.write(bytes);
    return answer;
  }

  /** Turns the connection into a stream and collects what comes until it is closed. */
  async attach(encode: (tag: number) => Buffer): Promise<Stream> {
    const stream = new Stream(this.socket);
    const tag = ++this.#tag;
    await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(tag, {
        resolve: (value) => {
          stream.answer = value;
          this.#stream = true;
          this.socket.removeAllListeners('data');
          stream.take(this.#parser.rest());
          this.socket.on('data', (chunk: Buffer) => stream.take(chunk));
          resolve(value);
        },
        reject,
      });
      this.socket.write(encode(tag));
    });
    return stream;
  }

  async event<T extends protocol.ShimEvent['type']>(type: T): Promise<Extract<protocol.ShimEvent, { type: T }>> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) return found as Extract<protocol.ShimEvent, { type: T }>;
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #data(chunk: Buffer): void {
    this.#parser.push(chunk);
    for (let frame = this.#stream ? undefined : this.#parser.next(); frame !== undefined; frame = this.#stream ? undefined : this.#parser.next()) {
      if (frame.type === protocol.FRAME.event) {
        this.events.push(protocol.parseJson(frame) as protocol.ShimEvent);
        for (const wake of this.#listeners) wake();
        this.#listeners.clear();
        continue;
      }
      const waiting = this.#waiting.get(frame.tag);
      this.#waiting.delete(frame.tag);
      if (frame.type === protocol.FRAME.error) waiting?.reject(new Refused(protocol.parseFailure(frame)));
      else waiting?.resolve(frame.payload.length > 0 ? protocol.parseJson(frame) : undefined);
    }
  }
}

/** Output of an attached process. */
export class Stream {
  answer: unknown;
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #chunks: Buffer[] = [];
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    void this.closed.then(() => this.#wake());
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** Resolves when what came so far satisfies `enough`. */
  async until(enough: (text: string) => boolean): Promise<void> {
    while (!enough(this.raw().toString('latin1'))) {
      if (this.socket.destroyed) throw new Error(`the stream ended with ${JSON.stringify(this.raw().toString('latin1'))}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  raw(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Splits Docker's stdcopy frames. */
  split(): { stdout: string; stderr: string } {
    const bytes = this.raw();
    const out: [string, string] = ['', ''];
    for (let at = 0; at + 8 <= bytes.length;) {
      const length = bytes.readUInt32BE(at + 4);
      out[bytes[at] === 2 ? 1 : 0] += bytes.toString('latin1', at + 8, at + 8 + length);
      at += 8 + length;
    }
    return { stdout: out[0], stderr: out[1] };
  }
}

/** A supervising shim under test. */
export class Supervisor {
  readonly process: ChildProcess;
  readonly first: Client;
  readonly place: Place;
  readonly ended: Promise<number | null>;

  constructor(place: Place) {
    this.place = place;
    this.process = spawn(SHIM, ['supervise'], { cwd: place.run, stdio: ['ignore', 'ignore', 'inherit', 'pipe'], env: {} });
    this.first = new Client(this.process.stdio[3] as Socket);
    this.ended = once(this.process, 'exit').then(([code]) => code as number | null);
  }

  async create(ops: readonly Op[]): Promise<protocol.CreatedAnswer> {
    return (await this.first.request((tag) => protocol.createRequest(tag, encodePlan(ops)))) as protocol.CreatedAnswer;
  }

  async start(): Promise<void> {
    await this.first.request(protocol.startRequest);
  }

  async events(): Promise<void> {
    await this.first.request(protocol.eventsRequest);
  }

  /** A connection over the socket in the run directory. */
  async connect(): Promise<Client> {
    // The path must be short: sun_path has 108 bytes.
    const socket = connect(join(this.place.run, 's'));
    await once(socket, 'connect');
    return new Client(socket);
  }

  async attach(flags: number, execId = ''): Promise<Stream> {
    const client = await this.connect();
    return client.attach((tag) => protocol.attachRequest(tag, execId, flags));
  }

  async exec(execId: string, ops: readonly Op[], flags: number): Promise<Stream> {
    const client = await this.connect();
    return client.attach((tag) => protocol.execRequest(tag, execId, encodePlan(ops), flags));
  }

  record(name = 'exit.json'): protocol.ShimExit {
    return JSON.parse(readFileSync(join(this.place.run, name), 'utf8')) as protocol.ShimExit;
  }

  /** What the shim itself keeps in memory, in bytes. */
  memory(): { readonly rss: number } {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return { rss: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024 };
  }

  /** Kills what a failed test left. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.first.request(protocol.deleteRequest).catch(() => {});
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Runs a container to its end with stdout and stderr attached. */
export async function runToEnd(place: Place, shape: Shape): Promise<{ stdout: string; stderr: string; raw: string; exit: protocol.ShimExit }> {
  const shim = new Supervisor(place);
  try {
    await shim.create(containerPlan(place, shape));
    const stream = await shim.attach(6);
    await shim.start();
    await stream.closed;
    await shim.ended;
    return { ...stream.split(), raw: stream.raw().toString('latin1'), exit: shim.record() };
  } finally {
    await shim.stop();
  }
}

/** Directories of a v1 (or v2) cgroup for one test; the shim makes and removes them. */
export function testCgroups(name: string): string[] {
  const base = '/sys/fs/cgroup';
  const v1 = readdirSync(base).filter((entry) => ['memory', 'pids', 'cpu', 'freezer', 'devices'].includes(entry));
  return v1.length > 0 ? v1.map((controller) => join(base, controller, 'berth-test', name)) : [join(base, 'berth-test', name)];
}
