import { fail } from '#base/errors.ts';
import { cgroupPids } from '#kernel/cgroup.ts';
import { processTable } from '#kernel/process-table.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';
import { type Container, listContainers, loadContainer, loadSpec } from './state.ts';

export const LIST_FLAGS: FlagTable = { options: { format: 'text', quiet: 'bool' }, short: { f: 'format', q: 'quiet' } };
export const PS_FLAGS: FlagTable = { options: { format: 'text' }, short: { f: 'format' } };

/** `state`: what is known of a container, as JSON. */
export async function state(call: Call): Promise<number> {
  call.deps.write(`${JSON.stringify(describe(loadContainer(call.global.root, call.args[0])), null, 2)}\n`);
  return 0;
}

/** `list`: a table, JSON or only ids. */
export async function list(call: Call): Promise<number> {
  const format = call.flags.text('format') || 'table';
  const containers = listContainers(call.global.root);
  if (call.flags.bool('quiet')) {
    for (const { record } of containers) call.deps.write(`${record.id}\n`);
    return 0;
  }
  if (format === 'json') call.deps.write(`${JSON.stringify(containers.map(describe))}\n`);
  else if (format === 'table') call.deps.write(table([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...containers.map(listRow)], 12, 3));
  else fail('invalidArgument', 'invalid format option');
  return 0;
}

/** `ps`: the processes of a container, as `ps -ef` shows them or as JSON. */
export async function ps(call: Call): Promise<number> {
  const { record } = loadContainer(call.global.root, call.args[0]);
  const format = call.flags.text('format') || 'table';
  const pids = cgroupPids(record.cgroups);
  if (format === 'json') {
    call.deps.write(`${JSON.stringify(pids)}\n`);
    return 0;
  }
  if (format !== 'table') fail('invalidArgument', 'invalid format option');
  if (call.args.length > 1 && call.args.slice(1).join(' ') !== '-ef') fail('notImplemented', 'ps: only the columns of ps -ef are supported');
  const { titles, rows } = processTable(pids);
  call.deps.write(table([titles, ...rows], 0, 1));
  return 0;
}

function describe(container: Container): Record<string, unknown> {
  const { record, status, directory } = container;
  const spec = loadSpec(directory);
  return {
    ociVersion: spec.ociVersion,
    id: record.id,
    pid: status === 'stopped' ? 0 : record.pid,
    status,
    bundle: record.bundle,
    rootfs: record.rootfs,
    created: record.created,
    ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
    owner: record.owner,
  };
}

function listRow({ record, status }: Container): string[] {
  return [record.id, String(status === 'stopped' ? 0 : record.pid), status, record.bundle, record.created, record.owner];
}

// Columns as Go's tabwriter makes them: at least `least` wide, `gap` spaces between (the last is not padded).
function table(rows: readonly (readonly string[])[], least: number, gap: number): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(least, ...rows.map((row) => (row[column] ?? '').length + gap)));
  return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('')}\n`).join('');
}
