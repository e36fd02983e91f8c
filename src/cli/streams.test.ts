import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DetachScanner, keysOf } from './detach.ts';
import type { Sink } from './output.ts';
import { Demultiplexer } from './stdcopy.ts';

const cuts = (whole: Buffer, at: readonly number[]): Buffer[] => {
  const marks = [0, ...at.map((one) => one % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return marks.slice(1).map((end, index) => whole.subarray(marks[index], end));
};

class Collector {
  text = '';
  push(bytes: Uint8Array): boolean {
    this.text += Buffer.from(bytes).toString('latin1');
    return true;
  }
}

it('Demultiplexer takes streams apart, however they are cut', () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.stringMatching(/^[a-z]{0,40}$/)));
  fc.assert(fc.property(frames, fc.array(fc.nat()), (list, at) => {
    const wire = Buffer.concat(list.map(([stream, text]) => {
      const header = Buffer.alloc(8);
      header[0] = stream;
      header.writeUInt32BE(text.length, 4);
      return Buffer.concat([header, Buffer.from(text)]);
    }));
    const [out, err] = [new Collector(), new Collector()];
    const demultiplexer = new Demultiplexer(out as unknown as Sink, err as unknown as Sink);
    for (const piece of cuts(wire, at)) void demultiplexer.push(piece);
    assert.equal(out.text, list.filter(([stream]) => stream === 1).map(([, text]) => text).join(''));
    assert.equal(err.text, list.filter(([stream]) => stream === 2).map(([, text]) => text).join(''));
  }));
});

describe('detach keys', () => {
  it('reads Docker\'s notation', () => {
    assert.deepEqual([...keysOf('')], [16, 17]);
    assert.deepEqual([...keysOf('ctrl-@,a,ctrl-_')], [0, 97, 31]);
    assert.throws(() => keysOf('ctrl-1'), /^Error: Unknown character: 'ctrl-1'$/);
  });
  it('holds back a beginning and lets go of it when it was none', () => {
    const scanner = new DetachScanner(keysOf(''));
    assert.equal(Buffer.from(scanner.push(Buffer.from('a\x10')) as Uint8Array).toString(), 'a');
    assert.equal(Buffer.from(scanner.push(Buffer.from('b\x10')) as Uint8Array).toString(), '\x10b');
    assert.equal(scanner.push(Buffer.from('\x11')), undefined);
  });
});
