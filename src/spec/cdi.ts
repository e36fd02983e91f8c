import { fail } from '#base/errors.ts';
import type { HookSpec, HooksSpec } from './runtime.ts';

/** What a CDI specification adds to a container (github.com/cncf-tags/container-device-interface, SPEC.md 1.0). */
export interface ContainerEdits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly CdiDeviceNode[];
  readonly mounts?: readonly CdiMount[];
  readonly hooks?: readonly (HookSpec & { readonly hookName: string })[];
  readonly additionalGids?: readonly number[];
  readonly intelRdt?: { readonly closID?: string; readonly l3CacheSchema?: string; readonly memBwSchema?: string; readonly enableCMT?: boolean; readonly enableMBM?: boolean };
}

export interface CdiDeviceNode {
  readonly path: string;
  /** Where it is on the host, when that is not `path`. */
  readonly hostPath?: string;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly permissions?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface CdiMount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly options?: readonly string[];
  readonly type?: string;
}

export interface CdiSpec {
  /** `vendor/class`. */
  readonly kind: string;
  readonly devices: ReadonlyMap<string, ContainerEdits>;
  /** Once for each container that uses any of the devices. */
  readonly edits: ContainerEdits;
}

export const HOOK_NAMES: readonly (keyof HooksSpec)[] = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'];

const VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.4.0', '0.5.0', '0.6.0', '0.7.0', '0.8.0', '1.0.0'];

type Json = Record<string, unknown>;

/** Checks a parsed document; nothing of a document that breaks a rule is used, as in the reference implementation. Throws invalidArgument. */
export function parseCdiSpec(document: unknown): CdiSpec {
  const spec = object('specification', document, ['cdiVersion', 'kind', 'annotations', 'devices', 'containerEdits']);
  const version = text('cdiVersion', spec['cdiVersion']).replace(/^v/, '');
  if (!VERSIONS.includes(version)) fail('invalidArgument', `invalid CDI version ${JSON.stringify(version)}`);
  const kind = text('kind', spec['kind']);
  if (!/^[A-Za-z]([\w.-]*[A-Za-z0-9])?\/[A-Za-z]([\w.-]*[A-Za-z0-9])?$/.test(kind)) fail('invalidArgument', `invalid CDI kind ${JSON.stringify(kind)}`);
  const devices = new Map<string, ContainerEdits>();
  for (const each of list('devices', spec['devices'])) {
    const device = object('device', each, ['name', 'annotations', 'containerEdits']);
    const name = text('device name', device['name']);
    if (!/^[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/.test(name)) fail('invalidArgument', `invalid CDI device name ${JSON.stringify(name)}`);
    if (devices.has(name)) fail('invalidArgument', `multiple devices with the name ${JSON.stringify(name)}`);
    const edits = parseEdits(device['containerEdits'] ?? {});
    if (Object.values(edits).every((value) => value === undefined)) fail('invalidArgument', `device ${JSON.stringify(name)} changes nothing`);
    devices.set(name, edits);
  }
  if (devices.size === 0) fail('invalidArgument', 'a CDI specification without devices');
  return { kind, devices, edits: parseEdits(spec['containerEdits'] ?? {}) };
}

function parseEdits(value: unknown): ContainerEdits {
  const edits = object('containerEdits', value, ['env', 'deviceNodes', 'mounts', 'hooks', 'additionalGids', 'intelRdt']);
  const rdt = edits['intelRdt'] === undefined ? undefined : object('intelRdt', edits['intelRdt'], ['closID', 'l3CacheSchema', 'memBwSchema', 'enableCMT', 'enableMBM']);
  const closID = optional('closID', rdt?.['closID']) ?? '';
  if (closID.length >= 4096 || closID === '.' || closID === '..' || /[/\n]/.test(closID)) fail('invalidArgument', `invalid closID ${JSON.stringify(closID)}`);
  return {
    ...some('env', edits['env'], environment),
    ...some('deviceNodes', edits['deviceNodes'], deviceNode),
    ...some('mounts', edits['mounts'], mount),
    ...some('hooks', edits['hooks'], hook),
    ...some('additionalGids', edits['additionalGids'], (gid) => number('additionalGids', gid)),
    ...(rdt === undefined ? {} : { intelRdt: rdt }),
  };
}

function environment(value: unknown): string {
  const entry = text('env', value);
  return entry.indexOf('=') > 0 ? entry : fail('invalidArgument', `invalid environment variable ${JSON.stringify(entry)}`);
}

function deviceNode(value: unknown): CdiDeviceNode {
  const node = object('device node', value, ['path', 'hostPath', 'type', 'major', 'minor', 'fileMode', 'permissions', 'uid', 'gid']);
  const type = optional('type', node['type']) ?? '';
  const permissions = optional('permissions', node['permissions']) ?? '';
  if (!['', 'b', 'c', 'u', 'p'].includes(type)) fail('invalidArgument', `invalid device type ${JSON.stringify(type)}`);
  if (!/^[rwm]*$/.test(permissions)) fail('invalidArgument', `invalid device permissions ${JSON.stringify(permissions)}`);
  const numbers = ['major', 'minor', 'fileMode', 'uid', 'gid'].filter((name) => node[name] !== undefined).map((name) => [name, number(name, node[name])]);
  return { path: path('path', node['path']), ...(node['hostPath'] === undefined ? {} : { hostPath: path('hostPath', node['hostPath']) }), type, permissions, ...Object.fromEntries(numbers) };
}

function mount(value: unknown): CdiMount {
  const entry = object('mount', value, ['hostPath', 'containerPath', 'options', 'type']);
  const options = entry['options'] === undefined ? undefined : list('options', entry['options']).map((option) => text('mount option', option));
  return {
    hostPath: text('hostPath', entry['hostPath']), containerPath: path('containerPath', entry['containerPath']),
    ...(options === undefined ? {} : { options }), ...(entry['type'] === undefined ? {} : { type: text('mount type', entry['type']) }),
  };
}

function hook(value: unknown): HookSpec & { hookName: string } {
  const entry = object('hook', value, ['hookName', 'path', 'args', 'env', 'timeout']);
  const hookName = text('hookName', entry['hookName']);
  if (!(HOOK_NAMES as readonly string[]).includes(hookName)) fail('invalidArgument', `invalid hook name ${JSON.stringify(hookName)}`);
  return {
    hookName, path: path('hook path', entry['path']),
    ...some('args', entry['args'], (each) => text('hook argument', each)),
    ...some('env', entry['env'], environment),
    ...(entry['timeout'] === undefined ? {} : { timeout: number('timeout', entry['timeout']) }),
  };
}

function some<K extends string, T>(key: K, value: unknown, parse: (each: unknown) => T): { [P in K]?: T[] } {
  if (value === undefined || value === null) return {};
  const items = list(key, value).map(parse);
  return items.length === 0 ? {} : ({ [key]: items } as { [P in K]: T[] });
}

function object(what: string, value: unknown, known: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('invalidArgument', `CDI: ${what} is not an object`);
  for (const key of Object.keys(value)) if (!known.includes(key)) fail('invalidArgument', `CDI: ${what} has an unknown field ${JSON.stringify(key)}`);
  return value as Json;
}

function list(what: string, value: unknown): unknown[] {
  return Array.isArray(value) ? value : fail('invalidArgument', `CDI: ${what} is not a list`);
}

function text(what: string, value: unknown): string {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value : fail('invalidArgument', `CDI: ${what} is missing or no text`);
}

function optional(what: string, value: unknown): string | undefined {
  return value === undefined || value === '' ? undefined : text(what, value);
}

function path(what: string, value: unknown): string {
  const found = text(what, value);
  return found.startsWith('/') ? found : fail('invalidArgument', `CDI: ${what} ${JSON.stringify(found)} is not absolute`);
}

function number(what: string, value: unknown): number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff ? (value as number) : fail('invalidArgument', `CDI: ${what} is no number from 0 to 2^32-1`);
}
