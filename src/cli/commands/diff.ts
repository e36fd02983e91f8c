import type { Command } from '../command.ts';

const LETTERS = ['C', 'A', 'D'];

export const diff: Command = {
  use: 'CONTAINER',
  short: "Inspect changes to files or directories on a container's filesystem",
  flags: [],
  min: 1,
  max: 1,
  run: async (cli, _flags, args) => {
    const api = await cli.api();
    // null: nothing has changed.
    const changes = (await api.call('ContainerChanges', { name: args[0] as string })) as { Kind: number; Path: string }[] | null;
    for (const { Kind, Path } of changes ?? []) cli.out.line(`${LETTERS[Kind] ?? ''} ${Path}`);
  },
};
