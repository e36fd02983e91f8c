import type { Verdict } from '#api/schema.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL } from '../flag-types.ts';
import { indentJson } from '../go-json.ts';

/** `berth why NAME`: why a container ended, with the evidence. */
export const why: Command = {
  use: '[OPTIONS] CONTAINER',
  short: 'Tell why a container ended, with the evidence',
  flags: [
    { name: 'all', short: 'a', type: BOOL, usage: 'Show all ends that are kept, not only the last one' },
    { name: 'json', type: BOOL, usage: 'Print the answer as JSON' },
  ],
  min: 1,
  max: 1,
  run: runWhy,
};

async function runWhy(cli: Cli, flags: Flags, args: string[]): Promise<number> {
  const api = await cli.api();
  const name = args[0] as string;
  if (flags.bool('json')) {
    cli.out.line(indentJson(await api.text('ContainerWhy', { name }), '', '  '));
    return 0;
  }
  const answer = await api.call('ContainerWhy', { name });
  if (answer.running) cli.out.line(`${answer.name} is ${answer.status}.${answer.verdicts.length > 0 ? ' Its last end:' : ''}`);
  else if (answer.verdicts.length === 0) cli.out.line(`${answer.name} has not ended: it is ${answer.status}.`);
  const shown = flags.bool('all') ? answer.verdicts : answer.verdicts.slice(0, 1);
  shown.forEach((verdict, index) => {
    if (index > 0) cli.out.line('');
    for (const line of verdictLines(verdict)) cli.out.line(line);
  });
  return 0;
}

function verdictLines({ summary, evidence, hints, exitCode, finishedAt, logTail }: Verdict): string[] {
  const lines = [summary, `  ended    ${finishedAt}, exit code ${exitCode}`];
  evidence.forEach((sentence, index) => lines.push(`  ${index === 0 ? 'evidence' : '        '} ${sentence}`));
  hints.forEach((hint, index) => lines.push(`  ${index === 0 ? 'hint    ' : '        '} ${hint}`));
  logTail.forEach((line, index) => lines.push(`  ${index === 0 ? 'log     ' : '        '} ${line}`));
  return lines;
}
