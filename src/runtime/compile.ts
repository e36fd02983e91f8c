import { fail } from '#base/errors.ts';
import { compileDeviceRules, compileResources } from './cgroup-resources.ts';
import { cloneDirectory, createCgroups, enterCgroups } from './cgroup-create.ts';
import { cgroupPaths } from './cgroup-paths.ts';
import { type Context, checkText, makeContext, processOf, warn } from './context.ts';
import { compileDevices } from './devices.ts';
import { compileHooks } from './hooks.ts';
import { compileRdt } from './rdt.ts';
import { compileMounts, needsDevices } from './mounts.ts';
import { becomeRoot, compileNamespaces, unshareCgroup } from './namespaces.ts';
import type { Op, Plan } from './plan.ts';
import { compileLabel, compileOom, compileProcess } from './process.ts';
import { compilePivot, compileRoot } from './root.ts';
import type { Compile, CompileInput, HostFacts } from './types.ts';

/** {@link Compile}: OCI config.json and host facts → the plan of a container's init. */
export const compile: Compile = (input: CompileInput, host: HostFacts): Plan => {
  const context = makeContext(input.id, input.spec, input.bundle, host);
  checkSpec(context);
  const process = processOf(input.spec);
  const cgroups = cgroupPaths(input, host);
  const mounts = compileMounts(context, cgroups);
  const devices = needsDevices(context);
  const resources = context.linux.resources;
  const rdt = compileRdt(context);
  const readonlyRoot = input.spec.root?.readonly === true;
  // A missing working directory is made while the root can still be written.
  const earlyCwd = readonlyRoot && input.createCwd && process.cwd !== '/';
  const ops: Op[] = [
    { kind: 'stdio', ...input.stdio },
    ...(input.log === undefined ? [] : [{ kind: 'log', ...input.log } satisfies Op]),
    ...createCgroups(context, cgroups),
    ...compileResources(resources, cgroups, host, { warn: (text) => warn(context, text) }),
    ...compileDeviceRules(resources, cgroups, host),
    ...rdt.create,
    ...compileNamespaces(context, host.cgroup.version === 2 || host.cgroup.unified !== '' ? cloneDirectory(cgroups) : ''),
    ...compileOom(process),
    ...netlink('shim', input.network?.host ?? []),
    ...becomeRoot(context),
    ...enterCgroups(context, cgroups),
    ...rdt.enter,
    ...unshareCgroup(context),
    ...netlink('init', input.network?.inside ?? []),
    ...compileNames(context),
    ...compileSysctls(context),
    ...compileRoot(context, input.rootMount),
    ...(input.links ?? []).map(({ path, target }): Op => ({ kind: 'symlink', target, path })),
    ...mounts.now,
    ...(devices ? compileDevices(context) : []),
    ...compileHooks(context, 'prestart'),
    ...compileHooks(context, 'createRuntime'),
    ...compileHooks(context, 'createContainer'),
    ...compileLabel(context, process),
    ...compilePivot(context, input.noPivot),
    ...(process.terminal ? [{ kind: 'console', socket: input.consoleSocket, bind: devices } satisfies Op] : []),
    ...mounts.late,
    ...hidden(context),
    ...(earlyCwd ? [{ kind: 'chdir', path: process.cwd, create: true } satisfies Op] : []),
    ...(readonlyRoot ? [{ kind: 'root.readonly' } satisfies Op] : []),
    { kind: 'session' },
    ...compileProcess(context, process, { exec: false, createCwd: input.createCwd && !earlyCwd, noNewKeyring: input.noNewKeyring ?? false, preserveFds: input.preserveFds, fifo: input.fifo }),
  ];
  return { version: 1, ops, warnings: context.warnings };
};

function checkSpec(context: Context): void {
  const version = context.spec.ociVersion ?? '';
  if (!/^1\.\d+\.\d+(-[0-9A-Za-z.+-]+)?$/.test(version)) fail('invalidArgument', `unsupported ociVersion ${JSON.stringify(version)}: 1.x is needed`);
  if (Object.keys(context.linux.netDevices ?? {}).length > 0) fail('notImplemented', 'linux.netDevices is not supported');
}

function netlink(side: 'shim' | 'init', steps: readonly { readonly note: string; readonly messages: readonly Uint8Array[] }[]): Op[] {
  return steps.map(({ note, messages }) => ({ kind: 'netlink', side, messages: [...messages], note }));
}

function compileNames(context: Context): Op[] {
  const { hostname = '', domainname = '' } = context.spec;
  const ops: Op[] = [];
  if (hostname !== '') ops.push({ kind: 'hostname', name: checkText('hostname', hostname) });
  if (domainname !== '') ops.push({ kind: 'domainname', name: checkText('domainname', domainname) });
  return ops;
}

const IPC_SYSCTLS: readonly string[] = ['kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni', 'kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced'];

// Only sysctls of namespaces that are the container's own: others would change the host (config-linux.md "sysctl").
function compileSysctls(context: Context): Op[] {
  const has = (type: string): boolean => (context.linux.namespaces ?? []).some((n) => n.type === type);
  return Object.entries(context.linux.sysctl ?? {}).map(([name, value]): Op => {
    const key = name.replaceAll('/', '.');
    checkText('linux.sysctl', value);
    if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_@:-]+)+$/.test(key)) fail('invalidArgument', `sysctl ${JSON.stringify(name)} is not a valid name`);
    const ipc = IPC_SYSCTLS.includes(key) || key.startsWith('fs.mqueue.');
    const uts = key === 'kernel.domainname' || key === 'kernel.hostname';
    const net = key.startsWith('net.');
    if (!ipc && !uts && !net) fail('invalidArgument', `sysctl ${JSON.stringify(key)} is not in a separate kernel namespace`);
    const missing = ipc && !has('ipc') ? 'IPC' : net && !has('network') ? 'network' : uts && !has('uts') ? 'UTS' : '';
    if (missing !== '') fail('invalidArgument', `sysctl ${JSON.stringify(key)} is not allowed in the hosts ${missing} namespace`);
    return { kind: 'sysctl', key, value };
  });
}

function hidden(context: Context): Op[] {
  const absolute = (property: string, path: string): string => (checkText(property, path).startsWith('/') ? path : fail('invalidArgument', `${property}: ${JSON.stringify(path)} is not absolute`));
  const label = context.host.lsm.selinux ? (context.linux.mountLabel ?? '') : '';
  return [
    ...(context.linux.readonlyPaths ?? []).map((path): Op => ({ kind: 'readonly', path: absolute('linux.readonlyPaths', path) })),
    ...(context.linux.maskedPaths ?? []).map((path): Op => ({ kind: 'mask', path: absolute('linux.maskedPaths', path), label })),
  ];
}
