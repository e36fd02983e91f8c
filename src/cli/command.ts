import type { Cli } from './cli.ts';
import type { FlagSpec, Flags } from './flags.ts';

/** One command of the client. Every file in `commands/` exports them; `registry.ts` gives them their paths. */
export interface Command {
  /** What follows the command's path in usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]". */
  readonly use: string;
  readonly short: string;
  /** What help says instead of `short`. */
  readonly long?: string;
  readonly flags: readonly FlagSpec[];
  /** How many arguments it takes; `max` undefined is any number. */
  readonly min: number;
  readonly max?: number;
  /** False: flags end at the first argument, the rest belongs to the program in the container. */
  readonly interspersed?: boolean;
  /** Gives argv to `run` as it is: no flags are parsed, no help is offered. */
  readonly raw?: boolean;
  /** Returns the exit code; nothing is 0. */
  run(cli: Cli, flags: Flags, args: string[]): Promise<number | void>;
}

/** An error that ends the client with a code and a text of its own. An empty text prints nothing. */
export class StatusError extends Error {
  readonly code: number;
  readonly text: string;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
    this.text = text;
  }
}

/** The check on the number of arguments, with Docker's texts; undefined when right. `path` is "berth run". */
export function argumentError(command: Command, path: string, given: number): string | undefined {
  const { min, max } = command;
  if (max === undefined) {
    if (given >= min) return undefined;
    return usageError(path, command, `requires at least ${count(min)}`, 'See');
  }
  if (given >= min && given <= max) return undefined;
  if (max === 0) return usageError(path, command, 'accepts no arguments', 'Run');
  if (min === max) return usageError(path, command, `requires ${count(min)}`, 'Run');
  if (min === 0) return usageError(path, command, `requires at most ${count(max)}`, 'Run');
  return usageError(path, command, `requires at least ${min} and at most ${count(max)}`, 'Run');
}

function count(number: number): string {
  return `${number} ${number === 1 ? 'argument' : 'arguments'}`;
}

function usageError(path: string, command: Command, what: string, verb: string): string {
  const [program] = path.split(' ');
  return `${program}: '${path}' ${what}\n\nUsage:  ${useLine(path, command)}\n\n${verb} '${path} --help' for more information`;
}

/** "berth run [OPTIONS] IMAGE …" */
export function useLine(path: string, command: Command): string {
  return command.use === '' ? path : `${path} ${command.use}`;
}
