import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from './go-duration.ts';

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
