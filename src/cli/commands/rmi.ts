import { isKind } from '#base/errors.ts';
import type { Command } from '../command.ts';
import { BOOL, STRINGS } from '../flag-types.ts';
import { checkPlatform } from '../platform.ts';

export const rmi: Command = {
  use: '[OPTIONS] IMAGE [IMAGE...]',
  short: 'Remove one or more images',
  flags: [
    { name: 'force', short: 'f', type: BOOL, usage: 'Force removal of the image' },
    { name: 'no-prune', type: BOOL, usage: 'Do not delete untagged parents' },
    { name: 'platform', type: STRINGS, usage: 'Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")' },
  ],
  min: 1,
  run: async (cli, flags, args) => {
    flags.list('platform').forEach(checkPlatform);
    const api = await cli.api();
    const errors: string[] = [];
    let fatal = false;
    for (const name of args) {
      try {
        const removed = await api.call('ImageDelete', {
          name,
          query: { force: flags.bool('force') || undefined, noprune: flags.bool('no-prune') || undefined, platforms: platforms(flags.list('platform')) },
        });
        for (const one of removed) cli.out.line(one.Deleted ? `Deleted: ${one.Deleted}` : `Untagged: ${one.Untagged ?? ''}`);
      } catch (error) {
        if (!isKind(error, 'notFound')) fatal = true;
        errors.push((error as Error).message);
      }
    }
    if (errors.length === 0) return;
    const text = errors.join('\n');
    // Missing images are no failure when removal is forced.
    if (fatal || !flags.bool('force')) throw new Error(text);
    cli.err.line(text);
  },
};

function platforms(list: readonly string[]): string[] {
  return list.map((one) => {
    const [os, architecture, variant] = one.split('/');
    return JSON.stringify({ os, architecture, ...(variant && { variant }) });
  });
}
