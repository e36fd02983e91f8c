import { fail } from '#base/errors.ts';
import type { Flags } from './deps.ts';

/** Options by name: `bool`, `text` (the last one counts) or `list`. Short names map to long ones. */
export interface FlagTable {
  readonly options: Readonly<Record<string, 'bool' | 'text' | 'list'>>;
  readonly short?: Readonly<Record<string, string>>;
}

/** A verb without options. */
export const NO_FLAGS: FlagTable = { options: {} };

/**
 * Parses options as Go's flag package does, which runc's command line follows: one dash or two, `--name value` or
 * `--name=value`, booleans `--name` or `--name=false`; the first argument that is no option, or `--`, ends them.
 */
export function parseFlags(argv: readonly string[], table: FlagTable): { readonly flags: Flags; readonly args: readonly string[] } {
  const values = new Map<string, string[]>();
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word);
    if (match === null) break;
    const given = match[1] ?? '';
    const name = table.short?.[given] ?? given;
    const type = table.options[name] ?? fail('invalidArgument', `flag provided but not defined: -${given}`);
    let value = match[2];
    if (type === 'bool') value ??= 'true';
    else if (value === undefined) value = argv[++at] ?? fail('invalidArgument', `flag needs an argument: -${given}`);
    values.set(name, type === 'list' ? [...(values.get(name) ?? []), value] : [value]);
  }
  return { flags: makeFlags(values), args: argv.slice(at) };
}

function makeFlags(values: ReadonlyMap<string, readonly string[]>): Flags {
  return {
    text: (name) => values.get(name)?.at(-1) ?? '',
    list: (name) => values.get(name) ?? [],
    bool: (name) => ['true', '1', 't'].includes(values.get(name)?.at(-1) ?? 'false'),
    has: (name) => values.has(name),
  };
}

/** A whole number of an option; invalidArgument else. */
export function numberFlag(flags: Flags, name: string): number | undefined {
  if (!flags.has(name)) return undefined;
  const text = flags.text(name);
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value)) fail('invalidArgument', `invalid value ${JSON.stringify(text)} for flag -${name}`);
  return value;
}
