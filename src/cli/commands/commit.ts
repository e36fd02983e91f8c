import type { Command } from '../command.ts';
import { BOOL, LIST, STRING } from '../flag-types.ts';
import { parseReference } from '../reference.ts';

export const commit: Command = {
  use: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  short: "Create a new image from a container's changes",
  flags: [
    { name: 'pause', short: 'p', type: BOOL, usage: 'Pause container during commit', shown: 'true', initial: true },
    { name: 'message', short: 'm', type: STRING, usage: 'Commit message' },
    { name: 'author', short: 'a', type: STRING, usage: 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")' },
    { name: 'change', short: 'c', type: LIST, usage: 'Apply Dockerfile instruction to the created image' },
  ],
  min: 1,
  max: 2,
  run: async (cli, flags, [container = '', reference = '']) => {
    const name = reference === '' ? undefined : parseReference(reference);
    if (name !== undefined && name.digest !== '') throw new Error('refusing to create a tag with a digest reference');
    const api = await cli.api();
    const answer = await api.call('ImageCommit', {
      query: {
        container, repo: name?.name ?? '', tag: name?.tag ?? '', comment: flags.str('message'), author: flags.str('author'), changes: flags.list('change'),
        pause: flags.bool('pause') ? undefined : '0',
      },
      // Nothing: the container's own configuration.
      body: undefined as unknown as Record<string, never>,
    });
    cli.out.line(answer.Id);
  },
};
