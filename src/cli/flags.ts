import { quote } from '#base/go-quote.ts';

/**
 * Command-line flags with the rules of pflag, which Docker's client follows: clusters of shorthands, `--flag=value`,
 * flags whose value may be omitted, parsing that stops at the first argument, and its error texts.
 */

/** How one kind of flag reads its values. */
export interface FlagType<T> {
  /** The word that help shows after the flag's name; empty for switches. */
  readonly label: string;
  /** The value when the flag is given without one (pflag's NoOptDefVal). */
  readonly bare?: string;
  readonly initial: T;
  /** Reads one occurrence; `old` is what earlier occurrences gave (the initial value at first). Throws an Error with the reason. */
  parse(raw: string, old: T): T;
}

export interface FlagSpec<T = unknown> {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType<T>;
  readonly usage: string;
  /** Shown in help as `(default …)`, exactly so. */
  readonly shown?: string;
  readonly initial?: T;
  readonly hidden?: boolean;
  /** Docker's client has no such flag: help lists it in a block of its own. */
  readonly own?: boolean;
  /** Text after "has been deprecated, "; deprecated flags are hidden too. */
  readonly deprecated?: string;
}

/** What went wrong on the command line; the dispatcher adds usage and the exit code 125. */
export class FlagError extends Error {}

/** The flags of one invocation. */
export class Flags {
  readonly #values = new Map<string, unknown>();
  readonly #changed = new Set<string>();

  set(name: string, value: unknown, changed: boolean): void {
    this.#values.set(name, value);
    if (changed) this.#changed.add(name);
  }

  /** The value of a declared flag. Asking for an undeclared one gives undefined. */
  get<T>(name: string): T {
    return this.#values.get(name) as T;
  }

  bool(name: string): boolean {
    return this.#values.get(name) === true;
  }

  str(name: string): string {
    return (this.#values.get(name) as string | undefined) ?? '';
  }

  int(name: string): number {
    return (this.#values.get(name) as number | undefined) ?? 0;
  }

  list(name: string): string[] {
    return (this.#values.get(name) as string[] | undefined) ?? [];
  }

  /** True when the flag stood on the command line. */
  changed(name: string): boolean {
    return this.#changed.has(name);
  }
}

export interface Parsed {
  readonly flags: Flags;
  readonly args: string[];
  /** `--help` or its shorthand was given; parsing stopped there. */
  readonly help: boolean;
  /** Lines to show before anything else ("Flag --x has been deprecated, …"). */
  readonly notices: readonly string[];
}

interface State {
  readonly long: Map<string, FlagSpec>;
  readonly short: Map<string, FlagSpec>;
  readonly flags: Flags;
  readonly notices: string[];
  help: boolean;
}

/** Notice that Docker prints when help is asked by its old shorthand. */
export const helpShorthandNotice = 'Flag shorthand -h has been deprecated, use --help';

/**
 * Parses `argv` by `specs`. With `interspersed` false, everything from the first argument on is left alone.
 * Every command has `--help` and (unless it uses the letter itself) `-h`. Throws {@link FlagError}.
 */
export function parseFlags(specs: readonly FlagSpec[], argv: readonly string[], interspersed: boolean): Parsed {
  const state: State = { long: new Map(), short: new Map(), flags: new Flags(), notices: [], help: false };
  for (const spec of specs) {
    state.long.set(spec.name, spec);
    if (spec.short !== undefined) state.short.set(spec.short, spec);
    state.flags.set(spec.name, spec.initial ?? spec.type.initial, false);
  }
  const args: string[] = [];
  const rest = [...argv];
  while (rest.length > 0 && !state.help) {
    const arg = rest.shift() as string;
    if (arg === '--') {
      args.push(...rest);
      break;
    }
    if (arg.length < 2 || !arg.startsWith('-')) {
      args.push(arg);
      if (interspersed) continue;
      args.push(...rest);
      break;
    }
    if (arg.startsWith('--')) parseLong(state, arg.slice(2), arg, rest);
    else parseCluster(state, arg.slice(1), rest);
  }
  return { flags: state.flags, args, help: state.help, notices: state.notices };
}

function parseLong(state: State, body: string, arg: string, rest: string[]): void {
  if (body.startsWith('-') || body.startsWith('=')) throw new FlagError(`bad flag syntax: ${arg}`);
  const equals = body.indexOf('=');
  const name = equals < 0 ? body : body.slice(0, equals);
  const spec = state.long.get(name);
  if (spec === undefined) {
    if (name !== 'help') throw new FlagError(`unknown flag: --${name}`);
    state.help = equals < 0 || parseBool(body.slice(equals + 1));
    return;
  }
  if (equals >= 0) assign(state, spec, body.slice(equals + 1));
  else if (spec.type.bare !== undefined) assign(state, spec, spec.type.bare);
  else if (rest.length > 0) assign(state, spec, rest.shift() as string);
  else throw new FlagError(`flag needs an argument: --${name}`);
}

function parseCluster(state: State, cluster: string, rest: string[]): void {
  let left = cluster;
  while (left !== '' && !state.help) {
    const letter = left[0] as string;
    const spec = state.short.get(letter);
    if (spec === undefined) {
      if (letter !== 'h') throw new FlagError(`unknown shorthand flag: '${letter}' in -${left}`);
      state.notices.push(helpShorthandNotice);
      state.help = true;
      return;
    }
    const tail = left.slice(1);
    if (tail.length > 1 && tail.startsWith('=')) return assign(state, spec, tail.slice(1));
    if (spec.type.bare !== undefined) {
      assign(state, spec, spec.type.bare);
      left = tail;
    } else if (tail !== '') return assign(state, spec, tail);
    else if (rest.length > 0) return assign(state, spec, rest.shift() as string);
    else throw new FlagError(`flag needs an argument: '${letter}' in -${left}`);
  }
}

function assign(state: State, spec: FlagSpec, raw: string): void {
  let value: unknown;
  try {
    value = spec.type.parse(raw, state.flags.get(spec.name));
  } catch (error) {
    const label = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
    throw new FlagError(`invalid argument ${quote(raw)} for ${quote(label)} flag: ${(error as Error).message}`);
  }
  state.flags.set(spec.name, value, true);
  if (spec.deprecated !== undefined) state.notices.push(`Flag --${spec.name} has been deprecated, ${spec.deprecated}`);
}

/** Go's strconv.ParseBool. */
export function parseBool(raw: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(raw)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(raw)) return false;
  throw new Error(`strconv.ParseBool: parsing ${quote(raw)}: invalid syntax`);
}
