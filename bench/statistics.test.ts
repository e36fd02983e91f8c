import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, summarize } from './statistics.ts';

test('the median of an even number of samples lies between the middle two', () => {
  assert.deepEqual(summarize([4, 1, 3, 2]), { min: 1, median: 2.5, max: 4 });
  assert.deepEqual(summarize([7]), { min: 7, median: 7, max: 7 });
  assert.equal(describe({ min: 1, median: 12.34, max: 456.7 }), '12.3 (1.00–457)');
});
