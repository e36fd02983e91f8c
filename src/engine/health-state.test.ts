import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterProbe, healthDocument, healthSettings, probeDelay, startingHealth, unwatched } from './health-state.ts';
import type { Health, HealthSettings } from './health-state.ts';

const result = (ExitCode: number): { Start: string; End: string; ExitCode: number; Output: string } => ({ Start: 's', End: 'e', ExitCode, Output: `code ${ExitCode}` });
const settings = (check: object = {}): HealthSettings => healthSettings({ Healthcheck: { Test: ['CMD', 'true'], ...check } }) as HealthSettings;

test('a check names its command, with the shell in front for CMD-SHELL, and has Docker’s defaults', () => {
  assert.deepEqual(settings(), { command: ['true'], interval: 30_000, timeout: 30_000, startPeriod: 0, startInterval: 5_000, retries: 3 });
  assert.deepEqual(healthSettings({ Healthcheck: { Test: ['CMD-SHELL', 'exit 1'], Interval: 2_500_000, Retries: 7 } })?.command, ['/bin/sh', '-c', 'exit 1']);
  assert.deepEqual(healthSettings({ Shell: ['/bin/sh', '-ec'], Healthcheck: { Test: ['CMD-SHELL', 'x'], Interval: 2_500_000 } }), { ...settings(), command: ['/bin/sh', '-ec', 'x'], interval: 2.5 });
  for (const Test of [['NONE'], [], ['NONSENSE', 'x'], undefined]) assert.equal(healthSettings({ Healthcheck: { Test } }), undefined);
  assert.equal(healthSettings({}), undefined);
});

test('failures in a row make it unhealthy, one success heals it', () => {
  let health: Health = startingHealth(undefined);
  const seen: string[] = [];
  for (const code of [1, 1, 0, 1, -1, 137, 1, 0]) {
    health = afterProbe(settings(), health, result(code), 1000);
    seen.push(`${health.status} ${health.failingStreak}`);
  }
  assert.deepEqual(seen, ['starting 1', 'starting 2', 'healthy 0', 'healthy 1', 'healthy 2', 'unhealthy 3', 'unhealthy 4', 'healthy 0']);
  assert.deepEqual(health.log.map(({ ExitCode }) => ExitCode), [1, -1, 137, 1, 0], 'the last five are kept');
});

test('within the start period failures are kept but do not count, until something succeeded', () => {
  const patient = settings({ StartPeriod: 10e9, Retries: 1 });
  const failed = afterProbe(patient, startingHealth(undefined), result(1), 9_999);
  assert.deepEqual(healthDocument(failed), { Status: 'starting', FailingStreak: 0, Log: [result(1)] });
  assert.equal(afterProbe(patient, failed, result(1), 10_000).status, 'unhealthy');
  assert.equal(afterProbe(patient, afterProbe(patient, failed, result(0), 5_000), result(1), 6_000).status, 'unhealthy');
});

test('probes come faster while a start period lasts and nothing succeeded', () => {
  const patient = settings({ StartPeriod: 10e9, StartInterval: 1e9 });
  const starting = startingHealth(undefined);
  assert.equal(probeDelay(patient, starting, 0), 1_000);
  assert.equal(probeDelay(patient, starting, 10_000), 30_000);
  assert.equal(probeDelay(patient, { ...starting, status: 'healthy' }, 0), 30_000);
});

test('a new run starts anew with the old results, and nobody watching means unhealthy', () => {
  const health = afterProbe(settings(), startingHealth(undefined), result(0), 0);
  assert.deepEqual(startingHealth(health), { status: 'starting', failingStreak: 0, log: [result(0)] });
  assert.equal(unwatched(health).status, 'unhealthy');
});
