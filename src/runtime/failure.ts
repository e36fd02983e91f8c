import { BerthError, type ErrorKind } from '#base/errors.ts';
import { errnoName, errnoText } from '#kernel/errno.ts';
import type { Op, Plan, PlanFailure } from './plan.ts';

/** Exit code that Docker gives a container whose command cannot be run: 127 not found, 126 not executable. */
export type CommandExitCode = 126 | 127;

/**
 * What failed, in one sentence: what was tried on what, why, and where in the plan. Failures of the command itself have
 * exactly the words of runc (`exec: "foo": executable file not found in $PATH`), which clients look for.
 */
export function describeFailure(failure: PlanFailure, plan: Plan): string {
  const op = plan.ops[failure.step];
  const reason = reasonOf(failure);
  if (op === undefined) return `running the plan: ${withDetail(failure, reason)}`;
  const exact = exactText(op, failure, plan, reason);
  if (exact !== undefined) return exact;
  return `${attempt(op)}: ${withDetail(failure, reason, attempt(op))} (step ${failure.step + 1} of ${plan.ops.length})`;
}

/** {@link describeFailure} as an error; `data` has step, op, errno and, for the command, exitCode and program. */
export function planError(failure: PlanFailure, plan: Plan): BerthError {
  const op = plan.ops[failure.step]?.kind;
  const exitCode = commandExitCode(failure, plan);
  const program = op === 'exec' || op === 'exec.find' ? failure.detail || programOf(plan) : undefined;
  return new BerthError(kindOf(failure, exitCode), describeFailure(failure, plan), {
    data: { step: failure.step, op, errno: errnoName(failure.errno), ...(program === undefined ? {} : { program }), ...(exitCode === undefined ? {} : { exitCode }) },
  });
}

function programOf(plan: Plan): string {
  return plan.ops.findLast((op) => op.kind === 'exec.find')?.argv[0] ?? '';
}

/** 127 or 126 when the command itself could not be run, else undefined. */
export function commandExitCode(failure: PlanFailure, plan: Plan): CommandExitCode | undefined {
  const op = plan.ops[failure.step];
  if (op?.kind !== 'exec.find' && op?.kind !== 'exec' && op?.kind !== 'chdir') return undefined;
  const name = errnoName(failure.errno);
  if (name === 'ENOENT' || name === 'ENOTDIR') return 127;
  return op.kind === 'chdir' && name !== 'EACCES' ? undefined : 126;
}

function kindOf(failure: PlanFailure, exitCode: CommandExitCode | undefined): ErrorKind {
  if (exitCode !== undefined) return 'invalidArgument';
  const name = errnoName(failure.errno);
  return name === 'ENOSPC' || name === 'ENOMEM' || name === 'EMFILE' || name === 'ENFILE' || name === 'EAGAIN' || name === 'EDQUOT' ? 'exhausted' : 'internal';
}

function reasonOf(failure: PlanFailure): string {
  const name = errnoName(failure.errno);
  return failure.errno === 0 ? failure.detail || 'failed' : errnoText(name);
}

// The detail is left out where the sentence says it already.
function withDetail(failure: PlanFailure, reason: string, said: string = ''): string {
  return failure.detail === '' || failure.detail === reason || said.includes(failure.detail) ? reason : `${failure.detail}: ${reason}`;
}

function exactText(op: Op, failure: PlanFailure, plan: Plan, reason: string): string | undefined {
  const name = errnoName(failure.errno);
  if (op.kind === 'exec.find') {
    const program = op.argv[0] ?? '';
    const found = name !== 'ENOENT' && name !== 'ENOTDIR';
    // A directory is told like a file without permission to be run, as by runc.
    if (found) return `exec: ${JSON.stringify(program)}: ${name === 'EISDIR' ? errnoText('EACCES') : reason}`;
    return program.includes('/') ? `exec: ${JSON.stringify(program)}: stat ${program}: ${reason}` : `exec: ${JSON.stringify(program)}: executable file not found in $PATH`;
  }
  if (op.kind === 'exec') {
    return `exec ${failure.detail || programOf(plan)}: ${reason}`;
  }
  if (op.kind === 'chdir') return `chdir to cwd (${JSON.stringify(op.path)}) set in config.json failed: ${reason}`;
  return undefined;
}

type Attempt = { [K in Op['kind']]?: (op: Extract<Op, { kind: K }>) => string };

// Everything else is named by its kind and the object that explain shows.
const ATTEMPTS: Attempt = {
  'stdio': () => 'preparing standard input and output',
  'log': (op) => `opening the log ${op.path}`,
  'cgroup.create': (op) => `creating the cgroup ${op.path}`,
  'cgroup.set': (op) => `setting ${op.path} to ${JSON.stringify(op.data.trim())}`,
  'cgroup.inherit': (op) => `setting ${op.path} from its parent`,
  'cgroup.devices': (op) => `loading the device filter of ${op.path}`,
  'cgroup.enter': () => 'entering the cgroups of the container',
  'ns.join': (op) => `joining the ${op.note ?? ''} namespace ${op.path}`,
  'ns.enter': (op) => `joining the namespaces of process ${op.pid}`,
  'ns.time': () => 'making a time namespace',
  'ns.new': (op) => (op.flags === 0 ? 'making the process' : 'making the process in new namespaces'),
  'userns.map': () => 'mapping users and groups',
  'ns.unshare': () => 'making a cgroup namespace',
  'netlink': (op) => `setting up the network (${op.note ?? 'link'})`,
  'hook': (op) => `running the ${op.note ?? ''} hook ${op.path}`,
  'propagation': (op) => `setting the mount propagation of ${op.path}`,
  'mount': (op) => mountAttempt(op),
  'mount.attr': (op) => `setting mount attributes of ${op.target}`,
  'root.open': (op) => `opening the root ${op.path}`,
  'tmpfs.copyup': (op) => `mounting a tmpfs with a copy of its directory at ${op.target}`,
  'symlink': (op) => `linking ${op.path} to ${op.target}`,
  'mknod': (op) => `making the device ${op.path}`,
  'mask': (op) => `masking ${op.path}`,
  'readonly': (op) => `making ${op.path} read-only`,
  'console': (op) => (op.socket === '' ? 'making the terminal' : `making the terminal and handing it to ${op.socket}`),
  'pivot_root': () => 'entering the root',
  'root.readonly': () => 'making the root read-only',
  'root.propagation': () => 'setting the mount propagation of the root',
  'hostname': (op) => `setting the host name to ${JSON.stringify(op.name)}`,
  'domainname': (op) => `setting the domain name to ${JSON.stringify(op.name)}`,
  'sysctl': (op) => `setting sysctl ${op.key} to ${JSON.stringify(op.value)}`,
  'rlimit': (op) => `setting the limit ${op.note ?? String(op.resource)}`,
  'proc.oom': (op) => `setting oom_score_adj to ${op.score}`,
  'proc.scheduler': (op) => `setting the scheduler ${op.note ?? ''}`,
  'proc.ioprio': (op) => `setting the I/O priority ${op.note ?? ''}`,
  'proc.personality': (op) => `setting the personality ${op.note ?? ''}`,
  'proc.affinity': (op) => `setting the CPU affinity ${op.note ?? ''}`,
  'session': () => 'starting a session',
  'keyring': (op) => `making the session keyring ${op.name}`,
  'caps.bound': () => 'dropping capabilities from the bounding set',
  'ids': (op) => `becoming user ${op.uid} and group ${op.gid}`,
  'caps.set': () => 'setting capabilities',
  'no_new_privs': () => 'setting no_new_privs',
  'lsm': (op) => `applying the ${op.type === 'apparmor' ? 'AppArmor profile' : 'SELinux label'} ${op.label}`,
  'seccomp': () => 'loading the seccomp filter',
  'umask': () => 'setting the umask',
  'start.wait': () => 'waiting for start',
};

function attempt(op: Op): string {
  return ((ATTEMPTS[op.kind] as ((op: Op) => string) | undefined)?.(op) ?? op.kind).replace(/ {2,}/g, ' ').trim();
}

function mountAttempt(op: Extract<Op, { kind: 'mount' }>): string {
  if (op.note === 'root') return `mounting the root at ${op.target}`;
  if (op.note === 'propagation') return `setting the mount propagation of ${op.target}`;
  if (op.note === 'remount') return `remounting ${op.target}`;
  const what = op.fstype === '' ? op.source : op.source === op.fstype ? op.fstype : `${op.fstype} ${op.source}`;
  return `mounting ${what} at ${op.target}`;
}
