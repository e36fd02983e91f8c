import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BerthError, fail, messageOf } from '#base/errors.ts';
import { OCI_VERSION } from '../default-spec.ts';
import { kill, KILL_FLAGS, NO_FLAGS, pause, resume } from './control.ts';
import { create, CREATE_FLAGS } from './create.ts';
import { DELETE_FLAGS, deleteContainer } from './delete.ts';
import type { Call, Flags, GlobalOptions, RuntimeDeps } from './deps.ts';
import { events, EVENTS_FLAGS } from './events.ts';
import { exec, EXEC_FLAGS } from './exec.ts';
import { features } from './features.ts';
import { type FlagTable, parseFlags } from './flags.ts';
import { run, RUN_FLAGS } from './run.ts';
import { list, LIST_FLAGS, ps, PS_FLAGS, state } from './show.ts';
import { spec, SPEC_FLAGS } from './spec.ts';
import { start, START_FLAGS } from './start.ts';
import { update, UPDATE_FLAGS } from './update.ts';

const GLOBAL: FlagTable = {
  options: { 'root': 'text', 'log': 'text', 'log-format': 'text', 'debug': 'bool', 'systemd-cgroup': 'bool', 'rootless': 'text', 'criu': 'text', 'version': 'bool', 'help': 'bool' },
  short: { v: 'version', h: 'help' },
};

interface Verb {
  readonly flags: FlagTable;
  readonly usage: string;
  run(call: Call): Promise<number>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  create: { flags: CREATE_FLAGS, run: create, usage: '[--bundle DIR] [--pid-file FILE] [--console-socket PATH] ID' },
  delete: { flags: DELETE_FLAGS, run: deleteContainer, usage: '[--force] ID' },
  events: { flags: EVENTS_FLAGS, run: events, usage: '[--stats] [--interval 5s] ID' },
  exec: { flags: EXEC_FLAGS, run: exec, usage: '[--detach] [--tty] [--process FILE] ID COMMAND [ARG...]' },
  features: { flags: NO_FLAGS, run: features, usage: '' },
  kill: { flags: KILL_FLAGS, run: kill, usage: '[--all] ID [SIGNAL]' },
  list: { flags: LIST_FLAGS, run: list, usage: '[--quiet] [--format table|json]' },
  pause: { flags: NO_FLAGS, run: pause, usage: 'ID' },
  ps: { flags: PS_FLAGS, run: ps, usage: '[--format table|json] ID' },
  resume: { flags: NO_FLAGS, run: resume, usage: 'ID' },
  run: { flags: RUN_FLAGS, run, usage: '[--bundle DIR] [--detach] [--pid-file FILE] [--console-socket PATH] ID' },
  spec: { flags: SPEC_FLAGS, run: spec, usage: '[--bundle DIR] [--rootless]' },
  start: { flags: START_FLAGS, run: start, usage: 'ID' },
  state: { flags: NO_FLAGS, run: state, usage: 'ID' },
  update: { flags: UPDATE_FLAGS, run: update, usage: '[--memory BYTES] [--cpu-quota US] [--pids-limit N] [--resources FILE] … ID' },
};

/** `berth runtime ARGV…`: an OCI runtime with runc's command line. Returns the exit code; errors are written and logged. */
export async function runRuntime(argv: readonly string[], deps: RuntimeDeps): Promise<number> {
  let global: GlobalOptions = { root: '', log: '', logFormat: 'text', debug: false };
  try {
    const { flags, args } = parseFlags(argv, GLOBAL);
    global = globalOptions(flags, deps);
    const [name, ...rest] = args;
    if (flags.bool('version')) return say(deps, `berth runtime\nspec: ${OCI_VERSION}\n`);
    if (flags.bool('help') || name === undefined || name === 'help') return say(deps, usage());
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb === undefined) fail('invalidArgument', `No help topic for '${name}'`);
    if (['-h', '--help'].includes(rest[0] ?? '')) return say(deps, `Usage: berth runtime ${name} ${verb.usage}\n`);
    const parsed = parseFlags(rest, verb.flags);
    return await verb.run({ deps, global, ...parsed, warn: (text) => log(deps, global, 'warning', text) });
  } catch (error) {
    const text = messageOf(error);
    log(deps, global, 'error', text);
    if (global.log !== '') deps.writeError(`${text}\n`);
    if (global.debug && !(error instanceof BerthError)) deps.writeError(`${(error as Error).stack ?? ''}\n`);
    return 1;
  }
}

function globalOptions(flags: Flags, deps: RuntimeDeps): GlobalOptions {
  const format = flags.text('log-format') || 'text';
  if (format !== 'text' && format !== 'json') fail('invalidArgument', `invalid log-format: ${format}`);
  return {
    root: resolve(deps.cwd, flags.text('root') || '/run/berth/runtime'),
    log: flags.text('log') === '' ? '' : resolve(deps.cwd, flags.text('log')),
    logFormat: format,
    debug: flags.bool('debug'),
  };
}

// Lines as logrus writes them: containerd and podman read the last error from the log.
function log(deps: RuntimeDeps, global: GlobalOptions, level: 'error' | 'warning', msg: string): void {
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const line = global.logFormat === 'json' ? `${JSON.stringify({ level, msg, time })}\n` : `time="${time}" level=${level} msg=${JSON.stringify(msg)}\n`;
  if (global.log === '') return deps.writeError(line);
  try {
    appendFileSync(global.log, line, { mode: 0o644 });
  } catch (error) {
    deps.writeError(`writing the log ${global.log}: ${messageOf(error)}\n${line}`);
  }
}

function say(deps: RuntimeDeps, text: string): number {
  deps.write(text);
  return 0;
}

function usage(): string {
  const lines = Object.entries(VERBS).map(([name, verb]) => `  ${name.padEnd(10)}${verb.usage}`.trimEnd());
  return `Usage: berth runtime [--root DIR] [--log FILE] [--log-format text|json] [--debug] COMMAND\n\nCommands:\n${lines.join('\n')}\n`;
}
