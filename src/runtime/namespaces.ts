import { fail } from '#base/errors.ts';
import type { IdMapping, NamespaceType } from '#spec/runtime.ts';
import { type Context, checkText, namespaceOf } from './context.ts';
import { CLONE } from './linux.ts';
import type { Op } from './plan.ts';

/** CLONE_NEW* bit of each namespace type. */
export const NAMESPACE_FLAGS: Readonly<Record<NamespaceType, number>> = {
  pid: CLONE.NEWPID,
  network: CLONE.NEWNET,
  mount: CLONE.NEWNS,
  ipc: CLONE.NEWIPC,
  uts: CLONE.NEWUTS,
  user: CLONE.NEWUSER,
  cgroup: CLONE.NEWCGROUP,
  time: CLONE.NEWTIME,
};

// The user namespace last: until then the stage has the host's capabilities, which hold over every namespace below.
const JOIN_ORDER: readonly NamespaceType[] = ['ipc', 'uts', 'network', 'pid', 'cgroup', 'time', 'mount', 'user'];

/** Everything up to the birth of the init: joins on the stage, time namespace, clone with the new namespaces, id maps. */
export function compileNamespaces(context: Context, cgroup: string): Op[] {
  checkNamespaces(context);
  const ops: Op[] = [];
  for (const type of JOIN_ORDER) {
    const path = namespaceOf(context, type)?.path;
    if (path !== undefined && path !== '') ops.push({ kind: 'ns.join', path: checkText('linux.namespaces', path), flag: NAMESPACE_FLAGS[type], note: type });
  }
  if (isNew(context, 'time')) ops.push({ kind: 'ns.time', offsets: timeOffsets(context) });
  else if (context.linux.timeOffsets !== undefined && Object.keys(context.linux.timeOffsets).length > 0) {
    fail('invalidArgument', 'linux.timeOffsets needs a new time namespace');
  }
  // The cgroup namespace's root is the cgroup of its maker, so it is unshared after the init entered its cgroup; time has its own step.
  const flags = (context.linux.namespaces ?? [])
    .filter((n) => isNew(context, n.type) && n.type !== 'cgroup' && n.type !== 'time')
    .reduce((sum, n) => sum | NAMESPACE_FLAGS[n.type], 0);
  ops.push({ kind: 'ns.new', flags, cgroup });
  return [...ops, ...compileUserMaps(context)];
}

/** Ops of the init right after its birth in a user namespace: become its root, or files could not be made. */
export function becomeRoot(context: Context): Op[] {
  if (!context.userns) return [];
  return [{ kind: 'ids', uid: 0, gid: 0, groups: [], setgroups: false, note: 'root of the user namespace' }];
}

/** After cgroup.enter: a cgroup namespace whose root is the container's cgroup. */
export function unshareCgroup(context: Context): Op[] {
  return isNew(context, 'cgroup') ? [{ kind: 'ns.unshare', flags: CLONE.NEWCGROUP }] : [];
}

/** True when the spec asks for a namespace of this type that does not exist yet. */
export function isNew(context: Context, type: NamespaceType): boolean {
  const entry = namespaceOf(context, type);
  return entry !== undefined && (entry.path === undefined || entry.path === '');
}

/** CLONE_NEW* bits of all namespaces that are not the host's. */
export function ownNamespaces(context: Context): number {
  return (context.linux.namespaces ?? []).reduce((sum, n) => sum | NAMESPACE_FLAGS[n.type], 0);
}

function checkNamespaces(context: Context): void {
  const seen = new Set<string>();
  for (const { type, path } of context.linux.namespaces ?? []) {
    if (NAMESPACE_FLAGS[type] === undefined) fail('invalidArgument', `linux.namespaces: unknown namespace type ${JSON.stringify(type)}`);
    if (seen.has(type)) fail('invalidArgument', `malformed spec file: duplicated ns ${JSON.stringify(type)}`);
    if (path !== undefined && path !== '' && !path.startsWith('/')) fail('invalidArgument', `linux.namespaces: ${type} path ${JSON.stringify(path)} is not absolute`);
    seen.add(type);
  }
  // Without one, the container's mounts and pivot_root would be done to the host.
  if (!seen.has('mount')) fail('invalidArgument', 'a container needs a mount namespace of its own');
  if ((context.spec.hostname ?? '') !== '' && !seen.has('uts')) fail('invalidArgument', 'unable to set hostname without a private UTS namespace');
  if ((context.spec.domainname ?? '') !== '' && !seen.has('uts')) fail('invalidArgument', 'unable to set domainname without a private UTS namespace');
}

function compileUserMaps(context: Context): Op[] {
  const { uidMappings = [], gidMappings = [] } = context.linux;
  if (!isNew(context, 'user')) {
    if (!context.userns && uidMappings.length + gidMappings.length > 0) fail('invalidArgument', 'user namespace mappings specified, but user namespace not enabled in the config');
    return [];
  }
  if (uidMappings.length === 0 || gidMappings.length === 0) fail('invalidArgument', 'a new user namespace needs linux.uidMappings and linux.gidMappings');
  // An unprivileged creator may map its group only after giving up setgroups (user_namespaces(7)).
  return [{ kind: 'userns.map', uidMap: idMap('uidMappings', uidMappings), gidMap: idMap('gidMappings', gidMappings), setgroups: context.host.rootless ? 'deny' : 'allow' }];
}

/** Text for uid_map/gid_map: "inside outside length" lines. Throws invalidArgument for what is no mapping. */
export function idMap(property: string, mappings: readonly IdMapping[]): string {
  if (mappings.length > 340) fail('invalidArgument', `linux.${property}: more than 340 lines`);
  return mappings
    .map(({ containerID, hostID, size }) => {
      for (const n of [containerID, hostID, size]) {
        if (!Number.isInteger(n) || n < 0 || n > 0xffff_ffff) fail('invalidArgument', `linux.${property}: ${JSON.stringify(n)} is not an id`);
      }
      return `${containerID} ${hostID} ${size}\n`;
    })
    .join('');
}

function timeOffsets(context: Context): string {
  return Object.entries(context.linux.timeOffsets ?? {})
    .map(([clock, { secs = 0, nanosecs = 0 }]) => {
      if (clock !== 'monotonic' && clock !== 'boottime') fail('invalidArgument', `linux.timeOffsets: unknown clock ${JSON.stringify(clock)}`);
      if (!Number.isSafeInteger(secs) || !Number.isInteger(nanosecs) || nanosecs < 0 || nanosecs >= 1e9) fail('invalidArgument', `linux.timeOffsets: invalid offset of ${clock}`);
      return `${clock} ${secs} ${nanosecs}\n`;
    })
    .join('');
}
