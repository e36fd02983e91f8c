/**
 * Runs scripts against two dockerds and prints what differs: a script that is not the same twice proves nothing about Berth.
 * self-check.ts [--show] [--berth] [NAME…]; --show prints the transcripts, --berth takes Berth as the second engine. For writing scripts; not part of ./test.
 */
import { startBerth } from '../support/berth.ts';
import { uniqueId } from '../support/command.ts';
import { startOracle } from '../support/oracle.ts';
import { difference } from './normalize.ts';
import { loadBase, scriptNames, transcript } from './transcript.ts';

async function main(args: readonly string[]): Promise<void> {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const id = uniqueId();
  await using first = await startOracle(`${id}1`);
  await using second = args.includes('--berth') ? await startBerth(`${id}2`) : await startOracle(`${id}2`);
  const baseIds = await loadBase(first.engine);
  await loadBase(second.engine);
  for (const name of wanted.length > 0 ? wanted : scriptNames()) {
    const [a = '', b = ''] = await Promise.all([first, second].map(({ engine }) => transcript({ engine, programs: first.root, baseIds }, name).catch(String)));
    const unlike = difference(a, b);
    console.log(`${unlike === '' ? '✔' : '✖'} ${name}`);
    if (args.includes('--show')) console.log(a);
    if (unlike !== '') console.log(unlike);
    if (unlike !== '') process.exitCode = 1;
  }
}

await main(process.argv.slice(2));
