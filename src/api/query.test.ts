import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeQuery, parseBool, parseFilters, parseInteger, parseTimestamp } from './query.ts';

test("Docker's booleans", () => {
  for (const no of ['', '0', 'no', 'No', 'false', 'FALSE', 'none', ' 0 ']) assert.equal(parseBool(no), false, no);
  for (const yes of ['1', 'true', 'True', 'yes', 'x', '2']) assert.equal(parseBool(yes), true, yes);
});

test("numbers, with Go's errors", () => {
  assert.equal(parseInteger('-1'), -1);
  assert.throws(() => parseInteger('x'), { message: 'strconv.Atoi: parsing "x": invalid syntax' });
  assert.throws(() => parseInteger('99999999999999999999'), { message: 'strconv.Atoi: parsing "99999999999999999999": value out of range' });
});

test('timestamps keep all nine decimals', () => {
  assert.equal(parseTimestamp('1700000000.000000001'), 1_700_000_000_000_000_001n);
  assert.equal(parseTimestamp('1700000000.5'), 1_700_000_000_500_000_000n);
  assert.equal(parseTimestamp('0'), 0n);
  assert.throws(() => parseTimestamp('abc'), { message: 'strconv.ParseInt: parsing "abc": invalid syntax' });
  fc.assert(fc.property(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanoseconds) => {
    assert.equal(parseTimestamp(`${seconds}.${String(nanoseconds).padStart(9, '0')}`), BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
  }));
});

test('both forms of filters', () => {
  assert.deepEqual([...parseFilters('{"status":["running","exited"]}')], [['status', ['running', 'exited']]]);
  assert.deepEqual([...parseFilters('{"label":{"a=b":true,"c":false}}')], [['label', ['a=b']]]);
  assert.equal(parseFilters('').size, 0);
  for (const wrong of ['{bad', '[]', '{"status":{"running":"x"}}', '3', '{"a":[1]}']) assert.throws(() => parseFilters(wrong), { message: 'invalid filter' }, wrong);
});

test('every parameter of the descriptor is there', () => {
  assert.deepEqual(decodeQuery({ all: 'bool', limit: 'int', names: 'string[]', name: 'string' }, new URLSearchParams('all=1&names=a&names=b&other=x')), {
    all: true, limit: undefined, names: ['a', 'b'], name: undefined,
  });
});
