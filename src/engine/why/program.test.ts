import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programProblem } from './program.ts';

/** A 64-bit little-endian ELF head with one program header that names `interpreter`. */
function elf(machine: number, interpreter?: string): Buffer {
  const head = Buffer.alloc(256);
  head.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  head.writeUInt16LE(machine, 18);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(interpreter === undefined ? 0 : 1, 56);
  if (interpreter !== undefined) {
    head.writeUInt32LE(3, 64);
    head.writeBigUInt64LE(128n, 64 + 8);
    head.writeBigUInt64LE(BigInt(interpreter.length + 1), 64 + 32);
    head.write(interpreter, 128, 'latin1');
  }
  return head;
}

function problem(files: Record<string, Buffer | string>, path = '/app'): string {
  return programProblem(path, (name) => (files[name] === undefined ? undefined : Buffer.from(files[name] as string)), 'amd64');
}

test('what is fine, or not there, is no problem to tell of', () => {
  assert.equal(problem({}), '');
  assert.equal(problem({ '/app': elf(62) }), '');
  assert.equal(problem({ '/app': elf(62, '/lib/ld.so'), '/lib/ld.so': elf(62) }), '');
  assert.equal(problem({ '/app': '#!/bin/sh -e\n', '/bin/sh': elf(62) }), '');
});

test('programs for other machines, and loaders that are missing', () => {
  assert.match(problem({ '/app': elf(183) }), /program for arm64, and this host is amd64/);
  assert.match(problem({ '/app': elf(62, '/lib64/ld-linux-x86-64.so.2') }), /dynamic loader \/lib64\/ld-linux-x86-64\.so\.2 that \/app asks for does not exist/);
});

test('scripts: a missing interpreter, Windows line ends, none at all', () => {
  assert.match(problem({ '/app': '#! /usr/bin/bash\necho' }), /interpreter \/usr\/bin\/bash in the #! line of \/app does not exist/);
  assert.match(problem({ '/app': '#!/bin/sh\r\necho', '/bin/sh': elf(62) }), /carriage return/);
  assert.match(problem({ '/app': 'echo hello\n' }), /neither an ELF program nor a script/);
  assert.match(problem({ '/app': '' }), /empty file/);
});

test('a head that lies about its tables is read within its bounds', () => {
  const head = elf(62, '/lib/ld.so');
  head.writeBigUInt64LE(2n ** 60n, 32);
  assert.equal(problem({ '/app': head }), '');
  const long = elf(62, '/lib/ld.so');
  long.writeBigUInt64LE(2n ** 62n, 64 + 32);
  assert.equal(problem({ '/app': long }), '');
  assert.match(problem({ '/app': elf(62).subarray(0, 20) }), /cut off/);
  assert.match(problem({ '/app': Buffer.from([0x7f]) }), /neither/);
});
