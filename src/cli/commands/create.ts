import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import { checkPullOption, createContainer } from '../create-container.ts';
import type { Flags } from '../flags.ts';
import { createBody, type CreateBody } from '../run-body.ts';
import { containerFlags, createFlags } from '../run-flags.ts';

export const create: Command = {
  use: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  short: 'Create a new container',
  flags: [...containerFlags, ...createFlags],
  min: 1,
  interspersed: false,
  run: runCreate,
};

async function runCreate(cli: Cli, flags: Flags, args: string[]): Promise<void> {
  let body: CreateBody;
  try {
    checkPullOption(flags.str('pull'));
    const api = await cli.api();
    body = createBody(flags, args, cli.config.proxies, api.host);
  } catch (error) {
    throw withHelp(error, 'create', 125);
  }
  cli.out.line(await createContainer(cli, flags, body));
}

/** Docker's way of reporting what went wrong before a container ran. */
export function withHelp(error: unknown, verb: string, code: number): StatusError {
  return new StatusError(code, `berth: ${error instanceof Error ? error.message : String(error)}\n\nRun 'berth ${verb} --help' for more information`);
}
