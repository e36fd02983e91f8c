import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteSource, framingOf, readBody, readHead } from './http1.ts';

/** A socket that delivers these pieces and ends. */
function sourceOf(pieces: readonly Buffer[]): ByteSource {
  const socket = Object.assign(new EventEmitter(), { pause: () => undefined, resume: () => undefined });
  const source = new ByteSource(socket as unknown as Socket);
  for (const piece of pieces) if (piece.length > 0) socket.emit('data', piece);
  socket.emit('end');
  return source;
}

const cuts = (whole: Buffer, at: readonly number[]): Buffer[] => {
  const marks = [0, ...at.map((one) => one % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return marks.slice(1).map((end, index) => whole.subarray(marks[index], end));
};

async function bodyOf(pieces: readonly Buffer[]): Promise<string> {
  const source = sourceOf(pieces);
  const head = await readHead(source);
  assert.ok(head !== undefined);
  const parts: Buffer[] = [];
  await readBody(source, framingOf(head, 'GET'), (chunk) => void parts.push(chunk));
  return Buffer.concat(parts).toString();
}

describe('HTTP/1.1', () => {
  const texts = [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: x\r\n\r\n',
    'HTTP/1.0 200 OK\r\n\r\nhello',
  ];
  it('reads bodies of all framings, however they are cut', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...texts), fc.array(fc.nat()), async (text, at) => {
      assert.equal(await bodyOf(cuts(Buffer.from(text), at)), 'hello');
    }));
  });
  it('refuses what is none, and what ends early', async () => {
    await assert.rejects(bodyOf([Buffer.from('SSH-2.0\r\n\r\n')]), /malformed HTTP response/);
    await assert.rejects(bodyOf([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello')]), /unexpected EOF/);
    await assert.rejects(bodyOf([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')]), /malformed chunked encoding/);
    await assert.rejects(bodyOf([Buffer.alloc(100_000, 'a')]), /longer than 64 KiB/);
  });
});
