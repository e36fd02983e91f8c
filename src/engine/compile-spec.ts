import type * as wire from '#api/schema.ts';
import { CAPABILITIES } from '#runtime/capabilities.ts';
import type { HostFacts } from '#spec/host.ts';
import type { NamespaceSpec, ProcessSpec, RuntimeSpec, SeccompSpec } from '#spec/runtime.ts';
import { capabilitiesOf } from './capabilities.ts';
import { environment } from './container-config.ts';
import type { ContainerRecord } from './container.ts';
import type { HostDevice } from './devices.ts';
import { deviceRules } from './devices.ts';
import { parseSecurityOptions } from './host-config.ts';
import { specMounts } from './spec-mounts.ts';
import type { MountFacts } from './spec-mounts.ts';
import { specResources, specRlimits } from './spec-resources.ts';
import type { ResolvedUser } from './users.ts';

/** What a spec needs to know beside the record; gathered at start, so that compiling is pure. */
export interface SpecFacts {
  readonly host: HostFacts;
  readonly user: ResolvedUser;
  /** Devices asked for (or all of the host's, for privileged containers). */
  readonly devices: readonly HostDevice[];
  readonly mounts: MountFacts;
  /** Namespaces of other containers to join, as /proc paths; the network's is '' for a new one. */
  readonly join: { readonly network?: string; readonly pid?: string; readonly ipc?: string };
  /** The filter for these capabilities; undefined for unconfined. */
  readonly seccomp: (capabilities: readonly string[], profile: string) => SeccompSpec | undefined;
  /** Keys below /proc/sys/net/ipv4 that exist here. */
  readonly sysctlExists: (key: string) => boolean;
  /** Path of the init in the container when it is asked for. */
  readonly initPath: string;
  readonly cgroupParent: string;
}

/** HostConfig + config → OCI runtime spec with Docker's defaults (dockerd: daemon/oci_linux.go). Pure. */
export function compileSpec(record: ContainerRecord, facts: SpecFacts): RuntimeSpec {
  const { hostConfig, config } = record;
  const { host } = facts;
  const capabilities = capabilitiesOf(hostConfig, CAPABILITIES.slice(0, host.lastCap + 1));
  const security = parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  const privileged = hostConfig.Privileged === true;
  const seccomp = privileged && security.seccomp === '' ? undefined : security.seccomp === 'unconfined' ? undefined : facts.seccomp(capabilities, security.seccomp);
  const sysctl = sysctls(record, facts);
  return {
    ociVersion: '1.2.1',
    process: processSpec(record, facts, capabilities, security.noNewPrivileges, privileged ? '' : security.apparmor),
    root: { path: 'rootfs', ...(hostConfig.ReadonlyRootfs === true ? { readonly: true } : {}) },
    ...(hostConfig.UTSMode === 'host' ? {} : { hostname: config.Hostname ?? '', ...(config.Domainname ? { domainname: config.Domainname } : {}) }),
    mounts: specMounts(record, facts.mounts),
    ...(hostConfig.Annotations === undefined ? {} : { annotations: hostConfig.Annotations }),
    linux: {
      ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
      resources: { ...specResources(hostConfig), devices: deviceRules(hostConfig, facts.devices) },
      cgroupsPath: cgroupPath(record, facts.cgroupParent),
      namespaces: namespaces(hostConfig, facts.join),
      devices: facts.devices.map(({ access: _access, ...device }) => device),
      ...(seccomp === undefined ? {} : { seccomp }),
      maskedPaths: [...(hostConfig.MaskedPaths ?? [])],
      readonlyPaths: [...(hostConfig.ReadonlyPaths ?? [])],
      ...propagation(record),
    },
  };
}

/** Docker makes the root a slave (or shared) when a mount wants to see later mounts of the host. */
function propagation(record: ContainerRecord): { rootfsPropagation?: string } {
  const wanted = record.mounts.map((mount) => mount.point.Propagation);
  if (wanted.some((mode) => mode === 'shared' || mode === 'rshared')) return { rootfsPropagation: 'shared' };
  if (wanted.some((mode) => mode === 'slave' || mode === 'rslave')) return { rootfsPropagation: 'rslave' };
  return {};
}

function cgroupPath(record: ContainerRecord, fallback: string): string {
  const parent = record.hostConfig.CgroupParent || fallback;
  return `${parent.startsWith('/') ? parent : `/${parent}`}/${record.id}`;
}

function processSpec(record: ContainerRecord, facts: SpecFacts, capabilities: readonly string[], noNewPrivileges: boolean, apparmor: string): ProcessSpec {
  const { config, hostConfig } = record;
  const argv = [record.path, ...record.args];
  const [rows = 0, cols = 0] = hostConfig.ConsoleSize ?? [];
  const caps = [...capabilities];
  return {
    terminal: config.Tty === true,
    ...(config.Tty === true && rows > 0 && cols > 0 ? { consoleSize: { height: rows, width: cols } } : {}),
    user: { uid: facts.user.uid, gid: facts.user.gid, additionalGids: [...facts.user.additionalGids] },
    args: facts.initPath === '' ? argv : [facts.initPath, '--', ...argv],
    env: environment(config),
    cwd: config.WorkingDir || '/',
    capabilities: { bounding: caps, effective: caps, permitted: caps },
    ...(noNewPrivileges ? { noNewPrivileges } : {}),
    oomScoreAdj: hostConfig.OomScoreAdj ?? 0,
    ...(apparmor === '' || apparmor === 'unconfined' || !facts.host.lsm.apparmor ? {} : { apparmorProfile: apparmor }),
    rlimits: specRlimits(hostConfig),
  };
}

function sysctls(record: ContainerRecord, facts: SpecFacts): Record<string, string> {
  const { hostConfig } = record;
  const own = hostConfig.Sysctls ?? {};
  const mode = hostConfig.NetworkMode ?? '';
  const isPrivate = mode !== 'host' && !mode.startsWith('container:');
  const defaults: Record<string, string> = {};
  if (isPrivate && facts.sysctlExists('ping_group_range')) defaults['net.ipv4.ping_group_range'] = '0 2147483647';
  if (isPrivate && facts.sysctlExists('ip_unprivileged_port_start')) defaults['net.ipv4.ip_unprivileged_port_start'] = '0';
  return { ...defaults, ...own };
}

function namespaces(hostConfig: wire.HostConfig, join: SpecFacts['join']): NamespaceSpec[] {
  const list: NamespaceSpec[] = [{ type: 'mount' }];
  if (hostConfig.NetworkMode !== 'host') list.push({ type: 'network', ...path(join.network) });
  if (hostConfig.UTSMode !== 'host') list.push({ type: 'uts' });
  if (hostConfig.PidMode !== 'host') list.push({ type: 'pid', ...path(join.pid) });
  if (hostConfig.IpcMode !== 'host') list.push({ type: 'ipc', ...path(join.ipc) });
  if (hostConfig.CgroupnsMode === 'private') list.push({ type: 'cgroup' });
  return list;
}

function path(value: string | undefined): { path?: string } {
  return value === undefined ? {} : { path: value };
}
