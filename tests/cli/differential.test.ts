import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { cases as everyday } from './cases.ts';
import { resourceCases } from './cases-resources.ts';
import { type Behaviour, behaviour } from './clients.ts';
import { errorCases } from './error-cases.ts';

// The oracle is Docker's own client 28.2: golden.json holds what it did with every case (record.ts makes it).
const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as Record<string, Behaviour>;
const cases = [...everyday, ...resourceCases, ...errorCases];
const directory = mkdtempSync(join(tmpdir(), 'berth-cli-'));
const bundle = join(directory, 'berth.cjs');

describe('the client behaves like Docker\'s', { concurrency: 2 }, () => {
  before(async () => {
    const entry = new URL('../../src/main/cli.ts', import.meta.url).pathname;
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', outfile: bundle, external: ['./daemon.ts', './runtime.ts'], logLevel: 'error' });
  });
  after(() => rmSync(directory, { recursive: true }));
  for (const [index, one] of cases.entries()) {
    it(`${index}: ${one.argv.join(' ')}`, async () => {
      const expected = golden[JSON.stringify([one.argv, one.stdin ?? ''])];
      assert.ok(expected !== undefined, 'not recorded: run record.ts');
      // "--" keeps Node itself from reading our --env-file.
      const actual = await behaviour([process.execPath, '--', bundle], one, `${directory}/${index}.sock`);
      const comparable = expected.requests.length === 0 ? { ...actual, requests: [] } : actual;
      assert.deepEqual(comparable, expected);
    });
  }
});
