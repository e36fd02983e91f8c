import { encodeFilters } from '#client/encode.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import { filtersOf } from '../filters.ts';
import type { Flags, FlagSpec } from '../flags.ts';
import { BOOL, FILTER } from '../flag-types.ts';
import { humanSize } from '../units.ts';

const filterFlag: FlagSpec = { name: 'filter', type: FILTER, usage: 'Provide filter values (e.g. "until=<timestamp>")' };
const forceFlag: FlagSpec = { name: 'force', short: 'f', type: BOOL, usage: 'Do not prompt for confirmation' };

export const containerPrune: Command = {
  use: '[OPTIONS]', short: 'Remove all stopped containers', flags: [filterFlag, forceFlag], min: 0, max: 0,
  run: async (cli, flags) => {
    if (!flags.bool('force') && !(await confirmed(cli, 'WARNING! This will remove all stopped containers.'))) return;
    const api = await cli.api();
    const report = await api.raw.json<{ ContainersDeleted?: string[] | null; SpaceReclaimed?: number }>({
      method: 'POST', path: '/containers/prune', query: { filters: encodeFilters(filtersOf(flags)) },
    });
    const deleted = report.ContainersDeleted ?? [];
    if (deleted.length > 0) cli.out.text(`Deleted Containers:\n${deleted.map((id) => `${id}\n`).join('')}\n`);
    cli.out.line(`Total reclaimed space: ${humanSize(report.SpaceReclaimed ?? 0)}`);
  },
};

export const imagePrune: Command = {
  use: '[OPTIONS]', short: 'Remove unused images', min: 0, max: 0,
  flags: [{ name: 'all', short: 'a', type: BOOL, usage: 'Remove all unused images, not just dangling ones' }, filterFlag, forceFlag],
  run: runImagePrune,
};

async function runImagePrune(cli: Cli, flags: Flags): Promise<void> {
  const warning = flags.bool('all')
    ? 'WARNING! This will remove all images without at least one container associated to them.'
    : 'WARNING! This will remove all dangling images.';
  if (!flags.bool('force') && !(await confirmed(cli, warning))) return;
  const filters = filtersOf(flags).set('dangling', [String(!flags.bool('all'))]);
  const api = await cli.api();
  const report = await api.raw.json<{ ImagesDeleted?: { Untagged?: string; Deleted?: string }[] | null; SpaceReclaimed?: number }>({
    method: 'POST', path: '/images/prune', query: { filters: encodeFilters(filters) },
  });
  const deleted = report.ImagesDeleted ?? [];
  if (deleted.length > 0) cli.out.text(`Deleted Images:\n${deleted.map((one) => (one.Untagged ? `untagged: ${one.Untagged}\n` : `deleted: ${one.Deleted ?? ''}\n`)).join('')}\n`);
  cli.out.line(`Total reclaimed space: ${humanSize(report.SpaceReclaimed ?? 0)}`);
}

/** Asks on the terminal; anything but y is no. */
async function confirmed(cli: Cli, warning: string): Promise<boolean> {
  cli.out.text(`${warning}\nAre you sure you want to continue? [y/N] `);
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    return line.trim().toLowerCase() === 'y';
  }
  return false;
}
