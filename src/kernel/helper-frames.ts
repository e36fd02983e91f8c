/**
 * Frames between the daemon and a helper process, on the helper's standard input and output.
 *
 *   ┌─────────┬────────────┬─────────┐   little endian; length counts the payload
 *   │ u8 kind │ u32 length │ payload │
 *   └─────────┴────────────┴─────────┘
 *
 *   daemon → helper   request (JSON) · data* · end           data and end only for calls with input
 *   helper → daemon   head? (JSON) · data* · done (JSON) or error (JSON)
 */
export const FRAME = { request: 1, data: 2, end: 3, head: 4, done: 5, error: 6 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
}

export const FRAME_HEAD: number = 5;
/** Larger frames are a broken stream. */
export const MAX_FRAME: number = 16 << 20;

export function frameHead(kind: FrameKind, length: number): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head[0] = kind;
  head.writeUInt32LE(length, 1);
  return head;
}

export function jsonFrame(kind: FrameKind, value: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(value ?? null));
  return Buffer.concat([frameHead(kind, payload.length), payload]);
}
