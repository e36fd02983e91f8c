import type { ProcessSpec, RuntimeSpec } from '#spec/runtime.ts';
import type { CgroupPaths } from './cgroup-paths.ts';
import { cloneDirectory, enterCgroups } from './cgroup-create.ts';
import { makeContext } from './context.ts';
import { becomeRoot, ownNamespaces } from './namespaces.ts';
import type { Op, Plan } from './plan.ts';
import { compileLabel, compileOom, compileProcess } from './process.ts';
import type { CompileInput, HostFacts } from './types.ts';

/** The running container that an exec joins. */
export interface ExecContainer {
  readonly id: string;
  /** The container's own spec: its namespaces, user mapping, seccomp and personality hold for execs too. */
  readonly spec: RuntimeSpec;
  readonly bundle: string;
  /** Identity of its init. */
  readonly pid: number;
  readonly startTime: number;
  readonly cgroups: CgroupPaths;
}

/** What surrounds an exec. */
export interface ExecOptions {
  readonly stdio: CompileInput['stdio'];
  readonly consoleSocket: string;
  readonly preserveFds: number;
  readonly noNewKeyring?: boolean;
}

/** The plan of a further process in a running container. Pure; throws invalidArgument for an impossible process. */
export function compileExec(process: ProcessSpec, container: ExecContainer, host: HostFacts, options: ExecOptions): Plan {
  const context = makeContext(container.id, container.spec, container.bundle, host);
  const ops: Op[] = [
    { kind: 'stdio', ...options.stdio },
    // Before the namespaces: the host's cgroup files cannot be reached from inside.
    ...enterCgroups(context, container.cgroups),
    { kind: 'ns.enter', pid: container.pid, startTime: container.startTime, flags: ownNamespaces(context) },
    { kind: 'ns.new', flags: 0, cgroup: cloneDirectory(container.cgroups) },
    ...compileOom(process),
    ...becomeRoot(context),
    ...(process.terminal ? [{ kind: 'console', socket: options.consoleSocket, bind: false } satisfies Op] : []),
    { kind: 'session' },
    ...compileLabel(context, process),
    ...compileProcess(context, process, { exec: true, createCwd: false, noNewKeyring: options.noNewKeyring ?? false, preserveFds: options.preserveFds, fifo: '' }),
  ];
  return { version: 1, ops, warnings: context.warnings };
}
