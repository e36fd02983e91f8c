import { fail } from '#base/errors.ts';
import { syntaxError } from './go-json-error.ts';
import { type FieldType, documentTable } from './tables.ts';

/** Nesting beyond this is refused; the deepest document of the API has eight levels, free-form values need little more. */
const maxDepth = 64;

/** Documents whose Go type has another name than ours; it appears in dockerd's errors. */
const goTypes: Readonly<Record<string, string>> = {
  ContainerCreateBody: 'container.CreateRequest', ExecCreateBody: 'container.ExecOptions', ExecStartBody: 'container.ExecStartOptions',
  ContainerUpdateBody: 'container.UpdateConfig',
  ContainerConfig: 'container.Config', HealthConfig: 'v1.HealthcheckConfig', HostConfig: 'container.HostConfig',
  NetworkingConfig: 'network.NetworkingConfig', EndpointSettings: 'network.EndpointSettings', EndpointIPAMConfig: 'network.EndpointIPAMConfig',
  LogConfig: 'container.LogConfig', RestartPolicy: 'container.RestartPolicy', PortBinding: 'nat.PortBinding', Mount: 'mount.Mount',
  BindOptions: 'mount.BindOptions', VolumeOptions: 'mount.VolumeOptions', VolumeDriverConfig: 'mount.Driver', TmpfsOptions: 'mount.TmpfsOptions',
  ImageOptions: 'mount.ImageOptions', WeightDevice: 'blkiodev.WeightDevice', ThrottleDevice: 'blkiodev.ThrottleDevice',
  DeviceMapping: 'container.DeviceMapping', DeviceRequest: 'container.DeviceRequest', Ulimit: 'units.Ulimit',
};
/** What Go's errors call a body whose type embeds no other. */
const rootNames: Readonly<Record<string, string>> = { ExecCreateBody: 'ExecOptions', ExecStartBody: 'ExecStartOptions', ContainerUpdateBody: 'UpdateConfig' };
const durations: ReadonlySet<string> = new Set(['Interval', 'Timeout', 'StartPeriod', 'StartInterval']);
const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n], int64: [-(2n ** 63n), 2n ** 63n - 1n], nanos: [-(2n ** 63n), 2n ** 63n - 1n], int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint: [0n, 2n ** 64n - 1n], uint64: [0n, 2n ** 64n - 1n], uint32: [0n, 2n ** 32n - 1n], uint16: [0n, 65_535n],
};

/** Where the decoder is. `property`: the last step was a name; Go's errors differ for list elements. */
interface Place {
  readonly path: string;
  readonly property: boolean;
  readonly depth: number;
}

/**
 * Decodes a request body as dockerd does: names in any case, unknown fields ignored, null as if absent, wrong types refused with Go's
 * texts. The result has only fields that the document knows, under their right names. Throws invalidArgument. An empty `text` is an
 * error; callers that allow no body don't call. `null` decodes to an empty document.
 */
export function decodeBody(document: string, text: string): Record<string, unknown> {
  if (text.trim() === '') fail('invalidArgument', 'invalid JSON: got EOF while reading request body');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const problem = syntaxError(text);
    if (problem.trailing) fail('invalidArgument', 'unexpected content after JSON', { cause });
    fail('invalidArgument', `invalid JSON: ${problem.text}`, { cause });
  }
  if (value === null) return {};
  return decodeDocument(document, value, { path: '', property: false, depth: 0 });
}

function decodeDocument(name: string, value: unknown, place: Place): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch(value, goTypes[name] ?? name, place);
  const table = documentTable(name);
  const result: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    const field = table.byName.get(key.toLowerCase());
    if (field === undefined || each === null) continue;
    const duration = name === 'HealthConfig' && durations.has(field.name);
    result[field.name] = decodeValue(field.type, each, step(place.path === '' ? { ...place, path: rootNames[name] ?? '' } : place, field.name, true), duration ? 'time.Duration' : undefined);
  }
  return result;
}

function decodeValue(type: FieldType, value: unknown, place: Place, goType?: string): unknown {
  switch (type.kind) {
    case 'document': return value === null ? {} : decodeDocument(type.name, value, place);
    case 'list': return decodeList(type.of, value, place);
    case 'map': return decodeMap(type.of, value, place);
    case 'scalar': return decodeScalar(type.name, value, place, goType);
  }
}

function decodeList(of: FieldType, value: unknown, place: Place): unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) return mismatch(value, `[]${goName(of)}`, place);
  return value.map((each, index) => decodeValue(of, each, step(place, String(index), false)));
}

function decodeMap(of: FieldType, value: unknown, place: Place): Record<string, unknown> {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, `map[string]${goName(of)}`, place);
  const result: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    // An own property even for `__proto__`, which plain assignment would lose.
    Object.defineProperty(result, key, {
      value: decodeValue(of, each, step(place, key.replaceAll('~', '~0').replaceAll('/', '~1'), true)), enumerable: true, writable: true, configurable: true,
    });
  }
  return result;
}

function decodeScalar(name: string, value: unknown, place: Place, goType = name): unknown {
  switch (name) {
    case 'any': return value;
    case 'StrSlice': return decodeStringOrList(value);
    case 'Empty': return value === null || isObject(value) ? {} : mismatch(value, 'struct {}', place);
    case 'string': return value === null ? '' : typeof value === 'string' ? value : mismatch(value, 'string', place);
    case 'bool': return value === null ? false : typeof value === 'boolean' ? value : mismatch(value, 'bool', place);
    default: return value === null ? 0 : decodeNumber(name, value, place, goType);
  }
}

function decodeNumber(name: string, value: unknown, place: Place, goType: string): number {
  if (typeof value !== 'number') return mismatch(value, goType, place);
  const [low, high] = ranges[name] ?? [0n, 0n];
  // JSON numbers are doubles here: 2⁶³-1 arrives as 2⁶³, which clients do send (a memory limit of "all"), so the bounds are compared as doubles.
  if (!Number.isInteger(value) || value < Number(low) || value > Number(high)) return mismatch(value, goType, place, String(value));
  return value;
}

// Go decodes these through a method of their own type, which loses the path.
function decodeStringOrList(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  const place = { path: '', property: false, depth: 0 };
  if (!Array.isArray(value)) return mismatch(value, 'string', place);
  return value.map((each) => (each === null ? '' : typeof each === 'string' ? each : mismatch(each, 'string', place)));
}

function step(place: Place, name: string, property: boolean): Place {
  if (place.depth >= maxDepth) fail('invalidArgument', 'invalid JSON: exceeded max depth');
  return { path: `${place.path}.${name}`, property, depth: place.depth + 1 };
}

function mismatch(value: unknown, goType: string, place: Place, literal?: string): never {
  const what = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;
  const into = place.path === '' ? 'Go value' : place.property ? `Go struct field ${place.path}` : place.path;
  return fail('invalidArgument', `invalid JSON: json: cannot unmarshal ${literal === undefined ? what : `${what} ${literal}`} into ${into} of type ${goType}`);
}

function goName(type: FieldType): string {
  switch (type.kind) {
    case 'document': return goTypes[type.name] ?? type.name;
    case 'list': return `[]${goName(type.of)}`;
    case 'map': return `map[string]${goName(type.of)}`;
    case 'scalar': return type.name === 'Empty' ? 'struct {}' : type.name === 'any' ? 'interface {}' : type.name;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
