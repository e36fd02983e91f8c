import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { GoRegexp } from './regexp.ts';

it('GoRegexp agrees with JavaScript where both have the same syntax', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '^', '$', '(?:a|b)', '(a|)', '1');
  const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{0,2}', '{1,}')).map(([one, sign]) => (/^(\^|\$|\\b)$/.test(one) ? one : one + sign));
  const pattern = fc.array(fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('')), { minLength: 1, maxLength: 3 }).map((branches) => branches.join('|'));
  fc.assert(fc.property(pattern, fc.stringMatching(/^[ab1 \n]{0,8}$/), (source, text) => {
    assert.equal(new GoRegexp(source).test(text), new RegExp(source).test(text), JSON.stringify([source, text]));
  }), { numRuns: 2000 });
});

it('GoRegexp knows Go\'s own syntax', () => {
  const yes: [string, string][] = [
    ['(?i)^e1$', 'E1'], ['[[:alpha:]_]+\\z', 'a_'], ['\\A\\pL\\p{Greek}', 'xα'], ['(?P<n>a)(?<m>b)', 'ab'], ['(?s)a.b', 'a\nb'], ['(?m)^b$', 'a\nb\nc'],
    ['\\Qa.b\\E', 'a.b'], ['a{,2}', 'a{,2}'], ['[]a]', ']'], ['[a-]', '-'], ['\\x41\\x{42}\\103', 'ABC'], ['(?i:A)b', 'ab'], ['', ''], ['[^\\d]', 'x'], ['a*?b', 'b'],
  ];
  for (const [pattern, text] of yes) assert.ok(new GoRegexp(pattern).test(text), pattern);
  const no: [string, string][] = [['(?i:A)b', 'aB'], ['\\Bb', 'b'], ['[[:^digit:]]', '12'], ['^b', 'a\nb'], ['\\P{L}', 'é']];
  for (const [pattern, text] of no) assert.ok(!new GoRegexp(pattern).test(text), pattern);
});

it('GoRegexp refuses with Go\'s texts', () => {
  const wrong: [string, string][] = [
    ['[', 'missing closing ]: `[`'], ['(', 'missing closing ): `(`'], ['a)', 'unexpected ): `a)`'], ['*', 'missing argument to repetition operator: `*`'],
    ['a**', 'invalid nested repetition operator: `**`'], ['(?=x)', 'invalid or unsupported Perl syntax: `(?=`'], ['[z-a]', 'invalid character class range: `z-a`'],
    ['\\y', 'invalid escape sequence: `\\y`'], ['\\1', 'invalid escape sequence: `\\1`'], ['a{1001}', 'invalid repeat count: `{1001}`'], ['a\\', 'trailing backslash at end of expression: ``'],
    ['[[:x:]]', 'invalid character class range: `[:x:]`'], ['\\p{Nope}', 'invalid character class range: `\\p{Nope}`'], ['(?P<1 2>x)', 'invalid named capture: `(?P<1 2>`'],
    ['((a{1000}){1000})', 'expression too large: `((a{1000}){1000})`'],
  ];
  for (const [pattern, text] of wrong) assert.throws(() => new GoRegexp(pattern), { message: `error parsing regexp: ${text}` }, pattern);
});

it('GoRegexp does not backtrack', () => {
  assert.equal(new GoRegexp('^(a+)+$').test(`${'a'.repeat(5000)}b`), false);
  assert.throws(() => new GoRegexp('('.repeat(100_000)), /nests too deeply/);
});
