import { isAbsolute, resolve } from 'node:path';
import { type FlagType, parseBool } from './flags.ts';
import { cut } from './flag-types.ts';
import { csv } from './run-values.ts';
import { ramInBytes } from './units.ts';

/** `--mount`, `--volume`, `--tmpfs` and `--device`, as Docker's client turns them into a create request. */

export interface Mount {
  Type: string;
  Source?: string;
  Target?: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: { Propagation?: string; NonRecursive?: boolean; ReadOnlyNonRecursive?: boolean; ReadOnlyForceRecursive?: boolean };
  VolumeOptions?: { NoCopy?: boolean; Labels?: Record<string, string>; Subpath?: string; DriverConfig?: { Name?: string; Options?: Record<string, string> } };
  ImageOptions?: { Subpath?: string };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

export const MOUNT: FlagType<Mount[]> = { label: 'mount', initial: [], parse: (raw, old) => [...old, parseMount(raw)] };

/** Reads one `--mount` value. Throws with Docker's texts. */
export function parseMount(raw: string): Mount {
  const mount: Mount = { Type: 'volume' };
  for (const field of csv(raw)) {
    const [name, value] = cut(field, '=');
    const key = name.toLowerCase();
    if (value === undefined) setSwitch(mount, key, field);
    else setField(mount, key, value, field);
  }
  check(mount);
  return mount;
}

const deprecatedNonRecursive = 'bind-nonrecursive is deprecated, use bind-recursive=disabled instead';

function setSwitch(mount: Mount, key: string, field: string): void {
  if (key === 'readonly' || key === 'ro') mount.ReadOnly = true;
  else if (key === 'volume-nocopy') (mount.VolumeOptions ??= {}).NoCopy = true;
  else if (key === 'bind-nonrecursive') throw new Error(deprecatedNonRecursive);
  else throw new Error(`invalid field '${field}' must be a key=value pair`);
}

const setters: Readonly<Record<string, (mount: Mount, value: string, key: string) => void>> = {
  type: (mount, value) => void (mount.Type = value.toLowerCase()),
  source: setSource,
  src: setSource,
  target: setTarget,
  dst: setTarget,
  destination: setTarget,
  readonly: setReadOnly,
  ro: setReadOnly,
  consistency: (mount, value) => void (mount.Consistency = value.toLowerCase()),
  'bind-propagation': (mount, value) => void ((mount.BindOptions ??= {}).Propagation = value.toLowerCase()),
  'bind-nonrecursive': () => {
    throw new Error(deprecatedNonRecursive);
  },
  'bind-recursive': setRecursive,
  'volume-subpath': (mount, value) => void ((mount.VolumeOptions ??= {}).Subpath = value),
  'volume-nocopy': (mount, value, key) => void ((mount.VolumeOptions ??= {}).NoCopy = boolOf(key, value)),
  'volume-label': (mount, value) => void addPair(((mount.VolumeOptions ??= {}).Labels ??= {}), value),
  'volume-driver': (mount, value) => void (((mount.VolumeOptions ??= {}).DriverConfig ??= {}).Name = value),
  'volume-opt': (mount, value) => void addPair((((mount.VolumeOptions ??= {}).DriverConfig ??= {}).Options ??= {}), value),
  'image-subpath': (mount, value) => void ((mount.ImageOptions ??= {}).Subpath = value),
  'tmpfs-size': setTmpfsSize,
  'tmpfs-mode': (mount, value, key) => {
    if (!/^[0-7]{1,11}$/.test(value)) throw new Error(`invalid value for ${key}: ${value}`);
    (mount.TmpfsOptions ??= {}).Mode = Number.parseInt(value, 8);
  },
};

function setField(mount: Mount, key: string, value: string, field: string): void {
  const setter = Object.hasOwn(setters, key) ? setters[key] : undefined;
  if (setter === undefined) throw new Error(`unexpected key '${key}' in '${field}'`);
  setter(mount, value, key);
}

function setSource(mount: Mount, value: string): void {
  mount.Source = value === '.' || value.startsWith('./') ? resolve(value) : value;
}

function setTarget(mount: Mount, value: string): void {
  mount.Target = value;
}

function setReadOnly(mount: Mount, value: string, key: string): void {
  const readOnly = boolOf(key, value);
  if (readOnly) mount.ReadOnly = true;
  else delete mount.ReadOnly;
}

function setRecursive(mount: Mount, value: string, key: string): void {
  if (value === 'enabled') return;
  const bind = (mount.BindOptions ??= {});
  if (value === 'disabled') bind.NonRecursive = true;
  else if (value === 'writable') bind.ReadOnlyNonRecursive = true;
  else if (value === 'readonly') bind.ReadOnlyForceRecursive = true;
  else throw new Error(`invalid value for ${key}: ${value} (must be "enabled", "disabled", "writable", or "readonly")`);
}

function setTmpfsSize(mount: Mount, value: string, key: string): void {
  try {
    (mount.TmpfsOptions ??= {}).SizeBytes = ramInBytes(value);
  } catch {
    throw new Error(`invalid value for ${key}: ${value}`);
  }
}

function boolOf(key: string, value: string): boolean {
  try {
    return parseBool(value);
  } catch {
    throw new Error(`invalid value for ${key}: ${value}`);
  }
}

function addPair(map: Record<string, string>, pair: string): void {
  const [name, value] = cut(pair, '=');
  map[name] = value ?? '';
}

function check(mount: Mount): void {
  const mixed = (what: string): never => {
    throw new Error(`cannot mix '${what}-*' options with mount type '${mount.Type}'`);
  };
  if (mount.Type === '') throw new Error('type is required');
  if (mount.Target === undefined || mount.Target === '') throw new Error('target is required');
  if (mount.VolumeOptions !== undefined && mount.Type !== 'volume') mixed('volume');
  if (mount.BindOptions !== undefined && mount.Type !== 'bind') mixed('bind');
  if (mount.ImageOptions !== undefined && mount.Type !== 'image') mixed('image');
  if (mount.TmpfsOptions !== undefined && mount.Type !== 'tmpfs') mixed('tmpfs');
  const bind = mount.BindOptions;
  const needs = (what: string): never => {
    throw new Error(`option 'bind-recursive=${what}' requires 'readonly' to be specified in conjunction`);
  };
  if (bind?.ReadOnlyNonRecursive === true && mount.ReadOnly !== true) needs('writable');
  if (bind?.ReadOnlyForceRecursive !== true) return;
  if (mount.ReadOnly !== true) needs('readonly');
  if (bind.Propagation !== 'rprivate') throw new Error('option \'bind-recursive=readonly\' requires \'bind-propagation=rprivate\' to be specified in conjunction');
}

/** Splits `-v` values into bind specifications (relative sources made absolute) and anonymous volumes. */
export function splitVolumes(specs: readonly string[]): { binds: string[]; volumes: Record<string, object> } {
  const binds: string[] = [];
  const volumes: Record<string, object> = {};
  for (const spec of specs) {
    if (spec === '') throw new Error('invalid empty volume spec');
    const [source, target] = cut(spec, ':');
    if (target === undefined) volumes[spec] = {};
    else if (source.startsWith('.')) binds.push(`${resolve(source)}:${target}`);
    else binds.push(spec);
  }
  return { binds, volumes };
}

/** `--tmpfs` values as target → options. */
export function tmpfsMap(specs: readonly string[]): Record<string, string> {
  return Object.fromEntries(specs.map((spec) => [cut(spec, ':')[0], cut(spec, ':')[1] ?? '']));
}

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

/** Reads one `--device` value: SRC[:DST][:rwm]. */
export function parseDevice(spec: string): DeviceMapping {
  const parts = spec.split(':');
  const [source = '', second, third] = parts;
  if (parts.length > 3 || source === '') throw new Error(`bad format for path: ${spec}`);
  const isMode = (text: string): boolean => /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
  if (third !== undefined && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
  const secondIsMode = parts.length === 2 && isMode(second as string);
  const target = second === undefined || secondIsMode ? source : second;
  if (!isAbsolute(target)) throw new Error(`${target} is not an absolute path`);
  return { PathOnHost: source, PathInContainer: resolve(target), CgroupPermissions: third ?? (secondIsMode ? (second as string) : 'rwm') };
}

/** True for CDI device names ("vendor.com/class=name"). */
export function isCdiName(spec: string): boolean {
  return /^[A-Za-z][\w.-]*\/[A-Za-z][\w-]*=[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/.test(spec);
}
