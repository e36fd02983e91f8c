import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { BerthError } from '#base/errors.ts';
import { decodePlan, encodePlan, OPS, sidesOf } from './codec.ts';
import type { Op, OpKind } from './plan.ts';

const KINDS = Object.keys(OPS) as OpKind[];

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0') && value.isWellFormed());
const blob = fc.uint8Array({ maxLength: 64 });

/** Any operation of any kind, made from the table itself. */
const anyOp: fc.Arbitrary<Op> = fc.constantFrom(...KINDS).chain((kind) => {
  const row = OPS[kind];
  const fields: Record<string, fc.Arbitrary<unknown>> = { kind: fc.constant(kind) };
  if (row.side === 'own') fields['side'] = fc.constantFrom('shim', 'init');
  for (const [name, type] of row.fields as readonly (readonly [string, unknown])[]) {
    if (type === 'flag') fields[name] = fc.boolean();
    else if (type === 'int') fields[name] = fc.maxSafeInteger();
    else if (type === 'big') fields[name] = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    else if (type === 'text') fields[name] = text;
    else if (type === 'blob') fields[name] = blob;
    else if (type === 'u32s') fields[name] = fc.array(fc.integer({ min: 0, max: 0xffffffff }));
    else if (type === 'texts') fields[name] = fc.array(text);
    else if (type === 'blobs') fields[name] = fc.array(blob);
    else fields[name] = fc.constantFrom(...(type as readonly string[]));
  }
  return fc.record(fields, { noNullPrototype: true }) as unknown as fc.Arbitrary<Op>;
});

test('what is encoded is decoded again', () => {
  fc.assert(fc.property(fc.array(anyOp, { maxLength: 20 }), (ops) => {
    assert.deepEqual(decodePlan(encodePlan(ops)), ops.map((op) => ({ ...op })));
  }), { numRuns: 300 });
});

test('notes do not travel', () => {
  assert.deepEqual(decodePlan(encodePlan([{ kind: 'session', note: 'for people' }])), [{ kind: 'session' }]);
});

test('cut, extended or altered bytes are refused or read as another plan, and nothing else is thrown', () => {
  fc.assert(fc.property(fc.array(anyOp, { minLength: 1, maxLength: 5 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (ops, where, change) => {
    const bytes = Buffer.from(encodePlan(ops));
    assert.throws(() => decodePlan(bytes.subarray(0, where % bytes.length)), BerthError);
    assert.throws(() => decodePlan(Buffer.concat([bytes, Buffer.from([0])])), BerthError);
    bytes[where % bytes.length] = (bytes[where % bytes.length] ?? 0) ^ change;
    try {
      decodePlan(bytes);
    } catch (error) {
      assert.ok(error instanceof BerthError, String(error));
    }
  }), { numRuns: 300 });
});

test('values that cannot travel are refused', () => {
  assert.throws(() => encodePlan([{ kind: 'hostname', name: 'a\0b' }]), /hostname.name holds a NUL/);
  assert.throws(() => encodePlan([{ kind: 'umask', mask: 0.5 }]), /umask.mask is 0.5/);
  assert.throws(() => encodePlan([{ kind: 'pivot_root', mode: 'sideways' as 'move' }]), /pivot_root.mode/);
  assert.throws(() => encodePlan([{ kind: 'explode' } as unknown as Op]), /unknown operation/);
});

test('ns.new is on the stage when there is one, cgroup.enter where the process is', () => {
  const birth: Op = { kind: 'ns.new', flags: 0, cgroup: '' };
  const enter: Op = { kind: 'cgroup.enter', paths: [] };
  assert.deepEqual(sidesOf([birth, enter]), ['shim', 'init']);
  assert.deepEqual(sidesOf([enter, birth]), ['stage', 'stage']);
  assert.deepEqual(sidesOf([{ kind: 'ns.join', path: '/x', flag: 0 }, birth, enter]), ['stage', 'stage', 'init']);
});

test('the shim has the same table', () => {
  const header = readFileSync(new URL('../../native/shim/plan.h', import.meta.url), 'utf8');
  const rows = [...header.matchAll(/X\((\w+), (\d+), (\d+), (\d+), (\d+), (\w+), (\w+)\)/g)];
  const theirs = new Map(rows.map(([, name = '', ...rest]) => [name, rest]));
  const sides: Record<string, string> = { shim: 'SIDE_SHIM', stage: 'SIDE_STAGE', init: 'SIDE_INIT', own: 'ANY_SIDE', new: 'BIRTH_SIDE', enter: 'ENTER_SIDE' };
  assert.equal(theirs.size, KINDS.length);
  for (const kind of KINDS) {
    const row = OPS[kind];
    const types = (row.fields as readonly (readonly [string, unknown])[]).map(([, type]) => type);
    const singles = types.filter((type) => type === 'text' || type === 'blob' || type === 'u32s');
    const lists = types.filter((type) => type === 'texts' || type === 'blobs');
    const blobs = lists.includes('blobs') ? 'BLOB_LIST' : String(singles.reduce<number>((mask, type, index) => mask | (type === 'text' ? 0 : 1 << index), 0));
    const name = kind.replace('.', '_').toUpperCase();
    assert.deepEqual(theirs.get(name), [String(row.number), String(types.length - singles.length), String(singles.length), String(lists.length), blobs, sides[row.side]], kind);
  }
  assert.equal(new Set(KINDS.map((kind) => OPS[kind].number)).size, KINDS.length);
});
