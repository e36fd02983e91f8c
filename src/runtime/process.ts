import { fail } from '#base/errors.ts';
import type { ProcessSpec } from '#spec/runtime.ts';
import { compileCapabilities } from './capabilities.ts';
import { type Context, checkProcess, checkText } from './context.ts';
import { compileHooks, hookState } from './hooks.ts';
import { compileRlimits, RLIMIT_NOFILE } from './limits.ts';
import type { Op } from './plan.ts';
import { compileScheduling } from './scheduling.ts';
import { compileSeccomp } from './seccomp/compile.ts';

/** What the last steps of an init and of an exec differ in. */
export interface ProcessOptions {
  readonly exec: boolean;
  readonly createCwd: boolean;
  readonly noNewKeyring: boolean;
  readonly preserveFds: number;
  /** Only of an init: where it waits for `start`. */
  readonly fifo: string;
}

/**
 * From a process in its namespaces and root to execve. The order is the kernel's: limits and scheduling need capabilities,
 * seccomp needs CAP_SYS_ADMIN unless no_new_privs is set (then it comes last, so that it need not allow what precedes it). The
 * limit of open files may be lower than what we have open: it comes after the last step that opens something.
 */
export function compileProcess(context: Context, process: ProcessSpec, options: ProcessOptions): Op[] {
  checkProcess(process);
  const nnp = process.noNewPrivileges ?? false;
  const { bound, set } = compileCapabilities(context, process.capabilities);
  const seccomp = compileFilter(context);
  const { uid, gid, additionalGids = [], umask } = process.user ?? { uid: 0, gid: 0 };
  const argv = process.args ?? [];
  const env = process.env ?? [];
  const rlimits = compileRlimits(context, process.rlimits);
  const files = rlimits.find((op) => op.resource === RLIMIT_NOFILE);
  return [
    ...(options.noNewKeyring ? [] : [{ kind: 'keyring', name: `_ses.${context.id}` } satisfies Op]),
    ...rlimits.filter((op) => op !== files),
    ...compileScheduling(process, context.linux, options.exec),
    ...(nnp ? [{ kind: 'no_new_privs' } satisfies Op] : []),
    { kind: 'chdir', path: process.cwd, create: options.createCwd },
    ...(files === undefined ? [] : [files]),
    ...(nnp ? [] : seccomp),
    bound,
    { kind: 'ids', uid, gid, groups: [...additionalGids], setgroups: !(context.userns && context.host.rootless) },
    set,
    { kind: 'umask', mask: (umask ?? 0o022) & 0o777 },
    { kind: 'exec.find', argv: [...argv], env: [...env], setHome: true },
    ...(nnp ? seccomp : []),
    ...(options.exec ? [] : [{ kind: 'start.wait', fifo: options.fifo } satisfies Op, ...compileHooks(context, 'startContainer')]),
    { kind: 'exec', preserveFds: options.preserveFds },
  ];
}

/** Security label for the next exec. Labels of a module that the host does not run are refused, except `unconfined`. */
export function compileLabel(context: Context, process: ProcessSpec): Op[] {
  const ops: Op[] = [];
  const { apparmorProfile = '', selinuxLabel = '' } = process;
  if (apparmorProfile !== '') {
    checkText('process.apparmorProfile', apparmorProfile);
    if (context.host.lsm.apparmor) ops.push({ kind: 'lsm', type: 'apparmor', label: apparmorProfile });
    else if (apparmorProfile !== 'unconfined') fail('invalidArgument', `process.apparmorProfile ${JSON.stringify(apparmorProfile)}: AppArmor is not enabled on this host`);
  }
  if (selinuxLabel !== '') {
    checkText('process.selinuxLabel', selinuxLabel);
    if (!context.host.lsm.selinux) fail('invalidArgument', 'selinux label is specified in config, but selinux is disabled or not supported');
    ops.push({ kind: 'lsm', type: 'selinux', label: selinuxLabel });
  }
  return ops;
}

/** The OOM score of the process, set from outside right after its birth. */
export function compileOom(process: ProcessSpec): Op[] {
  const score = process.oomScoreAdj;
  if (score === undefined) return [];
  if (!Number.isInteger(score) || score < -1000 || score > 1000) fail('invalidArgument', `process.oomScoreAdj: ${score} is not within -1000 and 1000`);
  return [{ kind: 'proc.oom', score }];
}

function compileFilter(context: Context): Op[] {
  const spec = context.linux.seccomp;
  if (spec === undefined) return [];
  const { program, flags } = compileSeccomp(spec, context.host.arch);
  const [prefix, suffix] = hookState(context, 'creating');
  const listener = spec.listenerPath ?? '';
  // Documented as containerProcessState in runtime-spec config-linux.md; the shim replaces the pid as for hooks.
  const listenerMetadata = listener === '' ? '' : JSON.stringify({ ociVersion: context.spec.ociVersion, metadata: spec.listenerMetadata ?? '', state: JSON.parse(`${prefix}0${suffix}`) as object });
  return [{ kind: 'seccomp', program, flags, listener: checkText('linux.seccomp.listenerPath', listener), listenerMetadata, note: `${program.length / 8} instructions` }];
}
