import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { indentJson, parseJson } from './go-json.ts';
import { timestampParameter } from './go-time.ts';
import { parseMount } from './run-mounts.ts';
import { parseReference } from './reference.ts';
import { parsePorts } from './run-ports.ts';
import { csv } from './run-values.ts';

it('csv reads back what was quoted', () => {
  fc.assert(fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
    assert.deepEqual(csv(fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')), fields);
  }));
});

it('parsePorts gives one binding per published port', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60000 }), fc.integer({ min: 1, max: 60000 }), fc.integer({ min: 1, max: 20 }), (host, container, count) => {
    const { bindings } = parsePorts([`${host}-${host + count}:${container}-${container + count}`], []);
    assert.equal(Object.keys(bindings).length, count + 1);
    assert.deepEqual(bindings[`${container + count}/tcp`], [{ HostIp: '', HostPort: String(host + count) }]);
  }));
});

it('parseMount refuses options of another type', () => {
  assert.throws(() => parseMount('type=bind,target=/a,tmpfs-size=1'), /^Error: cannot mix 'tmpfs-\*' options with mount type 'bind'$/);
  assert.deepEqual(parseMount('src=v,dst=/a,"volume-opt=o=a,b",ro'), { Type: 'volume', Source: 'v', Target: '/a', ReadOnly: true, VolumeOptions: { DriverConfig: { Options: { o: 'a,b' } } } });
});

describe('parseReference', () => {
  const good: readonly (readonly [string, string, string])[] = [
    ['busybox', 'docker.io/library/busybox', 'busybox:latest'], ['a/b:1', 'docker.io/a/b', 'a/b:1'], ['localhost/x', 'localhost/x', 'localhost/x:latest'],
    ['r.io:5000/x/y:t', 'r.io:5000/x/y', 'r.io:5000/x/y:t'], [`x@sha256:${'a'.repeat(64)}`, 'docker.io/library/x', `x@sha256:${'a'.repeat(64)}`],
  ];
  for (const [text, name, familiar] of good) it(text, () => assert.deepEqual([parseReference(text).name, parseReference(text).familiar], [name, familiar]));
  for (const text of ['', 'UPPER', 'a..b', 'a:', '-a', 'a@sha256:12', 'a/../b', 'f'.repeat(64), 'x'.repeat(256)]) it(`refuses ${text.slice(0, 20)}`, () => assert.throws(() => parseReference(text)));
});

it('timestampParameter follows Docker\'s rules', () => {
  assert.equal(timestampParameter('5m', 1_700_000_300_000), '1700000000');
  assert.equal(timestampParameter('2020-01-02T03:04:05.25Z', 0), '1577934245.250000000');
  assert.equal(timestampParameter('1700000000.5', 0), '1700000000.5');
  assert.throws(() => timestampParameter('foo', 0), /failed to parse value as time or duration: "foo"/);
});

it('JSON keeps large integers and every value through indenting', () => {
  assert.deepEqual(parseJson('{"a":9007199254740993,"b":1.5}'), { a: 9007199254740993n, b: 1.5 });
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value);
    assert.equal(indentJson(text), JSON.stringify(value, null, 4));
  }));
});
