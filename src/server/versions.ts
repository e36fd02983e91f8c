import { compareVersions, type EndpointId } from '#api/endpoints.ts';

/**
 * What older API versions say differently. Handlers speak the newest version only; here requests of older clients are brought up to it
 * and answers down from it. Each rule names the version that changed it.
 */

type Json = Record<string, unknown>;
interface Rule {
  /** The first version that does NOT need the rule. */
  readonly until: string;
  /** The first version that needs it, if not the oldest. */
  readonly from?: string;
  readonly apply: (document: Json) => void;
}

/** A version that does not come. */
const never = '999';

const requestRules: Partial<Record<EndpointId, readonly Rule[]>> = {
  ContainerCreate: createRules(),
  Explain: createRules(),
  ContainerUpdate: [{ until: '1.40', apply: (body) => void delete body['PidsLimit'] }, { from: '1.42', until: never, apply: (body) => void delete body['KernelMemory'] }],
  ExecCreate: [{ until: '1.42', apply: (body) => void delete body['ConsoleSize'] }],
  ExecStart: [{ until: '1.42', apply: (body) => void delete body['ConsoleSize'] }],
};

const answerRules: Partial<Record<EndpointId, readonly Rule[]>> = {
  ImageList: [{ until: '1.44', apply: addVirtualSize }, { until: '1.43', apply: nullDigests }, { until: '1.48', apply: dropDescriptor }],
  ImageInspect: [
    { until: '1.44', apply: addVirtualSize },
    { until: '1.45', apply: (image) => void (image['ContainerConfig'] = legacyConfig()) },
    { until: '1.50', apply: (image) => void (image['Config'] = { ...legacyImageConfig, ...(image['Config'] as Json | null) }) },
    { until: '1.48', apply: dropDescriptor },
  ],
  ContainerInspect: [{ until: '1.48', apply: (container) => void delete container['ImageManifestDescriptor'] }],
  ContainerList: [{ until: '1.48', apply: (container) => void delete container['ImageManifestDescriptor'] }, { until: '1.46', apply: dropAnnotations }],
  SystemInfo: [
    { until: '1.50', apply: (info) => Object.assign(info, { BridgeNfIptables: false, BridgeNfIp6tables: false }) },
    { until: '1.49', apply: oldCommitsAndRegistries },
    { until: '1.46', apply: (info) => void delete info['Containerd'] },
    { until: '1.44', apply: dropRuntimeStatus },
    { until: '1.42', apply: (info) => void (info['KernelMemory'] = info['KernelMemoryTCP'] ?? false) },
  ],
  SystemDataUsage: [{ until: '1.44', apply: (usage) => forEachDocument(usage['Images'], (image) => { addVirtualSize(image); nullDigests(image); }) }],
};

/** Brings a decoded body of an older client up to date. May change `body`. */
export function upgradeRequest(id: EndpointId, version: string, body: Json): Json {
  for (const rule of requestRules[id] ?? []) if (compareVersions(version, rule.until) < 0 && compareVersions(version, rule.from ?? '0') >= 0) rule.apply(body);
  return body;
}

/** Brings an answer (a document or a list of them) down to what the version prints. Never changes `value` itself. */
export function downgradeAnswer(id: EndpointId, version: string, value: unknown): unknown {
  const rules = (answerRules[id] ?? []).filter((rule) => compareVersions(version, rule.until) < 0);
  if (rules.length === 0) return value;
  const copy = structuredClone(value);
  forEachDocument(Array.isArray(copy) ? copy : [copy], (document) => rules.forEach((rule) => rule.apply(document)));
  return copy;
}

function createRules(): readonly Rule[] {
  const host = (apply: (hostConfig: Json) => void) => (body: Json): void => {
    const hostConfig = body['HostConfig'];
    if (isObject(hostConfig)) apply(hostConfig);
  };
  const mounts = (apply: (mount: Json) => void) => host((hostConfig) => forEachDocument(hostConfig['Mounts'], apply));
  const withOptions = (options: string, ...fields: string[]) => mounts((mount) => {
    const value = mount[options];
    if (isObject(value)) for (const field of fields) delete value[field];
  });
  return [
    { until: '1.40', apply: withOptions('BindOptions', 'NonRecursive') },
    { until: '1.40', apply: host((hostConfig) => { if (!hostConfig['IpcMode']) hostConfig['IpcMode'] = 'shareable'; }) },
    { until: '1.40', apply: host((hostConfig) => { delete hostConfig['KernelMemoryTCP']; delete hostConfig['PidsLimit']; }) },
    { from: '1.42', until: never, apply: host((hostConfig) => void delete hostConfig['KernelMemory']) },
    { until: '1.42', apply: host((hostConfig) => void delete hostConfig['ConsoleSize']) },
    { until: '1.42', apply: withOptions('BindOptions', 'CreateMountpoint') },
    { until: '1.43', apply: host((hostConfig) => void delete hostConfig['Annotations']) },
    { until: '1.44', apply: (body) => { if (isObject(body['Healthcheck'])) delete body['Healthcheck']['StartInterval']; } },
    { until: '1.44', apply: withOptions('BindOptions', 'ReadOnlyNonRecursive', 'ReadOnlyForceRecursive') },
    { until: '1.45', apply: withOptions('VolumeOptions', 'Subpath') },
    { until: '1.46', apply: withOptions('TmpfsOptions', 'Options') },
  ];
}

function addVirtualSize(image: Json): void {
  image['VirtualSize'] = image['Size'];
}

function nullDigests(image: Json): void {
  if (Array.isArray(image['RepoDigests']) && image['RepoDigests'].length === 0) image['RepoDigests'] = null;
}

function dropDescriptor(image: Json): void {
  delete image['Descriptor'];
  delete image['Manifests'];
}

function dropAnnotations(container: Json): void {
  if (isObject(container['HostConfig'])) delete container['HostConfig']['Annotations'];
}

function oldCommitsAndRegistries(info: Json): void {
  for (const name of ['ContainerdCommit', 'RuncCommit', 'InitCommit']) {
    const commit = info[name];
    if (isObject(commit) && commit['ID'] !== '') commit['Expected'] = commit['ID'];
  }
  const registries = info['RegistryConfig'];
  if (isObject(registries)) Object.assign(registries, { AllowNondistributableArtifactsCIDRs: null, AllowNondistributableArtifactsHostnames: null });
}

function dropRuntimeStatus(info: Json): void {
  if (isObject(info['Runtimes'])) forEachDocument(Object.values(info['Runtimes']), (runtime) => void delete runtime['status']);
}

const legacyImageConfig: Readonly<Json> = {
  AttachStderr: false, AttachStdin: false, AttachStdout: false, Domainname: '', Hostname: '', Image: '', OpenStdin: false, StdinOnce: false, Tty: false,
};

function legacyConfig(): Json {
  return { ...legacyImageConfig, User: '', Env: null, Cmd: null, Volumes: null, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null };
}

function forEachDocument(list: unknown, apply: (document: Json) => void): void {
  if (Array.isArray(list)) for (const each of list) if (isObject(each)) apply(each);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
