import type { Command } from '../command.ts';

/** `berth daemon` and `berth runtime`: their own command lines, parsed by themselves. */

export const daemon: Command = {
  use: '[OPTIONS]', short: 'Run the daemon', flags: [], min: 0, raw: true,
  run: (cli, _flags, args) => cli.ports.daemon(args),
};

export const runtime: Command = {
  use: '[OPTIONS] COMMAND', short: 'Run or manage one container as an OCI runtime', flags: [], min: 0, raw: true,
  run: (cli, _flags, args) => cli.ports.runtime(args),
};
