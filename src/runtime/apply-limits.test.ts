import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { applyLimits } from './apply-limits.ts';
import type { Op } from './plan.ts';

test('an update is all or nothing, but for its optional steps', () => {
  const dir = mkdtempSync(join(tmpdir(), 'limits-'));
  const set = (file: string, data: string, optional = false): Op => ({ kind: 'cgroup.set', path: `${dir}/${file}`, data, optional });
  const content = (): string[] => ['a', 'b'].map((file) => readFileSync(`${dir}/${file}`, 'utf8'));
  try {
    writeFileSync(`${dir}/a`, '1\n');
    writeFileSync(`${dir}/b`, '');
    mkdirSync(`${dir}/refuses`);
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    applyLimits([set('a', '2'), set('refuses', 'x', true), set('b', '3')], warn);
    assert.deepEqual([content(), warnings.length], [['2', '3'], 1]);
    assert.throws(() => applyLimits([set('a', '4'), set('a', '5'), set('b', '6'), set('refuses', 'x')], warn), /refuses/);
    assert.deepEqual(content(), ['2', '3']);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
