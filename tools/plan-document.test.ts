import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PLAN_DOCUMENT, planDocument } from './plan-document.ts';

test('docs/PLAN.md is what the codec says', () => {
  assert.ok(readFileSync(PLAN_DOCUMENT, 'utf8') === planDocument(), 'docs/PLAN.md is old: run node tools/plan-document.ts');
});
