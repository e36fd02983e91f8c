import { fail } from '#base/errors.ts';
import type { PlanFailure } from '#runtime/plan.ts';

/*
 * The shim's protocol: a stream of frames, little endian, over fd 3 of the shim or its socket `s`.
 *
 *   ┌────────────┬──────────┬───────────┬─────────┬─────────┐   length counts what follows it.
 *   │ u32 length │ u16 type │ u16 flags │ u32 tag │ payload │   Each request gets one answer (OK or ERROR) with its tag.
 *   └────────────┴──────────┴───────────┴─────────┴─────────┘   Answers to CREATE, START and EXEC may be overtaken by others.
 *
 *   daemon                                  shim
 *     │ HELLO version                         │
 *     │──────────────────────────────────────▶│
 *     │ OK {"version","pid","startTime"}      │
 *     │◀──────────────────────────────────────│
 *     │ CREATE plan                           │  shim, stage and init run the plan up to start.wait
 *     │──────────────────────────────────────▶│
 *     │ OK {"pid","startTime","warnings"} or ERROR {"errno","step","detail"} (then the shim ends)
 *     │◀──────────────────────────────────────│
 *     │ START                                 │  the init goes on to exec
 *     │──────────────────────────────────────▶│
 *     │ OK {"startedAt"} or ERROR             │
 *     │◀──────────────────────────────────────│
 *     │ EVENT {"type":"exit",…}               │  only on connections that asked with EVENTS
 *     │◀──────────────────────────────────────│
 *
 * payloads   target := u16 length, bytes ("" is the task's init, else an exec id)
 *   HELLO  u32 version          CREATE plan                EXEC   target, plan (flags: ATTACH_*; 0 detached)
 *   START  –                    ATTACH target (flags)      SIGNAL target, i32 signal (flags: SIGNAL_ALL)
 *   RESIZE target, u16 rows, u16 cols                      CLOSE_STDIN target
 *   STATE, EVENTS, DELETE  –    OK, ERROR, EVENT  JSON or nothing
 *
 * After the OK to ATTACH, or to EXEC with flags, the connection is a stream: from the shim Docker's stdcopy frames
 * (u8 1|2, 3 × 0, u32 BE length, data) or the raw bytes of a terminal, to the shim raw stdin; shutdown(WR) ends stdin.
 * The shim closes it when the process is gone and its output was sent.
 */

/** Spoken by {@link helloRequest}; the shim refuses others. */
export const PROTOCOL_VERSION = 1;

/** The most that a frame may hold after its length field. */
export const MAX_FRAME = 16_777_216;

const HEAD = 12;

/** Frame types; `native/shim/protocol.h` holds the same numbers. */
export const FRAME: Readonly<Record<
  'hello' | 'create' | 'start' | 'exec' | 'attach' | 'signal' | 'resize' | 'closeStdin' | 'state' | 'events' | 'delete' | 'ok' | 'error' | 'event', number
>> = {
  hello: 1,
  create: 2,
  start: 3,
  exec: 4,
  attach: 5,
  signal: 6,
  resize: 7,
  closeStdin: 8,
  state: 9,
  events: 10,
  delete: 11,
  ok: 0x8000,
  error: 0x8001,
  event: 0x8002,
};

/** Flags of ATTACH and EXEC. */
export const ATTACH_STDIN = 1;
export const ATTACH_STDOUT = 2;
export const ATTACH_STDERR = 4;

/** Flag of SIGNAL: every process of the task. */
export const SIGNAL_ALL = 1;

/** One frame, without its length. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly tag: number;
  readonly payload: Buffer;
}

/** Payload of OK to HELLO. */
export interface HelloAnswer {
  readonly version: number;
  readonly pid: number;
  readonly startTime: number;
}

/** Payload of OK to CREATE and EXEC. `warnings` are failed optional steps. */
export interface CreatedAnswer {
  readonly pid: number;
  readonly startTime: number;
  readonly warnings: readonly PlanFailure[];
}

/** Payload of OK to START: nanoseconds since the epoch, decimal. */
export interface StartedAnswer {
  readonly startedAt: string;
}

/** Payload of OK to STATE. `idle`: no CREATE yet. `startedAt` is "" before START. */
export interface ShimState {
  readonly status: 'idle' | 'creating' | 'created' | 'starting' | 'running' | 'exited';
  readonly pid: number;
  readonly startTime: number;
  readonly startedAt: string;
  readonly execs: readonly { readonly id: string; readonly pid: number; readonly startTime: number }[];
}

/** Payload of EVENT. `exit` and `exec-exit` are sent when their record is durable and the output drained. */
export type ShimEvent =
  | { readonly type: 'start'; readonly pid: number; readonly startedAt: string }
  | { readonly type: 'oom'; readonly oomKills: number }
  | ({ readonly type: 'exit' } & ShimExit)
  | ({ readonly type: 'exec-exit'; readonly execId: string } & ShimExit);

/** The exit record as the shim writes it into `exit.json` and `execs/<id>.json` (spec/exit-record.ts). */
export interface ShimExit {
  readonly version: 1;
  readonly code: number;
  readonly signal: number;
  readonly pid: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly oomKills: number;
  readonly droppedBytes: number;
  readonly memoryPeak: number;
}

/** Encodes one frame. */
export function encodeFrame(type: number, tag: number, payload: Uint8Array = new Uint8Array(0), flags = 0): Buffer {
  if (payload.length > MAX_FRAME - 8) fail('invalidArgument', `a message of ${payload.length} bytes to the shim is too large`);
  const frame = Buffer.alloc(HEAD + payload.length);
  frame.writeUInt32LE(8 + payload.length, 0);
  frame.writeUInt16LE(type, 4);
  frame.writeUInt16LE(flags, 6);
  frame.writeUInt32LE(tag, 8);
  frame.set(payload, HEAD);
  return frame;
}

export function helloRequest(tag: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32LE(PROTOCOL_VERSION);
  return encodeFrame(FRAME.hello, tag, payload);
}

/** `plan` as runtime/codec.ts encodes it. */
export function createRequest(tag: number, plan: Uint8Array): Buffer {
  return encodeFrame(FRAME.create, tag, plan);
}

export function startRequest(tag: number): Buffer {
  return encodeFrame(FRAME.start, tag);
}

/** `attach`: ATTACH_* bits; 0 leaves the connection a connection. Exec ids are 1–128 of `[A-Za-z0-9_.-]`. */
export function execRequest(tag: number, execId: string, plan: Uint8Array, attach: number): Buffer {
  return encodeFrame(FRAME.exec, tag, Buffer.concat([target(execId), plan]), attach);
}

/** `execId` "" is the task's init, here and below. */
export function attachRequest(tag: number, execId: string, attach: number): Buffer {
  return encodeFrame(FRAME.attach, tag, target(execId), attach);
}

export function signalRequest(tag: number, execId: string, signal: number, all: boolean): Buffer {
  const rest = Buffer.alloc(4);
  rest.writeInt32LE(signal);
  return encodeFrame(FRAME.signal, tag, Buffer.concat([target(execId), rest]), all ? SIGNAL_ALL : 0);
}

export function resizeRequest(tag: number, execId: string, rows: number, cols: number): Buffer {
  const rest = Buffer.alloc(4);
  rest.writeUInt16LE(Math.min(Math.max(rows, 0), 0xffff), 0);
  rest.writeUInt16LE(Math.min(Math.max(cols, 0), 0xffff), 2);
  return encodeFrame(FRAME.resize, tag, Buffer.concat([target(execId), rest]));
}

export function closeStdinRequest(tag: number, execId: string): Buffer {
  return encodeFrame(FRAME.closeStdin, tag, target(execId));
}

export function stateRequest(tag: number): Buffer {
  return encodeFrame(FRAME.state, tag);
}

export function eventsRequest(tag: number): Buffer {
  return encodeFrame(FRAME.events, tag);
}

export function deleteRequest(tag: number): Buffer {
  return encodeFrame(FRAME.delete, tag);
}

/** The payload of an ERROR frame; anything else is dataLoss. */
export function parseFailure(frame: Frame): PlanFailure {
  const value = parseJson(frame) as Partial<PlanFailure> | null;
  if (typeof value?.errno !== 'number' || typeof value.step !== 'number' || typeof value.detail !== 'string') return fail('dataLoss', 'the shim sent an error without its fields');
  return { errno: value.errno, step: value.step, detail: value.detail };
}

/** The JSON of an OK or EVENT frame. The shim is ours: fields are not checked beyond being JSON. */
export function parseJson(frame: Frame): unknown {
  try {
    return JSON.parse(frame.payload.toString('utf8'));
  } catch (cause) {
    return fail('dataLoss', `the shim sent a frame of type ${frame.type} that is not JSON`, { cause });
  }
}

function target(execId: string): Buffer {
  const name = Buffer.from(execId, 'utf8');
  if (name.length > 128) fail('invalidArgument', `exec id of ${name.length} bytes is too long`);
  const bytes = Buffer.alloc(2 + name.length);
  bytes.writeUInt16LE(name.length);
  bytes.set(name, 2);
  return bytes;
}

/** Cuts a byte stream into frames. Pull with {@link next} so that bytes after an attach answer can be taken as they are. */
export class FrameParser {
  #chunks: Buffer[] = [];
  #length = 0;

  /** Adds received bytes. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#length += chunk.length;
  }

  /** The next whole frame, or undefined until more bytes came. Throws dataLoss for impossible lengths. */
  next(): Frame | undefined {
    if (this.#length < HEAD) return undefined;
    const size = this.#peek(4).readUInt32LE(0);
    if (size < 8 || size > MAX_FRAME) fail('dataLoss', `a frame of ${size} bytes came from the shim`);
    if (this.#length < 4 + size) return undefined;
    const bytes = this.#take(4 + size);
    return { type: bytes.readUInt16LE(4), flags: bytes.readUInt16LE(6), tag: bytes.readUInt32LE(8), payload: bytes.subarray(HEAD) };
  }

  /** Takes all bytes that are not part of a frame taken with {@link next}. */
  rest(): Buffer {
    return this.#take(this.#length);
  }

  #peek(bytes: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #take(bytes: number): Buffer {
    const joined = this.#peek(bytes);
    const taken = joined.subarray(0, bytes);
    const left = joined.subarray(bytes);
    this.#chunks = left.length > 0 ? [left, ...this.#chunks.slice(1)] : this.#chunks.slice(1);
    this.#length -= bytes;
    return taken;
  }
}
