import type { HostFacts } from '#spec/host.ts';
import type { Programs } from '#kernel/types.ts';

/** What the verbs of `berth runtime` are given. */
export interface RuntimeDeps {
  readonly programs: Programs;
  /** The berth-shim program. */
  readonly shimPath: string;
  facts(): HostFacts;
  write(text: string): void;
  writeError(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The options before the verb. */
export interface GlobalOptions {
  readonly root: string;
  readonly log: string;
  readonly logFormat: 'text' | 'json';
  readonly debug: boolean;
}

/** One call of a verb: its options and what follows them. */
export interface Call {
  readonly deps: RuntimeDeps;
  readonly global: GlobalOptions;
  readonly flags: Flags;
  readonly args: readonly string[];
  /** Adds a warning to the log. */
  warn(text: string): void;
}

/** Parsed options of a verb, by their long names. */
export interface Flags {
  text(name: string): string;
  list(name: string): readonly string[];
  bool(name: string): boolean;
  has(name: string): boolean;
}
