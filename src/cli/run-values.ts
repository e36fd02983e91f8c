import { quote } from '#base/go-quote.ts';
import type { FlagType } from './flags.ts';
import { cut, goInt, listOf, MAP } from './flag-types.ts';
import { isIP } from './ip.ts';
import { ramInBytes } from './units.ts';

/** Flag kinds particular to `run` and `create`, with the checks and texts of Docker's client. */

export const ATTACH: FlagType<string[]> = listOf((raw) => {
  const name = raw.toLowerCase();
  if (!['stdin', 'stdout', 'stderr'].includes(name)) throw new Error('valid streams are STDIN, STDOUT and STDERR');
  return name;
});

/** NAME=value; NAME alone takes the value of our own environment, and stays alone when there is none. */
export const ENV: FlagType<string[]> = listOf((raw) => {
  const [name, value] = cut(raw, '=');
  if (name === '') throw new Error(`invalid environment variable: ${raw}`);
  if (value !== undefined) return raw;
  const own = process.env[name];
  return own === undefined ? raw : `${name}=${own}`;
});

export const LABEL: FlagType<string[]> = listOf((raw) => {
  const [name] = cut(raw, '=');
  if (name.trim() === '') throw new Error(`invalid label '${raw}': empty name`);
  if (/\s/.test(name)) throw new Error(`label '${name}' contains whitespaces`);
  return raw;
});

export const IP_LIST: FlagType<string[]> = listOf((raw) => {
  const ip = raw.trim();
  if (isIP(ip) === 0) throw new Error(`IP address is not correctly formatted: ${raw}`);
  return ip;
});

export const DNS_SEARCH: FlagType<string[]> = listOf((raw) => {
  const domain = raw.trim();
  if (domain === '.') return domain;
  const label = '[a-zA-Z0-9_](?:[a-zA-Z0-9_-]*[a-zA-Z0-9_])?';
  if (!/[a-zA-Z]/.test(domain) || !new RegExp(`^(?:${label}\\.)*${label}\\.?$`).test(domain) || domain.length > 255) throw new Error(`${raw} is not a valid domain`);
  return domain.replace(/\.$/, '');
});

export const LINK: FlagType<string[]> = listOf((raw) => {
  if (raw === '') throw new Error('empty string specified for links');
  if (raw.split(':').length > 2) throw new Error(`bad format for links: ${raw}`);
  return raw;
});

export const EXTRA_HOST: FlagType<string[]> = listOf((raw) => {
  const separator = raw.includes('=') ? '=' : ':';
  const [name, value] = cut(raw, separator);
  if (value === undefined || name === '') throw new Error(`bad format for add-host: ${quote(raw)}`);
  const ip = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  if (ip !== 'host-gateway' && isIP(ip) === 0) throw new Error(`invalid IP address in add-host: ${quote(ip)}`);
  return `${name}:${ip}`;
});

export const CGROUP_RULE: FlagType<string[]> = listOf((raw) => {
  if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(raw)) throw new Error(`invalid device cgroup format '${raw}'`);
  return raw;
});

const sysctls = new Set(['kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni', 'kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced']);

export const SYSCTL: FlagType<Record<string, string>> = {
  label: 'map',
  initial: {},
  parse: (raw, old) => {
    const [name, value] = cut(raw, '=');
    const allowed = value !== undefined && (sysctls.has(name) || name.startsWith('net.') || name.startsWith('fs.mqueue.'));
    if (!allowed) throw new Error(`sysctl '${raw}' is not allowed`);
    return MAP.parse(raw, old);
  },
};

export interface Ulimit {
  readonly Name: string;
  readonly Hard: number;
  readonly Soft: number;
}

const ulimitNames = new Set(['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime', 'sigpending', 'stack']);

/** Ulimits by name, sorted; a later one replaces. */
export const ULIMIT: FlagType<Ulimit[]> = {
  label: 'ulimit',
  initial: [],
  parse: (raw, old) => [...old.filter((one) => one.Name !== cut(raw, '=')[0].toLowerCase()), parseUlimit(raw)].sort((a, b) => (a.Name < b.Name ? -1 : 1)),
};

function parseUlimit(raw: string): Ulimit {
  const [name, limits] = cut(raw, '=');
  if (limits === undefined) throw new Error(`invalid ulimit argument: ${raw}`);
  if (!ulimitNames.has(name)) throw new Error(`invalid ulimit type: ${name}`);
  const parts = limits.split(':');
  if (parts.length > 2) throw new Error(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
  // The second is read first, which shows in errors.
  const given = parts[1] === undefined ? undefined : goInt(parts[1]);
  const soft = goInt(parts[0] as string);
  const hard = given ?? soft;
  if (hard !== -1) {
    if (soft === -1) throw new Error(`ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: ${hard}`);
    if (soft > hard) throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { Name: name, Hard: hard, Soft: soft };
}

export interface WeightDevice {
  readonly Path: string;
  readonly Weight: number;
}

export interface ThrottleDevice {
  readonly Path: string;
  readonly Rate: number;
}

function devicePath(raw: string): [string, string] {
  const [path, value] = cut(raw, ':');
  if (value === undefined || path === '') throw new Error(`bad format: ${raw}`);
  if (!path.startsWith('/dev/')) throw new Error(`bad format for device path: ${raw}`);
  return [path, value];
}

export const WEIGHT_DEVICE: FlagType<WeightDevice[]> = {
  label: 'list',
  initial: [],
  parse: (raw, old) => {
    const [path, value] = devicePath(raw);
    const weight = /^\d{1,5}$/.test(value) ? Number(value) : -1;
    if (weight < 0 || weight > 65535 || (weight > 0 && (weight < 10 || weight > 1000))) throw new Error(`invalid weight for device: ${raw}`);
    return [...old, { Path: path, Weight: weight }];
  },
};

export const RATE_DEVICE: FlagType<ThrottleDevice[]> = {
  label: 'list',
  initial: [],
  parse: (raw, old) => {
    const [path, value] = devicePath(raw);
    const format = 'The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb';
    try {
      return [...old, { Path: path, Rate: ramInBytes(value) }];
    } catch {
      throw new Error(`invalid rate for device: ${raw}. ${format}`);
    }
  },
};

export const IOPS_DEVICE: FlagType<ThrottleDevice[]> = {
  label: 'list',
  initial: [],
  parse: (raw, old) => {
    const [path, value] = devicePath(raw);
    if (!/^\d{1,15}$/.test(value)) throw new Error(`invalid rate for device: ${raw}. The correct format is <device-path>:<number>. Number must be a positive integer`);
    return [...old, { Path: path, Rate: Number(value) }];
  },
};

export interface DeviceRequest {
  readonly Driver: string;
  readonly Count: number;
  readonly DeviceIDs: readonly string[] | null;
  readonly Capabilities: readonly (readonly string[])[] | null;
  readonly Options: Readonly<Record<string, string>> | null;
}

export const GPUS: FlagType<DeviceRequest[]> = { label: 'gpu-request', initial: [], parse: (raw, old) => [...old, parseGpus(raw)] };

function parseGpus(raw: string): DeviceRequest {
  const request = { Driver: '', Count: 0, DeviceIDs: null as string[] | null, Capabilities: [] as string[][], Options: {} as Record<string, string> };
  const seen = new Set<string>();
  for (const field of csv(raw)) {
    const [name, given] = cut(field, '=');
    const key = given === undefined ? 'count' : name;
    const value = given ?? name;
    if (seen.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    seen.add(key);
    if (key === 'driver') request.Driver = value;
    else if (key === 'count') request.Count = gpuCount(value);
    else if (key === 'device') request.DeviceIDs = value.split(',');
    else if (key === 'capabilities') request.Capabilities = [[...value.split(','), 'gpu']];
    else if (key === 'options') request.Options = Object.fromEntries(csv(value).map((pair) => [cut(pair, '=')[0], cut(pair, '=')[1] ?? '']));
    else throw new Error(`unexpected key '${key}' in '${field}'`);
  }
  if (!seen.has('count') && request.DeviceIDs === null) request.Count = 1;
  if (request.Capabilities.length === 0) request.Capabilities = [['gpu']];
  return request;
}

function gpuCount(text: string): number {
  if (text === 'all') return -1;
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`invalid count (${text}): value must be either "all" or an integer${text === '' ? '' : ': invalid syntax'}`);
  return Number(text);
}

/** One line of comma-separated values, with double quotes as in RFC 4180. Throws with the texts of Go's encoding/csv. */
export function csv(line: string): string[] {
  if (line === '') throw new Error('EOF');
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    if (rest.startsWith('"')) {
      const match = /^"((?:[^"]|"")*)"(,|$)/s.exec(rest);
      if (match === null) throw new Error(`parse error on line 1, column ${line.length + 1}: extraneous or missing " in quoted-field`);
      fields.push((match[1] as string).replaceAll('""', '"'));
      rest = rest.slice(match[0].length);
      if (match[2] === '') return fields;
      continue;
    }
    const [field, more] = cut(rest, ',');
    if (field.includes('"')) throw new Error(`parse error on line 1, column ${line.indexOf('"') + 1}: bare " in non-quoted-field`);
    fields.push(field);
    if (more === undefined) return fields;
    rest = more;
  }
}
