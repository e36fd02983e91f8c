import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL } from '../flag-types.ts';
import { indentJson } from '../go-json.ts';
import { createBody } from '../run-body.ts';
import { containerFlags, runFlags } from '../run-flags.ts';
import { withHelp } from './create.ts';

/** `berth explain run …`: the flags of `run`, and `--json`. */
export const explain: Command = {
  use: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  short: 'Print every step of starting a container, without running it',
  flags: [...containerFlags, ...runFlags, { name: 'json', type: BOOL, usage: 'Print the plan as JSON' }],
  min: 1,
  interspersed: false,
  run: runExplain,
};

interface Explanation {
  readonly warnings: readonly string[];
  /** One printed line per step. */
  readonly lines: readonly string[];
}

async function runExplain(cli: Cli, flags: Flags, args: string[]): Promise<void> {
  const api = await cli.api();
  let body;
  try {
    body = createBody(flags, args, cli.config.proxies, api.host);
  } catch (error) {
    throw withHelp(error, 'explain run', 125);
  }
  const answer = await api.text('Explain', { query: { name: flags.str('name') || undefined }, body });
  if (flags.bool('json')) {
    cli.out.line(indentJson(answer, '', '  '));
    return;
  }
  const explanation = JSON.parse(answer) as Explanation;
  for (const warning of explanation.warnings) cli.err.line(`WARNING: ${warning}`);
  for (const line of explanation.lines) cli.out.line(line);
}
