import { readFileSync } from 'node:fs';
import { quote } from '#base/go-quote.ts';
import type { EndpointSettings } from '#api/schema.ts';
import type { Flags } from './flags.ts';
import { cut } from './flag-types.ts';
import { errorText } from './go-errors.ts';
import { readKeyValueFiles } from './run-env.ts';
import { type DeviceMapping, isCdiName, parseDevice, splitVolumes, tmpfsMap } from './run-mounts.ts';
import { type RestartPolicy, restartPolicy } from './restart-policy.ts';
import { endpointsOf } from './run-network.ts';
import { parsePorts } from './run-ports.ts';
import type { DeviceRequest } from './run-values.ts';

/** From the flags of `run` and `create` to the body of POST /containers/create, field by field as Docker's client does. */

export interface ContainerConfig {
  AttachStdin: boolean;
  AttachStdout: boolean;
  AttachStderr: boolean;
  StdinOnce: boolean;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly Image: string;
  readonly [key: string]: unknown;
}

export interface CreateBody extends ContainerConfig {
  readonly HostConfig: { ConsoleSize: [number, number]; readonly AutoRemove: boolean } & Record<string, unknown>;
  readonly NetworkingConfig: { readonly EndpointsConfig: Record<string, EndpointSettings> };
}

export type ProxyConfig = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Throws with Docker's texts for what cannot be told from one flag alone. */
export function createBody(flags: Flags, args: readonly string[], proxies: ProxyConfig, host: string): CreateBody {
  const attach = flags.list('attach');
  const stdin = flags.bool('interactive');
  checkMac(flags.str('mac-address'));
  const swappiness = flags.int('memory-swappiness');
  if (swappiness !== -1 && (swappiness < 0 || swappiness > 100)) throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  const { binds, volumes } = splitVolumes(flags.list('volume'));
  const ports = parsePorts(flags.list('publish'), flags.list('expose'));
  const devices = flags.list('device').filter((spec) => !isCdiName(spec)).map(parseDevice);
  const env = environment(flags, proxies, host);
  const labels = pairs([...readKeyValueFiles(flags.list('label-file'), 'label', undefined), ...flags.list('label')]);
  checkModes(flags);
  const restart = restartPolicy(flags.str('restart'));
  const { security, masks } = securityOptions(flags.list('security-opt'));
  const logging = loggingOptions(flags);
  const healthcheck = healthConfig(flags);
  const attachStdin = attach.includes('stdin') || stdin;
  const { mode, endpoints } = endpointsOf(flags);
  const host_ = hostConfig(flags, { binds, mode, bindings: ports.bindings, devices, security, logging, restart, masks });
  if (flags.bool('rm') && restart.Name !== 'no' && restart.Name !== '') throw new Error('conflicting options: cannot specify both --restart and --rm');
  return {
    Hostname: flags.str('hostname'), Domainname: flags.str('domainname'), User: flags.str('user'),
    AttachStdin: attachStdin,
    AttachStdout: attach.includes('stdout') || attach.length === 0,
    AttachStderr: attach.includes('stderr') || attach.length === 0,
    ...(Object.keys(ports.exposed).length > 0 && { ExposedPorts: ports.exposed }),
    Tty: flags.bool('tty'), OpenStdin: stdin, StdinOnce: stdin && attachStdin,
    Env: env.length > 0 ? env : null, Cmd: args.length > 1 ? args.slice(1) : null,
    ...(healthcheck && { Healthcheck: healthcheck }),
    Image: args[0] as string, Volumes: volumes, WorkingDir: flags.str('workdir'),
    Entrypoint: flags.str('entrypoint') !== '' || flags.changed('entrypoint') ? [flags.str('entrypoint')] : null,
    OnBuild: null, Labels: labels,
    ...(flags.str('stop-signal') !== '' && { StopSignal: flags.str('stop-signal') }),
    ...(flags.changed('stop-timeout') && { StopTimeout: flags.int('stop-timeout') }),
    HostConfig: host_,
    NetworkingConfig: { EndpointsConfig: endpoints },
  };
}

interface Parts {
  readonly binds: readonly string[];
  readonly mode: string;
  readonly bindings: object;
  readonly devices: readonly DeviceMapping[];
  readonly security: readonly string[];
  readonly logging: object;
  readonly restart: RestartPolicy;
  readonly masks: boolean;
}

function hostConfig(flags: Flags, parts: Parts): CreateBody['HostConfig'] {
  const orNull = (list: readonly unknown[]): readonly unknown[] | null => (list.length > 0 ? list : null);
  const { add, drop } = capabilities(flags.list('cap-add'), flags.list('cap-drop'));
  const mounts = flags.get<object[]>('mount');
  const storage = storageOptions(flags.list('storage-opt'));
  const annotations = flags.get<Record<string, string>>('annotation');
  const tmpfs = tmpfsMap(flags.list('tmpfs'));
  const sysctls = flags.get<Record<string, string>>('sysctl');
  return {
    Binds: orNull(parts.binds), ContainerIDFile: flags.str('cidfile'), LogConfig: parts.logging, NetworkMode: parts.mode,
    PortBindings: parts.bindings, RestartPolicy: parts.restart, AutoRemove: flags.bool('rm'), VolumeDriver: flags.str('volume-driver'),
    VolumesFrom: orNull(flags.list('volumes-from')), ConsoleSize: [0, 0],
    ...(Object.keys(annotations).length > 0 && { Annotations: annotations }),
    CapAdd: orNull(add), CapDrop: orNull(drop), CgroupnsMode: flags.str('cgroupns'),
    Dns: flags.list('dns'), DnsOptions: [...flags.list('dns-option'), ...flags.list('dns-opt')], DnsSearch: flags.list('dns-search'),
    ExtraHosts: orNull(flags.list('add-host')), GroupAdd: orNull(flags.list('group-add')), IpcMode: flags.str('ipc'), Cgroup: '',
    Links: orNull(flags.list('link')), OomScoreAdj: flags.int('oom-score-adj'), PidMode: flags.str('pid'), Privileged: flags.bool('privileged'),
    PublishAllPorts: flags.bool('publish-all'), ReadonlyRootfs: flags.bool('read-only'), SecurityOpt: orNull(parts.security),
    ...(storage && { StorageOpt: storage }),
    ...(Object.keys(tmpfs).length > 0 && { Tmpfs: tmpfs }),
    UTSMode: flags.str('uts'), UsernsMode: flags.str('userns'), ShmSize: flags.int('shm-size'),
    ...(Object.keys(sysctls).length > 0 && { Sysctls: sysctls }),
    ...(flags.str('runtime') !== '' && { Runtime: flags.str('runtime') }),
    Isolation: flags.str('isolation'),
    ...resources(flags, parts.devices),
    ...(mounts.length > 0 && { Mounts: mounts }),
    MaskedPaths: parts.masks ? null : [], ReadonlyPaths: parts.masks ? null : [],
    ...(flags.changed('init') && { Init: flags.bool('init') }),
  };
}

function resources(flags: Flags, devices: readonly DeviceMapping[]): Record<string, unknown> {
  const rules = flags.list('device-cgroup-rule');
  return {
    CpuShares: flags.int('cpu-shares'), Memory: flags.int('memory'), NanoCpus: flags.int('cpus'), CgroupParent: flags.str('cgroup-parent'),
    BlkioWeight: flags.int('blkio-weight'), BlkioWeightDevice: flags.list('blkio-weight-device'),
    BlkioDeviceReadBps: flags.list('device-read-bps'), BlkioDeviceWriteBps: flags.list('device-write-bps'),
    BlkioDeviceReadIOps: flags.list('device-read-iops'), BlkioDeviceWriteIOps: flags.list('device-write-iops'),
    CpuPeriod: flags.int('cpu-period'), CpuQuota: flags.int('cpu-quota'), CpuRealtimePeriod: flags.int('cpu-rt-period'),
    CpuRealtimeRuntime: flags.int('cpu-rt-runtime'), CpusetCpus: flags.str('cpuset-cpus'), CpusetMems: flags.str('cpuset-mems'),
    Devices: devices, DeviceCgroupRules: rules.length > 0 ? rules : null, DeviceRequests: deviceRequests(flags),
    MemoryReservation: flags.int('memory-reservation'), MemorySwap: flags.int('memory-swap'), MemorySwappiness: flags.int('memory-swappiness'),
    OomKillDisable: flags.bool('oom-kill-disable'), PidsLimit: flags.int('pids-limit'), Ulimits: flags.list('ulimit'),
    CpuCount: flags.int('cpu-count'), CpuPercent: flags.int('cpu-percent'), IOMaximumIOps: flags.int('io-maxiops'), IOMaximumBandwidth: flags.int('io-maxbandwidth'),
  };
}

function deviceRequests(flags: Flags): readonly DeviceRequest[] | null {
  const cdi = flags.list('device').filter(isCdiName);
  const requests = [...flags.get<DeviceRequest[]>('gpus')];
  if (cdi.length > 0) requests.push({ Driver: 'cdi', Count: 0, DeviceIDs: cdi, Capabilities: null, Options: null });
  return requests.length > 0 ? requests : null;
}

function checkMac(mac: string): void {
  if (mac !== '' && !/^([0-9a-fA-F]{2}([:-])([0-9a-fA-F]{2}\2){4}[0-9a-fA-F]{2}|([0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4})$/.test(mac)) throw new Error(`${mac} is not a valid mac address`);
}

function checkModes(flags: Flags): void {
  const valid = (flag: string, pattern: RegExp, name: string): void => {
    if (!pattern.test(flags.str(flag))) throw new Error(`--${flag}: invalid ${name} mode`);
  };
  valid('pid', /^(|host|container:.+)$/, 'PID');
  valid('uts', /^(|host)$/, 'UTS');
  valid('userns', /^(|host)$/, 'USER');
  valid('cgroupns', /^(|host|private)$/, 'CGROUP');
}

// The daemon cannot read our files: a seccomp profile travels as its content.
function securityOptions(options: readonly string[]): { security: string[]; masks: boolean } {
  let masks = true;
  const security: string[] = [];
  for (const option of options) {
    let [name, value] = cut(option, '=');
    if (value === undefined && name !== 'no-new-privileges') [name, value] = cut(option, ':');
    if ((value === undefined || value === '') && name !== 'no-new-privileges') throw new Error(`Invalid --security-opt: ${quote(option)}`);
    if (option === 'systempaths=unconfined') masks = false;
    else if (name === 'seccomp' && value !== 'unconfined' && value !== 'builtin') security.push(`seccomp=${seccompProfile(value as string)}`);
    else security.push(option);
  }
  return { security, masks };
}

function seccompProfile(path: string): string {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`opening seccomp profile (${path}) failed: ${errorText(error, 'open', path)}`, { cause: error });
  }
  try {
    return JSON.stringify(JSON.parse(content));
  } catch (error) {
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${(error as Error).message}`, { cause: error });
  }
}

function loggingOptions(flags: Flags): { Type: string; Config: Record<string, string> } {
  const config = pairs(flags.list('log-opt'));
  if (flags.str('log-driver') === 'none' && flags.list('log-opt').length > 0) throw new Error('invalid logging opts for driver none');
  return { Type: flags.str('log-driver'), Config: config };
}

function storageOptions(options: readonly string[]): Record<string, string> | undefined {
  if (options.some((option) => !option.includes('='))) throw new Error('invalid storage option');
  return options.length > 0 ? pairs(options) : undefined;
}

function healthConfig(flags: Flags): Record<string, unknown> | undefined {
  const nanos = (name: string): number => Number(flags.get<bigint>(name));
  const times = ['health-interval', 'health-timeout', 'health-start-period', 'health-start-interval'];
  const retries = flags.int('health-retries');
  const any = flags.str('health-cmd') !== '' || retries !== 0 || times.some((name) => nanos(name) !== 0);
  if (flags.bool('no-healthcheck')) {
    if (any) throw new Error('--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!any) return undefined;
  for (const name of times) if (nanos(name) < 0) throw new Error(`--${name} cannot be negative`);
  if (retries < 0) throw new Error('--health-retries cannot be negative');
  const set = (key: string, value: number): object => (value === 0 ? {} : { [key]: value });
  return {
    ...(flags.str('health-cmd') !== '' && { Test: ['CMD-SHELL', flags.str('health-cmd')] }),
    ...set('Interval', nanos('health-interval')), ...set('Timeout', nanos('health-timeout')), ...set('StartPeriod', nanos('health-start-period')),
    ...set('StartInterval', nanos('health-start-interval')), ...set('Retries', retries),
  };
}

function environment(flags: Flags, proxies: ProxyConfig, host: string): string[] {
  const byName = new Map<string, string>();
  for (const [name, value] of proxyVariables(proxies, host)) byName.set(name, `${name}=${value}`);
  const files = readKeyValueFiles(flags.list('env-file'), 'env', (name) => process.env[name]);
  for (const entry of [...files, ...flags.list('env')]) byName.set(cut(entry, '=')[0], entry);
  return [...byName.values()];
}

const proxyNames: readonly (readonly [key: string, variable: string])[] = [
  ['httpProxy', 'HTTP_PROXY'], ['httpsProxy', 'HTTPS_PROXY'], ['noProxy', 'NO_PROXY'], ['ftpProxy', 'FTP_PROXY'], ['allProxy', 'ALL_PROXY'],
];

function proxyVariables(proxies: ProxyConfig, host: string): [string, string][] {
  const config = proxies[host] ?? proxies['default'] ?? {};
  return proxyNames.flatMap(([key, name]): [string, string][] => {
    const value = config[key];
    return value === undefined || value === '' ? [] : [[name, value], [name.toLowerCase(), value]];
  });
}

function pairs(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => [cut(entry, '=')[0], cut(entry, '=')[1] ?? '']));
}

/** Docker normalises capabilities before sending: upper case with the CAP_ prefix, sorted, adding wins over dropping. */
function capabilities(add: readonly string[], drop: readonly string[]): { add: string[]; drop: string[] } {
  const adds = capabilitySet(add);
  const drops = capabilitySet(drop).filter((name) => !adds.includes(name));
  return { add: adds, drop: drops };
}

function capabilitySet(names: readonly string[]): string[] {
  const set = new Set(names.map((name) => name.trim().toUpperCase()).map((name) => (name === 'ALL' || name === 'RESET' || name.startsWith('CAP_') ? name : `CAP_${name}`)));
  return set.has('ALL') ? ['ALL'] : [...set].sort();
}

