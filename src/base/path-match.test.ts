import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKind } from './errors.ts';
import { pathMatch } from './path-match.ts';

test('patterns match as Go’s path.Match says', () => {
  const cases: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
    ['abc', 'abc', true], ['*', 'abc', true], ['*', 'a/b', false], ['a*', 'a', true], ['a*/b', 'abc/b', true], ['a*/b', 'a/c/b', false], ['*/*/*', 'r:5000/a/b', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/f', true], ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false], ['a*b?c*x', 'abxbbxdbxebxczzx', true], ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['ab[c]', 'abc', true], ['ab[b-d]', 'abc', true], ['ab[e-g]', 'abc', false], ['ab[^c]', 'abc', false], ['ab[^e-g]', 'abc', true], ['a\\*b', 'a*b', true], ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true], ['a???b', 'a☺b', false], ['a?b', 'a/b', false], ['[a-ζ]*', 'α', true], ['[\\]a]', ']', true], ['[x\\-]', '-', true], ['*x', 'xxx', true], ['', '', true], ['', 'a', false],
  ];
  for (const [pattern, name, matches] of cases) assert.equal(pathMatch(pattern, name), matches, `${pattern} ${name}`);
});

test('what is no pattern is refused, whatever the name', () => {
  for (const pattern of ['[]a]', '[-]', '[x-]', '[-x]', '[', '[^', '[^bc', 'a[', '\\', 'a[b-', '[a-b-c]']) {
    assert.throws(() => pathMatch(pattern, 'ab'), (error) => isKind(error, 'internal') && /syntax error in pattern/.test(String(error)), pattern);
  }
});

test('many stars take no longer than pattern times name', () => {
  assert.equal(pathMatch('*a'.repeat(200) + 'b', 'a'.repeat(2000)), false);
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?') }), fc.string({ unit: fc.constantFrom('a', 'b', '/') }), (pattern, name) => {
    const expected = new RegExp(`^${pattern.replace(/\*+/g, '[^/]*').replace(/\?/g, '[^/]')}$`);
    assert.equal(pathMatch(pattern, name), expected.test(name));
  }));
});
