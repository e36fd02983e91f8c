import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';

test('durations as Go reads them', () => {
  const cases: [string, bigint | undefined][] = [
    ['0', 0n],
    ['1s', 1_000_000_000n],
    ['1m30s', 90_000_000_000n],
    ['1.5h', 5_400_000_000_000n],
    ['-2ms', -2_000_000n],
    ['+3us', 3_000n],
    ['1µs', 1_000n],
    ['.5s', 500_000_000n],
    ['1.s', 1_000_000_000n],
    ['', undefined],
    ['1', undefined],
    ['s', undefined],
    ['.s', undefined],
    ['1x', undefined],
    ['1 s', undefined],
    ['1s ', undefined],
    ['--1s', undefined],
    ['9999999h', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseGoDuration(text), expected, text);
});

test('durations as Go prints them', () => {
  const cases: [bigint, string][] = [
    [0n, '0s'], [1n, '1ns'], [1_100n, '1.1µs'], [300_000_000n, '300ms'], [1_500_000n, '1.5ms'], [1_000_000_000n, '1s'], [1_500_000_001n, '1.500000001s'],
    [60_000_000_000n, '1m0s'], [90_000_000_000n, '1m30s'], [3_600_000_000_000n, '1h0m0s'], [-5_000_000n, '-5ms'],
  ];
  for (const [nanoseconds, expected] of cases) assert.equal(formatGoDuration(nanoseconds), expected);
});
