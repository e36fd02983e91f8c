import type { FlagSpec } from './flags.ts';

/** Help pages in the shape of Docker's (cobra's templates with pflag's wrapping). */

const helpFlag: FlagSpec = { name: 'help', usage: 'Print usage', type: { label: '', bare: 'true', initial: false, parse: () => true } };

/** The block below "Options:", wrapped to `columns`. `withHelp` lists `--help` itself, as commands do whose `-h` is taken. */
export function flagUsages(specs: readonly FlagSpec[], columns: number, withHelp: boolean): string {
  const visible = [...specs.filter((spec) => spec.hidden !== true && spec.deprecated === undefined), ...(withHelp ? [helpFlag] : [])];
  visible.sort((a, b) => (a.name < b.name ? -1 : 1));
  const heads = visible.map(head);
  const widest = Math.max(...heads.map((text) => text.length));
  let out = '';
  for (const [index, spec] of visible.entries()) {
    const usage = spec.shown === undefined ? spec.usage : `${spec.usage} (default ${spec.shown})`;
    out += `${(heads[index] as string).padEnd(widest + 2)} ${wrap(widest + 3, columns, usage)}\n`;
  }
  return out;
}

function head(spec: FlagSpec): string {
  const name = spec.short === undefined ? `      --${spec.name}` : `  -${spec.short}, --${spec.name}`;
  return spec.type.label === '' ? name : `${name} ${spec.type.label}`;
}

// pflag's wrapping: cut at the last blank before the limit, unless no more than five characters would be left over.
function wrap(indent: number, columns: number, text: string): string {
  const slop = 5;
  let at = indent;
  let limit = columns - at;
  let out = '';
  if (limit < 24) {
    at = 16;
    limit = columns - at;
    out = `\n${' '.repeat(at)}`;
  }
  if (limit < 24) return text.replaceAll('\n', out);
  limit -= slop;
  const pad = `\n${' '.repeat(at)}`;
  let rest = text;
  let first = true;
  while (first || rest !== '') {
    const [line, left] = takeLine(limit, slop, rest);
    out += (first ? '' : pad) + line.replaceAll('\n', pad);
    rest = left;
    first = false;
  }
  return out;
}

function takeLine(limit: number, slop: number, text: string): [string, string] {
  if (limit + slop > text.length) return [text, ''];
  const start = text.slice(0, limit);
  const blank = Math.max(start.lastIndexOf(' '), start.lastIndexOf('\t'), start.lastIndexOf('\n'));
  if (blank <= 0) return [text, ''];
  const newline = start.lastIndexOf('\n');
  const at = newline > 0 && newline < blank ? newline : blank;
  return [text.slice(0, at), text.slice(at + 1)];
}

export interface HelpPage {
  /** "berth run [OPTIONS] IMAGE [COMMAND] [ARG...]" */
  readonly useLine: string;
  readonly short: string;
  /** Full paths, the first being the canonical one. */
  readonly aliases?: readonly string[];
  readonly flags: readonly FlagSpec[];
  readonly listHelpFlag?: boolean;
  readonly columns: number;
}

/** The page of one command. */
export function commandHelp(page: HelpPage): string {
  let out = `Usage:  ${page.useLine}\n\n${page.short}\n`;
  if (page.aliases !== undefined && page.aliases.length > 0) out += `\nAliases:\n  ${page.aliases.join(', ')}\n`;
  const own = page.flags.filter((spec) => spec.own === true);
  const shared = page.flags.filter((spec) => spec.own !== true);
  if (shared.some((spec) => spec.hidden !== true)) out += `\nOptions:\n${flagUsages(shared, page.columns, page.listHelpFlag === true)}`;
  if (own.length > 0) out += `\nBerth's own options:\n${flagUsages(own, page.columns, false)}`;
  return out;
}

/** The page of a group ("berth image"): its commands with one line each. */
export function groupHelp(path: string, short: string, commands: readonly (readonly [name: string, short: string])[]): string {
  return `Usage:  ${path} COMMAND\n\n${short}\n\nCommands:\n${commandList(commands, 11)}\nRun '${path} COMMAND --help' for more information on a command.\n`;
}

/** Names padded to one column, then their descriptions. */
export function commandList(commands: readonly (readonly [name: string, short: string])[], width: number): string {
  const widest = Math.max(width, ...commands.map(([name]) => name.length));
  return commands.map(([name, short]) => `  ${name.padEnd(widest)} ${short}\n`).join('');
}
