import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { BerthError } from '#base/errors.ts';
import * as protocol from './protocol.ts';

test('frames come out as they went in, however the bytes are cut', () => {
  const frames = fc.array(fc.record({ type: fc.integer({ min: 0, max: 0xffff }), flags: fc.integer({ min: 0, max: 0xffff }), tag: fc.integer({ min: 0, max: 0xffffffff }), payload: fc.uint8Array({ maxLength: 200 }) }));
  fc.assert(fc.property(frames, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sent, cuts) => {
    const bytes = Buffer.concat(sent.map((frame) => protocol.encodeFrame(frame.type, frame.tag, frame.payload, frame.flags)));
    const parser = new protocol.FrameParser();
    const got: protocol.Frame[] = [];
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = cuts[n % cuts.length] ?? 1;
      parser.push(bytes.subarray(at, at + size));
      at += size;
      for (let frame = parser.next(); frame !== undefined; frame = parser.next()) got.push(frame);
    }
    assert.deepEqual(got.map((frame) => ({ ...frame, payload: new Uint8Array(frame.payload) })), sent.map((frame) => ({ ...frame })));
    assert.equal(parser.rest().length, 0);
  }));
});

test('impossible lengths are refused', () => {
  for (const length of [0, 7, protocol.MAX_FRAME + 1, 0xffffffff]) {
    const parser = new protocol.FrameParser();
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32LE(length);
    parser.push(bytes);
    assert.throws(() => parser.next(), BerthError);
  }
  assert.throws(() => protocol.createRequest(1, new Uint8Array(protocol.MAX_FRAME)), /too large/);
});

test('bytes after an attach answer are left for the stream', () => {
  const parser = new protocol.FrameParser();
  parser.push(Buffer.concat([protocol.encodeFrame(protocol.FRAME.ok, 3), Buffer.from('raw output')]));
  assert.equal(parser.next()?.tag, 3);
  assert.equal(parser.rest().toString(), 'raw output');
});

test('requests have the layout of the diagram', () => {
  assert.equal(protocol.helloRequest(7).toString('hex'), '0c000000' + '0100' + '0000' + '07000000' + '01000000');
  assert.equal(protocol.attachRequest(1, 'ab', 7).toString('hex'), '0c000000' + '0500' + '0700' + '01000000' + '02006162');
  assert.equal(protocol.signalRequest(1, '', 15, true).toString('hex'), '0e000000' + '0600' + '0100' + '01000000' + '0000' + '0f000000');
  assert.equal(protocol.resizeRequest(1, '', 24, 80).toString('hex'), '0e000000' + '0700' + '0000' + '01000000' + '0000' + '18005000');
  assert.throws(() => protocol.attachRequest(1, 'x'.repeat(129), 7), /too long/);
});

test('errors are read with their fields or refused', () => {
  const frame = (payload: string): protocol.Frame => ({ type: protocol.FRAME.error, flags: 0, tag: 0, payload: Buffer.from(payload) });
  assert.deepEqual(protocol.parseFailure(frame('{"errno":2,"step":14,"detail":"/x"}')), { errno: 2, step: 14, detail: '/x' });
  for (const payload of ['', 'null', '{}', '{"errno":"2","step":1,"detail":""}']) assert.throws(() => protocol.parseFailure(frame(payload)), BerthError);
});

test('the shim has the same numbers', () => {
  const header = readFileSync(new URL('../../native/shim/protocol.h', import.meta.url), 'utf8');
  for (const [name, number] of Object.entries(protocol.FRAME)) {
    const theirs = new RegExp(`FRAME_${name.replace(/[A-Z]/g, '_$&').toUpperCase()} = (\\w+),`).exec(header)?.[1];
    assert.equal(Number(theirs), number, name);
  }
  assert.match(header, new RegExp(`PROTOCOL_VERSION = ${protocol.PROTOCOL_VERSION}, .*MAX_FRAME = ${protocol.MAX_FRAME},`));
});
