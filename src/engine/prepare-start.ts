import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { fail } from '#base/errors.ts';
import type { Endpoint } from '#network/types.ts';
import { tryStatAt } from '#kernel/stat-at.ts';
import { getXattr } from '#kernel/xattr.ts';
import { cgroupPaths } from '#runtime/cgroup-paths.ts';
import type { Plan } from '#runtime/plan.ts';
import type { ContainerEdits } from '#spec/cdi.ts';
import type { RootMount } from '#spec/mount.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import { applyEdits } from './cdi-edits.ts';
import { compileSpec } from './compile-spec.ts';
import type { ContainerMount, ContainerRecord } from './container.ts';
import { containerDirectory, logPath } from './create.ts';
import type { EngineContext } from './context.ts';
import { hostDevices, requestedDevices } from './devices.ts';
import { mtab } from './etc-files.ts';
import type { EtcFiles } from './etc-files.ts';
import { logOfStart } from './log-config.ts';
import { shmPath } from './shm.ts';
import { initTarget } from './spec-mounts.ts';
import { isActive } from './state.ts';
import { resolveUser } from './users.ts';
import type { ResolvedUser } from './users.ts';

/** A container ready to be handed to the task layer. */
export interface PreparedStart {
  readonly spec: RuntimeSpec;
  readonly plan: Plan;
  readonly cgroups: Readonly<Record<string, string>>;
}

/** Gathers the facts and compiles. `files` are made already; nothing else is made but missing bind sources (`make`). */
export function prepareStart(ctx: EngineContext, record: ContainerRecord, endpoint: Endpoint | undefined, files: EtcFiles, { make, edits }: { make: boolean; edits: readonly ContainerEdits[] }): PreparedStart {
  const { config, hostConfig } = record;
  if (make) for (const mount of record.mounts) ensureBindSource(mount);
  const init = hostConfig.Init === true ? initProgram(ctx) : '';
  const rootMount = ctx.snapshots.mount(record.id);
  const join = joinedNamespaces(ctx, record);
  const shm = ipcTarget(ctx, record);
  const spec = applyEdits(compileSpec(record, {
    host: ctx.host,
    user: userOf(ctx, record, config.User ?? '', hostConfig.GroupAdd ?? []),
    devices: hostConfig.Privileged === true ? [...hostDevices(), ...requestedDevices(hostConfig.Devices ?? [])] : requestedDevices(hostConfig.Devices ?? []),
    mounts: { ...files, init, shm, volumePath: (mount) => volumePath(ctx, mount) },
    join,
    seccomp: ctx.seccomp,
    sysctlExists: (key) => ipv4Sysctls.has(key) || (existsSync(`/proc/sys/net/ipv4/${key}`) && ipv4Sysctls.add(key) !== undefined),
    initPath: init === '' ? '' : initTarget,
    cgroupParent: ctx.cgroupParent,
  }), edits);
  const log = logOfStart(record, ctx.registry.find(record.id)?.name ?? '', ctx.hostname);
  const [rows = 0, cols = 0] = hostConfig.ConsoleSize ?? [];
  const plan = ctx.compile({
    id: record.id,
    spec,
    bundle: spec.hooks === undefined ? '' : hookBundle(ctx, record, spec, rootMount, make),
    rootMount,
    links: [mtab],
    stdio: { terminal: config.Tty === true, stdin: config.OpenStdin === true, stdinOnce: config.StdinOnce === true, inherit: false, rows, cols },
    ...(log === undefined ? {} : { log: { path: logPath(ctx, record.id), maxSize: log.maxSize, maxFiles: log.maxFiles, attrs: log.attrs } }),
    ...(endpoint === undefined ? {} : { network: ctx.networks.plan(endpoint) }),
    consoleSocket: '',
    fifo: '',
    preserveFds: 0,
    noPivot: false,
    createCwd: true,
  });
  return { spec, plan, cgroups: cgroupPaths({ id: record.id, spec }, ctx.host) };
}

/** Hooks read the specification in the bundle that their state names; the root is where the container's mount namespace has it. */
function hookBundle(ctx: EngineContext, { id }: ContainerRecord, spec: RuntimeSpec, rootMount: RootMount, make: boolean): string {
  const directory = containerDirectory(ctx, id);
  const path = rootMount.type === 'overlay' ? rootMount.base : rootMount.source;
  const exact = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  if (make) writeFileSync(`${directory}/config.json`, JSON.stringify({ ...spec, root: { ...spec.root, path } }, exact), { mode: 0o600 });
  return directory;
}

const ipv4Sysctls = new Set<string>();

/** The init program; throws with dockerd's text when it was not built. */
function initProgram(ctx: EngineContext): string {
  if (!existsSync(ctx.paths.init)) fail('internal', 'exec: "docker-init": executable file not found in $PATH');
  return ctx.paths.init;
}

function joinedNamespaces(ctx: EngineContext, { hostConfig }: ContainerRecord): { network?: string; pid?: string; ipc?: string } {
  const of = (mode: string | undefined, what: string, file: string): string | undefined => {
    const target = /^container:(.+)$/.exec(mode ?? '')?.[1];
    if (target === undefined) return undefined;
    return `/proc/${runningPid(ctx, target, what)}/ns/${file}`;
  };
  const paths = { network: of(hostConfig.NetworkMode, 'network', 'net'), pid: of(hostConfig.PidMode, 'PID', 'pid'), ipc: of(hostConfig.IpcMode, 'IPC', 'ipc') };
  return Object.fromEntries(Object.entries(paths).filter(([, path]) => path !== undefined));
}

function ipcTarget(ctx: EngineContext, { id, hostConfig }: ContainerRecord): string {
  if (hostConfig.IpcMode === 'shareable') return shmPath(ctx, id);
  const target = /^container:(.+)$/.exec(hostConfig.IpcMode ?? '')?.[1];
  if (target === undefined) return '';
  const donor = ctx.registry.get(target).record;
  return donor.hostConfig.IpcMode === 'host' ? '/dev/shm' : shmPath(ctx, donor.id);
}

function runningPid(ctx: EngineContext, reference: string, what: string): number {
  const container = ctx.registry.find(reference) ?? fail('internal', `joining ${what} namespace of container: No such container: ${reference}`);
  const { state } = container.runtime;
  if (!isActive(state)) fail('conflict', `cannot join ${what} namespace of a non running container: container ${container.name} is ${state.status}`);
  if (what === 'IPC' && !['shareable', 'host'].includes(container.record.hostConfig.IpcMode ?? '')) {
    fail('invalidArgument', `failed to join IPC namespace: container ${container.record.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
  }
  return state.pid;
}

/** -v makes a missing host directory, as dockerd does; --mount wants it to be there. */
function ensureBindSource({ point, createSource }: ContainerMount): void {
  if (point.Type !== 'bind') return;
  if (statSync(point.Source, { throwIfNoEntry: false }) !== undefined) return;
  if (!createSource) fail('invalidArgument', `invalid mount config for type "bind": bind source path does not exist: ${point.Source}`);
  mkdirSync(point.Source, { recursive: true, mode: 0o755 });
}

function volumePath(ctx: EngineContext, { point, subpath }: ContainerMount): string {
  const volume = ctx.volumes.find(point.Name ?? '') ?? fail('notFound', `get ${point.Name}: no such volume`);
  if (subpath === '') return volume.mountpoint;
  // A subpath is named by the user and lives in data that containers write: it may not lead out. They may change it after
  // this, so the mount resolves it once more, inside the volume.
  const resolved = realpathSync(`${volume.mountpoint}/${subpath}`);
  if (resolved !== volume.mountpoint && !resolved.startsWith(`${volume.mountpoint}/`)) fail('invalidArgument', `subpath ${subpath} leads out of volume ${volume.name}`);
  return volume.mountpoint;
}

const passwdCache = new Map<string, { passwd: string; group: string }>();
const maxPasswd = 4 * 1024 * 1024;

/** Resolves a user in a container's root. What the container did not change is read once per image. */
export function userOf(ctx: EngineContext, record: ContainerRecord, user: string, groupAdd: readonly string[]): ResolvedUser {
  const changed = usersChanged(ctx.snapshots.upperPath(record.id));
  const key = record.chainId ?? '';
  let files = changed ? undefined : passwdCache.get(key);
  if (files === undefined) {
    using root = openContainerRoot(ctx, record);
    files = { passwd: root.read('/etc/passwd', maxPasswd) ?? '', group: root.read('/etc/group', maxPasswd) ?? '' };
    if (!changed) {
      if (passwdCache.size > 256) passwdCache.clear();
      passwdCache.set(key, files);
    }
  }
  return resolveUser(user, files.passwd, files.group, groupAdd);
}

// Looks only at whether names exist in the writable layer; a whiteout is a name as well.
function usersChanged(upper: string): boolean {
  const etc = lstatSync(`${upper}/etc`, { throwIfNoEntry: false });
  if (etc === undefined) return false;
  if (!etc.isDirectory()) return true;
  using directory = openDirectory(`${upper}/etc`);
  if (getXattr(directory.fd, 'trusted.overlay.opaque') !== undefined) return true;
  return ['passwd', 'group'].some((name) => tryStatAt(directory.fd, name) !== undefined);
}

function openDirectory(path: string): { fd: number } & Disposable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

function openContainerRoot(ctx: EngineContext, record: ContainerRecord): ReturnType<EngineContext['openRoot']> {
  const container = ctx.registry.find(record.id);
  const state = container?.runtime.state;
  if (state !== undefined && isActive(state)) return ctx.openRoot({ type: 'process', pid: state.pid });
  return ctx.openRoot(ctx.snapshots.mount(record.id));
}

