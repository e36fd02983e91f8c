import { createHash } from 'node:crypto';
import { fail } from '#base/errors.ts';
import { parseDescriptor } from './descriptor.ts';
import { isDigest, parseChainId } from './ids.ts';
import type { Descriptor } from './descriptor.ts';
import type { ChainId, DiffId } from './ids.ts';

/** Durations are nanoseconds. Docker's extra field of the config; `Test` is [] (inherit), ["NONE"], ["CMD", …] or ["CMD-SHELL", text]. */
export interface HealthConfig {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

/** OCI image-spec, config.md, `config`, and the fields that Docker adds. JSON names. */
export interface ImageRunConfig {
  User?: string;
  ExposedPorts?: Record<string, Record<string, never>>;
  Env?: string[] | null;
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  Volumes?: Record<string, Record<string, never>> | null;
  WorkingDir?: string;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  ArgsEscaped?: boolean;
  // Docker's own
  Hostname?: string;
  Domainname?: string;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  Image?: string;
  NetworkDisabled?: boolean;
  MacAddress?: string;
  OnBuild?: string[] | null;
  StopTimeout?: number;
  Shell?: string[];
  Healthcheck?: HealthConfig;
}

/** One line of `docker history`. Entries with `empty_layer` have no diff id. */
export interface HistoryEntry {
  created?: string;
  author?: string;
  created_by?: string;
  comment?: string;
  empty_layer?: boolean;
}

/** OCI image-spec, config.md, and Docker's extra fields. JSON names. Its digest is Docker's image id. */
export interface ImageConfigFile {
  architecture: string;
  os: string;
  variant?: string;
  'os.version'?: string;
  'os.features'?: string[];
  created?: string;
  author?: string;
  config?: ImageRunConfig;
  rootfs: { type: string; diff_ids: DiffId[] };
  history?: HistoryEntry[];
  // Docker's own
  id?: string;
  parent?: string;
  comment?: string;
  container?: string;
  container_config?: ImageRunConfig;
  docker_version?: string;
  Size?: number;
}

/** OCI image-spec, manifest.md; Docker schema 2 has the same form. */
export interface Manifest {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  config: Descriptor;
  layers: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** OCI image-spec, image-index.md; Docker's manifest list has the same form. */
export interface Index {
  schemaVersion: 2;
  mediaType?: string;
  artifactType?: string;
  manifests: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/**
 * Chain ids of a stack of layers, lowest first: chain(L0) = L0, chain(L0…Ln) = sha256(chain(L0…Ln-1) + " " + Ln).
 * OCI image-spec, config.md, "Layer ChainID".
 */
export function chainIds(diffIds: readonly DiffId[]): ChainId[] {
  const chain: ChainId[] = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    const id = parent === undefined ? diffId : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`;
    chain.push(parseChainId(id));
  }
  return chain;
}

/** At most this many layers: overlay's limit is 500 lower directories, Docker's own limit is 128. */
export const maxLayers = 128;

/** Parses the bytes of a config. Checks what we rely on, keeps everything else. Throws invalidArgument. */
export function parseImageConfig(bytes: Uint8Array): ImageConfigFile {
  const value = parseJson(bytes, 'image config') as Partial<ImageConfigFile>;
  const rootfs = value.rootfs as { diff_ids?: unknown } | undefined;
  if (typeof rootfs !== 'object' || rootfs === null) fail('invalidArgument', 'invalid image JSON, no RootFS key');
  const diffIds = rootfs.diff_ids ?? [];
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id))) {
    fail('invalidArgument', 'invalid image JSON: rootfs.diff_ids must be a list of digests');
  }
  if (diffIds.length > maxLayers)
    fail('invalidArgument', `max depth exceeded: an image may have ${maxLayers} layers, this one has ${diffIds.length}`);
  const history = value.history ?? [];
  if (!Array.isArray(history) || !history.every((entry) => typeof entry === 'object' && entry !== null)) {
    fail('invalidArgument', 'invalid image JSON: history must be a list of objects');
  }
  if (value.config !== undefined && value.config !== null) checkRunConfig(value.config);
  for (const key of ['architecture', 'os', 'variant', 'created', 'author', 'comment'] as const) {
    if (value[key] !== undefined && value[key] !== null && typeof value[key] !== 'string')
      fail('invalidArgument', `invalid image JSON: ${key} must be a string`);
  }
  return { ...value, architecture: value.architecture ?? '', os: value.os ?? '', rootfs: { type: 'layers', diff_ids: diffIds } };
}

/** Parses the bytes of a manifest. A document that is also an index is refused (CVE-2021-41190). Throws invalidArgument. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseJson(bytes, 'manifest') as Record<string, unknown>;
  if ('manifests' in value || 'fsLayers' in value) fail('invalidArgument', 'invalid manifest: it has both layers and manifests');
  if (!Array.isArray(value['layers'])) fail('invalidArgument', 'invalid manifest: it has no layers');
  if (value['layers'].length > maxLayers) fail('invalidArgument', `max depth exceeded: an image may have ${maxLayers} layers`);
  return {
    ...optionalString(value, 'mediaType'),
    schemaVersion: 2,
    config: parseDescriptor(value['config'], "the manifest's config"),
    layers: value['layers'].map((layer, index) => parseDescriptor(layer, `layer ${index} of the manifest`)),
  };
}

/** Parses the bytes of an index or manifest list. A document that is also a manifest is refused. Throws invalidArgument. */
export function parseIndex(bytes: Uint8Array): Index {
  const value = parseJson(bytes, 'index') as Record<string, unknown>;
  if ('layers' in value || 'config' in value || 'fsLayers' in value)
    fail('invalidArgument', 'invalid index: it has both layers and manifests');
  if (!Array.isArray(value['manifests'])) fail('invalidArgument', 'invalid index: it has no manifests');
  if (value['manifests'].length > 4096) fail('invalidArgument', 'invalid index: too many manifests');
  return {
    ...optionalString(value, 'mediaType'),
    schemaVersion: 2,
    manifests: value['manifests'].map((entry, index) => parseDescriptor(entry, `manifest ${index} of the index`)),
  };
}

function optionalString(value: Record<string, unknown>, key: 'mediaType'): { mediaType?: string } {
  return typeof value[key] === 'string' ? { [key]: value[key] } : {};
}

/** Parses JSON that must be an object. Throws invalidArgument naming `what`. */
export function parseJson(bytes: Uint8Array, what: string): object {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    fail('invalidArgument', `${what} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('invalidArgument', `${what} is not a JSON object`);
  return value;
}

const LISTS = ['Env', 'Entrypoint', 'Cmd', 'OnBuild', 'Shell'] as const;
const MAPS = ['ExposedPorts', 'Volumes', 'Labels'] as const;
const STRINGS = ['User', 'WorkingDir', 'StopSignal', 'Hostname', 'Domainname', 'Image', 'MacAddress'] as const;

function checkRunConfig(config: unknown): void {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    fail('invalidArgument', 'invalid image JSON: config must be an object');
  const raw = config as Record<string, unknown>;
  const set = (key: string): boolean => raw[key] !== undefined && raw[key] !== null;
  for (const key of LISTS) {
    const list = raw[key];
    if (set(key) && !(Array.isArray(list) && list.every((item) => typeof item === 'string')))
      fail('invalidArgument', `invalid image JSON: config.${key} must be a list of strings`);
  }
  for (const key of MAPS) {
    if (set(key) && (typeof raw[key] !== 'object' || Array.isArray(raw[key])))
      fail('invalidArgument', `invalid image JSON: config.${key} must be an object`);
  }
  if (set('Labels') && !Object.values(raw['Labels'] as object).every((item) => typeof item === 'string'))
    fail('invalidArgument', 'invalid image JSON: config.Labels must be strings');
  for (const key of STRINGS) {
    if (set(key) && typeof raw[key] !== 'string') fail('invalidArgument', `invalid image JSON: config.${key} must be a string`);
  }
  if (set('Healthcheck') && typeof raw['Healthcheck'] !== 'object')
    fail('invalidArgument', 'invalid image JSON: config.Healthcheck must be an object');
}
