import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { must } from '../support/command.ts';

test('the benchmark measures every row against dockerd', async () => {
  const output = await must(process.execPath, [join(import.meta.dirname, '../../bench/run.ts'), '--quick'], { timeoutMs: 500_000 });
  const rows = output.split('\n').filter((line) => /^\| .* \| (ms|s|per s|MiB|MB\/s) \| [\d.]+ .* \| [\d.]+ .* \| [\d.]+× /.test(line));
  assert.equal(rows.length, 20, output);
});
