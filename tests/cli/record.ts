import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cases as everyday } from './cases.ts';
import { resourceCases } from './cases-resources.ts';
import { type Behaviour, behaviour } from './clients.ts';
import { errorCases } from './error-cases.ts';

/** Records what Docker's own client (28.2, on PATH) does with every case: `node tests/cli/record.ts`. */

const directory = mkdtempSync(join(tmpdir(), 'berth-record-'));
const golden: Record<string, Behaviour> = {};
for (const [index, one] of [...everyday, ...resourceCases, ...errorCases].entries()) {
  golden[JSON.stringify([one.argv, one.stdin ?? ''])] = await behaviour(['docker'], one, `${directory}/${index}.sock`);
}
writeFileSync(new URL('golden.json', import.meta.url), `${JSON.stringify(golden, null, 1)}\n`);
rmSync(directory, { recursive: true });
