import { Readable, pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { BerthError, errnoOf, fail, messageOf } from '#base/errors.ts';
import type { Transform } from 'node:stream';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Bytes that {@link detectCompression} wants to see. */
const MAGIC_LENGTH = 6;
/** Size of the pieces that come out; large ones halve the time of gzip. */
const PIECE = 1 << 20;

/** Tells the compression of a stream by its first bytes. Throws invalidArgument for those that we cannot read. */
export function detectCompression(head: Buffer): Compression {
  const starts = (...bytes: number[]): boolean => head.length >= bytes.length && bytes.every((byte, index) => head[index] === byte);
  if (starts(0x1f, 0x8b)) return 'gzip';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  // A skippable frame (RFC 8878, 3.1.2) may come first.
  if (head.length >= 4 && ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd';
  if (starts(0x42, 0x5a, 0x68))
    fail('invalidArgument', 'the archive is compressed with bzip2, which is not supported', { hint: 'use gzip or zstd, or none' });
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00))
    fail('invalidArgument', 'the archive is compressed with xz, which is not supported', { hint: 'use gzip or zstd, or none' });
  return 'none';
}

/** The bytes of a stream, decompressed when they are gzip or zstd. Throws invalidArgument when they are damaged or cut off. */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const { head, done } = await readHead(iterator);
  const rest = all(head, done, iterator);
  const compression = detectCompression(head);
  if (compression === 'none') yield* rest;
  else
    yield* transformed(
      rest,
      compression === 'gzip' ? createGunzip({ chunkSize: PIECE }) : createZstdDecompress({ chunkSize: PIECE }),
      compression,
    );
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<{ head: Buffer; done: boolean }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_LENGTH) {
    const next = await iterator.next();
    if (next.done === true) return { head, done: true };
    const piece = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    head = head.length === 0 ? piece : Buffer.concat([head, piece]);
  }
  return { head, done: false };
}

async function* all(head: Buffer, done: boolean, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (head.length > 0) yield head;
    while (!done) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
  } finally {
    await iterator.return?.();
  }
}

async function* transformed(
  source: AsyncIterable<Buffer>,
  transform: Transform,
  compression: Compression,
): AsyncGenerator<Buffer, void, undefined> {
  // The error reaches the loop below through the transform, which pipeline destroys with it.
  pipeline(Readable.from(source, { objectMode: false, highWaterMark: PIECE }), transform, () => undefined);
  try {
    for await (const piece of transform) yield piece as Buffer;
  } catch (error) {
    throw translate(error, compression);
  }
}

function translate(error: unknown, compression: Compression): unknown {
  const code = errnoOf(error);
  if (error instanceof BerthError || code === undefined) return error;
  if (code === 'Z_BUF_ERROR')
    return new BerthError('invalidArgument', 'unexpected EOF', { cause: error, hint: 'the archive is truncated' });
  if (/^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code))
    return new BerthError('invalidArgument', `${compression}: ${messageOf(error)}`, { cause: error });
  return error;
}
