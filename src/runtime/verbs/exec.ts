import { posix, resolve } from 'node:path';
import { BerthError, fail, kindOf, messageOf } from '#base/errors.ts';
import type { ProcessSpec, RuntimeSpec } from '#spec/runtime.ts';
import { compileExec } from '../compile-exec.ts';
import { describeFailure } from '../failure.ts';
import type { Plan } from '../plan.ts';
import { readProcess } from './bundle.ts';
import { checkTerminal, consolePath, writePidFile } from './create.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';
import { preservedFds } from './preserve.ts';
import { type Created, runOneshot, warningLines } from './shim.ts';
import { type Container, loadContainer, loadSpec } from './state.ts';
import { runForeground } from './supervise.ts';

export const EXEC_FLAGS: FlagTable = {
  options: {
    'process': 'text', 'pid-file': 'text', 'detach': 'bool', 'tty': 'bool', 'console-socket': 'text', 'pidfd-socket': 'text', 'user': 'text', 'additional-gids': 'list',
    'env': 'list', 'cwd': 'text', 'cap': 'list', 'apparmor': 'text', 'process-label': 'text', 'no-new-privs': 'bool', 'preserve-fds': 'text', 'cgroup': 'list', 'ignore-paused': 'bool',
  },
  short: { p: 'process', d: 'detach', t: 'tty', u: 'user', g: 'additional-gids', e: 'env', c: 'cap' },
};

/** `exec`: a further process in a running container; in the foreground the exit code is the program's. */
export async function exec(call: Call): Promise<number> {
  const { flags, deps, args, global } = call;
  const container = loadContainer(global.root, args[0]);
  if (container.status === 'stopped') fail('conflict', 'cannot exec in a stopped container');
  if (container.status === 'paused' && !flags.bool('ignore-paused')) fail('conflict', 'cannot exec in a paused container (use --ignore-paused to override)');
  const spec = loadSpec(container.directory);
  const process = flags.has('process') ? readProcess(resolve(deps.cwd, flags.text('process'))) : processFrom(call, spec);
  const detach = flags.bool('detach');
  const terminal = process.terminal === true;
  const socket = consolePath(deps.cwd, flags.text('console-socket'));
  checkTerminal(terminal, socket, detach);
  if (flags.has('pidfd-socket')) fail('notImplemented', 'the option --pidfd-socket is not supported');
  const { record } = container;
  const plan = compileExec(
    process,
    { id: record.id, spec, bundle: record.bundle, pid: record.pid, startTime: record.startTime, cgroups: subCgroups(container, flags.list('cgroup')) },
    deps.facts(),
    {
      stdio: { terminal, stdin: true, stdinOnce: false, inherit: detach || !terminal, rows: process.consoleSize?.height ?? 0, cols: process.consoleSize?.width ?? 0 },
      consoleSocket: socket,
      preserveFds: preservedFds(call, 0),
    },
  );
  return words(() => execute(call, plan, container, terminal, detach));
}

async function execute(call: Call, plan: Plan, container: Container, terminal: boolean, detach: boolean): Promise<number> {
  const created = (process: Created): void => {
    for (const line of warningLines(plan, process, describeFailure)) call.warn(line);
    writePidFile(call, process.pid);
  };
  if (!detach) return runForeground(call.deps, { plan, terminal, waits: false, created });
  created(await runOneshot(call.deps, plan, container.directory));
  return 0;
}

async function words(action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    throw new BerthError(kindOf(error), `exec failed: unable to start container process: ${messageOf(error)}`, { cause: error });
  }
}

// The container's own process with another command, changed by the options.
function processFrom(call: Call, spec: RuntimeSpec): ProcessSpec {
  const { flags, args } = call;
  const base = spec.process ?? fail('invalidArgument', 'the container has no process to take settings from');
  if (args.length < 2) fail('invalidArgument', 'process args cannot be empty');
  const caps = flags.list('cap');
  const add = (names: string[] | undefined): string[] => [...new Set([...(names ?? []), ...caps])];
  const { bounding, effective, permitted } = base.capabilities ?? {};
  return {
    ...base,
    args: args.slice(1),
    terminal: flags.bool('tty'),
    env: [...(base.env ?? []), ...flags.list('env')],
    cwd: flags.text('cwd') || base.cwd,
    user: userFrom(call, base),
    ...(caps.length === 0 ? {} : { capabilities: { ...base.capabilities, bounding: add(bounding), effective: add(effective), permitted: add(permitted) } }),
    ...(flags.has('apparmor') ? { apparmorProfile: flags.text('apparmor') } : {}),
    ...(flags.has('process-label') ? { selinuxLabel: flags.text('process-label') } : {}),
    ...(flags.has('no-new-privs') ? { noNewPrivileges: flags.bool('no-new-privs') } : {}),
  };
}

function userFrom({ flags }: Call, base: ProcessSpec): ProcessSpec['user'] {
  const more = flags.list('additional-gids').map((text) => toId(text));
  const gids = [...(base.user.additionalGids ?? []), ...more];
  const [uid, gid] = flags.text('user').split(':');
  return {
    ...base.user,
    ...(uid === undefined || uid === '' ? {} : { uid: toId(uid) }),
    ...(gid === undefined ? {} : { gid: toId(gid) }),
    ...(gids.length === 0 ? {} : { additionalGids: gids }),
  };
}

function toId(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) : fail('invalidArgument', `${JSON.stringify(text)} is not a numeric id`);
}

// --cgroup PATH below the container's own, or CONTROLLER[,CONTROLLER]:PATH on v1.
function subCgroups({ record }: Container, asked: readonly string[]): Readonly<Record<string, string>> {
  const paths: Record<string, string> = { ...record.cgroups };
  for (const text of asked) {
    const [, names, path = ''] = /^(?:([^/:]+):)?(.*)$/.exec(text) ?? [];
    const chosen = names === undefined ? Object.keys(record.cgroups) : names.split(',');
    for (const name of chosen) {
      const own = record.cgroups[name] ?? fail('invalidArgument', `--cgroup: the container has no cgroup controller ${name}`);
      paths[name] = posix.join(own, posix.normalize(`/${path}`));
    }
  }
  return paths;
}
