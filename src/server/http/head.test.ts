import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BadRequest, framingOf, parseHead } from './head.ts';

test('a head is taken apart', () => {
  const head = parseHead('POST /a?b=c HTTP/1.1\r\nHost: d\r\nX-A:  1 \r\nx-a: 2\r\nContent-Length: 5');
  assert.deepEqual([head.method, head.target, head.minor, head.headers.get('x-a')], ['POST', '/a?b=c', 1, '1, 2']);
  assert.deepEqual(framingOf(head), { kind: 'length', length: 5 });
});

test('the absolute form of a target is reduced to its path', () => {
  assert.equal(parseHead('GET http://d:1/x?y HTTP/1.1\r\nHost: d').target, '/x?y');
  assert.equal(parseHead('GET http://d HTTP/1.1\r\nHost: d').target, '/');
});

test('any text is a head or refused on purpose', () => {
  const line = fc.string({ unit: 'binary-ascii' });
  const text = fc.oneof(line, fc.array(line).map((lines) => ['GET / HTTP/1.1', 'Host: d', ...lines].join('\r\n')));
  fc.assert(fc.property(text, (each) => {
    try {
      framingOf(parseHead(each));
    } catch (error) {
      assert.ok(error instanceof BadRequest, String(error));
    }
  }));
});
