import type { Command } from '../command.ts';
import { align } from '../tabwriter.ts';

export const top: Command = {
  use: 'CONTAINER [ps OPTIONS]',
  short: 'Display the running processes of a container',
  flags: [],
  min: 1,
  interspersed: false,
  run: async (cli, _flags, args) => {
    const api = await cli.api();
    const answer = await api.call('ContainerTop', {
      name: args[0] as string,
      query: { ps_args: args.length > 1 ? args.slice(1).join(' ') : undefined },
    });
    cli.out.line(align([answer.Titles, ...answer.Processes].map((cells) => cells.join('\t')).join('\n'), 20));
  },
};
