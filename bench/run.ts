/**
 * Compares Berth with a real dockerd on this machine, alternating in one run, and prints a Markdown table. As root; see bench/run.
 *   --quick      one small round of everything: shows that it works, not how fast
 *   --only TEXT  only rows whose name contains TEXT (rows that read a log need the row that fills it)
 *   --rounds N   instead of 5
 *   --full       1,000 containers in the list instead of 200
 */
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { projectRoot } from '../tests/support/berth.ts';
import type { Case, Scale } from './case.ts';
import { allCases } from './cases.ts';
import { openArena } from './engines.ts';
import type { Arena, Contender } from './engines.ts';
import { describe, digits, summarize } from './statistics.ts';

const NORMAL: Scale = { rounds: 5, starts: 15, execs: 20, parallel: 40, listed: 200, idle: 20, lines: 200, shortLines: 4, input: 500, imageFiles: 25_000 };
const QUICK: Scale = { rounds: 1, starts: 2, execs: 2, parallel: 8, listed: 10, idle: 2, lines: 2, shortLines: 0.1, input: 2, imageFiles: 300 };

/** Every engine once a round, the first one changing from round to round. */
async function measure(test: Case, arena: Arena, rounds: number): Promise<[number[], number[]]> {
  const samples: [number[], number[]] = [[], []];
  for (const contender of arena.contenders) await test.prepare?.(contender);
  for (let round = 0; round < rounds; round++) {
    const order: readonly (0 | 1)[] = round % 2 === 0 ? [0, 1] : [1, 0];
    for (const index of order) samples[index].push(await test.sample(arena.contenders[index]));
  }
  for (const contender of arena.contenders) await test.cleanUp?.(contender);
  return samples;
}

/** How many times better Berth is, round by round. */
function ratios(test: Case, [theirs, ours]: [number[], number[]]): number[] {
  return theirs.map((sample, round) => {
    const own = ours[round] ?? Number.NaN;
    return test.better === 'less' ? sample / own : own / sample;
  });
}

function row(test: Case, samples: [number[], number[]]): string {
  const ratio = summarize(ratios(test, samples));
  const factor = `${digits(ratio.median)}× (${digits(ratio.min)}–${digits(ratio.max)})`;
  return `| ${test.name} | ${test.unit} | ${describe(summarize(samples[0]))} | ${describe(summarize(samples[1]))} | ${factor} |`;
}

async function versionOf({ engine }: Contender): Promise<string> {
  return engine.mustDocker(['version', '-f', '{{.Server.Version}}']);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, full: { type: 'boolean' }, only: { type: 'string' }, rounds: { type: 'string' } } });
  const scale = { ...(values.quick === true ? QUICK : NORMAL), ...(values.full === true && { listed: 1000 }), ...(values.rounds !== undefined && { rounds: Number(values.rounds) }) };
  await using arena = await openArena();
  for (const { engine } of arena.contenders) {
    await engine.mustDocker(['load', '-i', `${projectRoot}/build/base-image.tar`]);
    await engine.mustDocker(['run', '--rm', 'berth/base', 'true']); // the first start of a daemon is no typical one
  }
  const [theirs, ours] = [await versionOf(arena.contenders[0]), await versionOf(arena.contenders[1])];
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
  console.log(`Measured ${new Date().toISOString().slice(0, 10)} on ${machine}; both data roots on one journalled ext4 (loop device).`);
  console.log(`Median (min–max) of ${scale.rounds} alternating rounds; the factor is how many times better Berth is in the same round.\n`);
  console.log(`| work | unit | dockerd ${theirs} | Berth ${ours} | factor |\n|---|---|---|---|---|`);
  for (const test of allCases(scale, arena)) {
    if (values.only !== undefined && !test.name.includes(values.only)) continue;
    console.log(row(test, await measure(test, arena, test.rounds ?? scale.rounds)));
  }
}

await main();
