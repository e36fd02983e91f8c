import { program } from './cli.ts';
import type { FlagSpec } from './flags.ts';
import { common, entries, groups } from './registry.ts';
import { commandList, flagUsages, groupHelp } from './usage.ts';

/** The page of `berth --help`. */
export function rootPage(specs: readonly FlagSpec[], columns: number): string {
  const shorts = new Map(entries.flatMap((entry) => entry.paths.filter((path) => !path.includes(' ')).map((path) => [path, entry.short] as const)));
  const names = [...shorts.keys()].filter((name) => !common.includes(name)).sort();
  const pairs = (list: readonly string[]): (readonly [string, string])[] => list.map((name) => [name, shorts.get(name) ?? groups[name] ?? ''] as const);
  return `Usage:  ${program} [OPTIONS] COMMAND\n\nA container engine that shows what it does\n\n`
    + `Common Commands:\n${commandList(pairs(common), 11)}\n`
    + `Management Commands:\n${commandList(pairs(Object.keys(groups)), 11)}\n`
    + `Commands:\n${commandList(pairs(names), 11)}\n`
    + `Global Options:\n${flagUsages(specs, columns, false)}\n`
    + `Run '${program} COMMAND --help' for more information on a command.\n`;
}

/** The page of a group: `berth image --help`. */
export function groupPage(group: string): string {
  const commands = entries.flatMap((entry) => entry.paths.filter((path) => path.startsWith(`${group} `)).slice(0, group === 'explain' ? 2 : 1)
    .map((path) => [path.slice(group.length + 1), entry.short] as const));
  commands.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return groupHelp(`${program} ${group}`, groups[group] ?? '', commands);
}
