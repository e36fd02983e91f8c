import { Socket } from 'node:net';
import { fail } from '#base/errors.ts';
import { closeFd } from '#kernel/fs-at.ts';
import { openPidfd, type Pidfd } from '#kernel/pidfd.ts';
import { socketPair } from '#kernel/sockets.ts';
import { encodePlan } from '../codec.ts';
import { planError } from '../failure.ts';
import type { Plan, PlanFailure } from '../plan.ts';
import type { RuntimeDeps } from './deps.ts';

/** Frames of native/shim/protocol.h that the verbs use. */
export const FRAME = { CREATE: 2, START: 3, ATTACH: 5, RESIZE: 7, OK: 0x8000, ERROR: 0x8001 } as const;

const HEAD = 12;
const MAX_ANSWER = 1 << 20;

/** What the shim says about the process that it made. */
export interface Created {
  readonly pid: number;
  readonly startTime: number;
  readonly warnings: readonly PlanFailure[];
}

/** One frame with its length, little endian. */
export function encodeFrame(type: number, payload: Uint8Array, flags: number = 0): Buffer {
  const frame = Buffer.alloc(HEAD + payload.length);
  frame.writeUInt32LE(payload.length + 8, 0);
  frame.writeUInt16LE(type, 4);
  frame.writeUInt16LE(flags, 6);
  frame.writeUInt32LE(1, 8);
  frame.set(payload, HEAD);
  return frame;
}

/** A connection to a shim; answers come in the order of the requests. */
export class ShimConnection implements Disposable {
  readonly socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    this.#wake?.();
  };

  readonly #program: Pidfd | undefined;

  /** `program`: the shim's process, where we started it. */
  constructor(socket: Socket, program?: Pidfd) {
    this.socket = socket;
    this.#program = program;
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('data', this.#onData).on('error', end).on('close', end);
  }

  /** Sends a request and returns the payload of its OK; a plan's failure is told in words. */
  async request(type: number, payload: Uint8Array, plan: Plan, flags: number = 0): Promise<string> {
    this.socket.write(encodeFrame(type, payload, flags));
    const answer = await this.#frame();
    if (answer.type === FRAME.OK) return answer.payload;
    throw planError(JSON.parse(answer.payload) as PlanFailure, plan);
  }

  /** After ATTACH the connection is a stream: what came early, and the socket for the rest. */
  stream(): { readonly early: Buffer; readonly socket: Socket } {
    this.socket.off('data', this.#onData);
    return { early: this.#buffer, socket: this.socket };
  }

  /** Resolves when the shim has ended. */
  async exited(): Promise<void> {
    await this.#program?.exited();
  }

  async #frame(): Promise<{ type: number; payload: string }> {
    const length = (await this.#bytes(4)).readUInt32LE(0);
    if (length < 8 || length > MAX_ANSWER) fail('dataLoss', `the shim answered with ${length} bytes`);
    const rest = await this.#bytes(length);
    return { type: rest.readUInt16LE(0), payload: rest.subarray(8).toString('utf8') };
  }

  async #bytes(count: number): Promise<Buffer> {
    while (this.#buffer.length < count) {
      if (this.#ended) fail('unavailable', 'the shim ended without an answer');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const bytes = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
    this.#program?.[Symbol.dispose]();
  }
}

/** Starts a shim for a plan and connects to it. `oneshot` keeps our stdio for the process; `cwd` is where `supervise` leaves its records. */
export function startShim(deps: RuntimeDeps, mode: 'oneshot' | 'supervise', plan: Plan, cwd: string, stdio: boolean): ShimConnection {
  const program = deps.programs.sealed(deps.shimPath);
  const last = plan.ops.at(-1);
  const preserved = last?.kind === 'exec' ? last.preserveFds : 0;
  const [ours, theirs] = socketPair();
  const kept = [...(stdio ? [0, 1, 2] : []), ...Array.from({ length: preserved }, (_, n) => 3 + n)];
  const fds: Record<number, number> = { ...Object.fromEntries(kept.map((fd) => [fd, fd])), [3 + preserved]: theirs };
  let pid: number;
  try {
    ({ pid } = deps.programs.spawnDetached({ program, argv: ['berth-shim', mode, ...(preserved === 0 ? [] : [String(preserved)])], env: [], fds, cwd }));
  } catch (error) {
    closeFd(ours);
    throw error;
  } finally {
    closeFd(theirs);
  }
  return new ShimConnection(new Socket({ fd: ours, readable: true, writable: true }), openPidfd(pid));
}

/** Runs a plan up to where its process waits for start (an exec: until it is executed), and leaves it to whoever reaps orphans. */
export async function runOneshot(deps: RuntimeDeps, plan: Plan, cwd: string): Promise<Created> {
  using shim = startShim(deps, 'oneshot', plan, cwd, true);
  const created = JSON.parse(await shim.request(FRAME.CREATE, encodePlan(plan.ops), plan)) as Created;
  // Only then is the process its next parent's child: callers wait for it (waitpid) as soon as we return.
  await shim.exited();
  return created;
}

/** Warnings of a plan and of its run, as lines. */
export function warningLines(plan: Plan, created: Created, describe: (failure: PlanFailure, plan: Plan) => string): string[] {
  return [...plan.warnings, ...created.warnings.map((failure) => describe(failure, plan))];
}
