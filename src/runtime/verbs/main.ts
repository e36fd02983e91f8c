import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BerthError, fail, messageOf } from '#base/errors.ts';
import { OCI_VERSION } from '../default-spec.ts';
import type { Call, Flags, GlobalOptions, RuntimeDeps } from './deps.ts';
import { type FlagTable, NO_FLAGS, parseFlags } from './flags.ts';

const GLOBAL: FlagTable = {
  options: { 'root': 'text', 'log': 'text', 'log-format': 'text', 'debug': 'bool', 'systemd-cgroup': 'bool', 'rootless': 'text', 'criu': 'text', 'version': 'bool', 'help': 'bool' },
  short: { v: 'version', h: 'help' },
};

interface Verb {
  readonly flags: FlagTable;
  run(call: Call): Promise<number>;
}

// Loaded when asked for: engines start one process per call, and most verbs need neither the compiler nor sockets.
const VERBS: Readonly<Record<string, { readonly usage: string; load(): Promise<Verb> }>> = {
  create: { usage: '[--bundle DIR] [--pid-file FILE] [--console-socket PATH] ID', load: () => import('./create.ts').then((m) => ({ flags: m.CREATE_FLAGS, run: m.create })) },
  delete: { usage: '[--force] ID', load: () => import('./delete.ts').then((m) => ({ flags: m.DELETE_FLAGS, run: m.deleteContainer })) },
  events: { usage: '[--stats] [--interval 5s] ID', load: () => import('./events.ts').then((m) => ({ flags: m.EVENTS_FLAGS, run: m.events })) },
  exec: { usage: '[--detach] [--tty] [--process FILE] ID COMMAND [ARG...]', load: () => import('./exec.ts').then((m) => ({ flags: m.EXEC_FLAGS, run: m.exec })) },
  features: { usage: '', load: () => import('./features.ts').then((m) => ({ flags: NO_FLAGS, run: m.features })) },
  kill: { usage: '[--all] ID [SIGNAL]', load: () => import('./control.ts').then((m) => ({ flags: m.KILL_FLAGS, run: m.kill })) },
  list: { usage: '[--quiet] [--format table|json]', load: () => import('./show.ts').then((m) => ({ flags: m.LIST_FLAGS, run: m.list })) },
  pause: { usage: 'ID', load: () => import('./control.ts').then((m) => ({ flags: NO_FLAGS, run: m.pause })) },
  ps: { usage: '[--format table|json] ID', load: () => import('./show.ts').then((m) => ({ flags: m.PS_FLAGS, run: m.ps })) },
  resume: { usage: 'ID', load: () => import('./control.ts').then((m) => ({ flags: NO_FLAGS, run: m.resume })) },
  run: { usage: '[--bundle DIR] [--detach] [--pid-file FILE] [--console-socket PATH] ID', load: () => import('./run.ts').then((m) => ({ flags: m.RUN_FLAGS, run: m.run })) },
  spec: { usage: '[--bundle DIR] [--rootless]', load: () => import('./spec.ts').then((m) => ({ flags: m.SPEC_FLAGS, run: m.spec })) },
  start: { usage: 'ID', load: () => import('./start.ts').then((m) => ({ flags: NO_FLAGS, run: m.start })) },
  state: { usage: 'ID', load: () => import('./show.ts').then((m) => ({ flags: NO_FLAGS, run: m.state })) },
  update: { usage: '[--memory BYTES] [--cpu-quota US] [--pids-limit N] [--resources FILE] … ID', load: () => import('./update.ts').then((m) => ({ flags: m.UPDATE_FLAGS, run: m.update })) },
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
    const { flags: known, run } = await verb.load();
    const parsed = parseFlags(rest, known);
    return await run({ deps, global, ...parsed, warn: (text) => log(deps, global, 'warning', text) });
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
