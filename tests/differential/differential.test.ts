import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBerth } from '../support/berth.ts';
import type { BerthUnderTest } from '../support/berth.ts';
import { uniqueId } from '../support/command.ts';
import { belongings, expectNoLeaks } from '../support/leaks.ts';
import type { Belongings } from '../support/leaks.ts';
import { startOracle } from '../support/oracle.ts';
import type { Oracle } from '../support/oracle.ts';
import { difference } from './normalize.ts';
import { knownDifferences, loadBase, scriptNames, transcript } from './transcript.ts';

let oracle: Oracle;
let berth: BerthUnderTest;
let clean: Belongings;
let baseIds: string[];

before(async () => {
  const id = uniqueId();
  oracle = await startOracle(id);
  berth = await startBerth(id);
  baseIds = await loadBase(oracle.engine);
  assert.deepEqual(await loadBase(berth.engine), baseIds, 'ids of the base image');
  await berth.engine.mustDocker(['run', '--rm', 'berth/base', 'true']);
  clean = await belongings(berth);
});

after(async () => {
  await berth?.[Symbol.asyncDispose]();
  await oracle?.[Symbol.asyncDispose]();
});

const known = knownDifferences();

test('every known difference has a script', () => {
  assert.deepEqual([...known.keys()].filter((name) => !scriptNames().includes(name)), []);
});

for (const name of scriptNames()) {
  const reason = known.get(name);
  test(`${name}: Berth answers ${reason === undefined ? 'as dockerd does' : `otherwise (${reason})`}, and leaves nothing behind`, async () => {
    const [expected, actual] = await Promise.all([oracle, berth].map(({ engine }) => transcript({ engine, programs: oracle.root, baseIds }, name)));
    const unlike = difference(expected ?? '', actual ?? '');
    if (reason !== undefined) assert.ok(unlike !== '', `scripts/${name}.sh does not differ any more: remove it from known-differences.txt`);
    else assert.ok(unlike === '', `scripts/${name}.sh differs (- dockerd, + Berth):\n${unlike}`);
    await expectNoLeaks(berth, clean, 20_000); // idle threads have ended by then
  });
}
