import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { fail } from '#base/errors.ts';
import { formatTime, nowNs } from '#base/clock.ts';
import { failpoint } from '#base/failpoints.ts';
import type * as wire from '#api/schema.ts';
import type { Image } from '#images/types.ts';
import type { ContainerId } from '#spec/ids.ts';
import { formatPlatform, parsePlatform, platformMatches } from '#spec/platform.ts';
import type { Container, ContainerMount, ContainerRecord } from './container.ts';
import { containerEvent, volumeEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { commandOf, completeConfig, mergeConfig, ownConfig, validateConfig } from './container-config.ts';
import { checkHostConfig, completeHostConfig } from './host-config.ts';
import { resolveMounts } from './mounts.ts';
import { parseContainerName, randomName } from './names.ts';

/** A create request, checked and merged, before anything is made. */
export interface Draft {
  readonly image: Image;
  readonly config: wire.ContainerConfig;
  readonly hostConfig: wire.HostConfig;
  readonly command: { path: string; args: string[] };
  readonly warnings: string[];
}

/** Checks a create body and merges it with its image. Makes nothing. Throws with Docker's texts. */
export function draft(ctx: EngineContext, body: wire.ContainerCreateBody, platform: string = ''): Draft {
  const own = ownConfig(body);
  if (Object.keys(body).filter((key) => body[key as keyof wire.ContainerCreateBody] !== undefined).length === 0) {
    fail('invalidArgument', 'config cannot be empty in order to create a container');
  }
  validateConfig(own);
  const raw = body.HostConfig ?? {};
  const complete = completeHostConfig(raw, ctx.host);
  const { warnings, discarded } = checkHostConfig(complete, raw, ctx.host);
  const hostConfig = { ...complete, ...discarded };
  if ((own.Image ?? '') === '') fail('invalidArgument', 'no image specified');
  const image = ctx.images.get(own.Image ?? '');
  checkPlatform(image, own.Image ?? '', platform);
  const config = mergeConfig(own, image.config);
  validateConfig(config);
  checkNetworkMode(hostConfig, config);
  checkEndpoints(hostConfig, body.NetworkingConfig);
  checkLinks(ctx, hostConfig);
  if (hostConfig.UTSMode === 'host' && (own.Hostname ?? '') !== '') fail('invalidArgument', 'conflicting options: hostname and the UTS mode');
  return { image, config, hostConfig, command: commandOf(config), warnings: [...warnings] };
}

function checkNetworkMode(hostConfig: wire.HostConfig, config: wire.ContainerConfig): void {
  const mode = hostConfig.NetworkMode ?? 'bridge';
  const target = /^container:(.*)$/.exec(mode)?.[1];
  if (target === undefined) return;
  if (target === '') fail('invalidArgument', 'Invalid network mode: invalid container format container:<name|id>');
  if ((config.Hostname ?? '') !== '') fail('invalidArgument', 'conflicting options: hostname and the network mode');
  if ((hostConfig.Dns ?? []).length > 0) fail('invalidArgument', 'conflicting options: dns and the network mode');
  if ((hostConfig.ExtraHosts ?? []).length > 0) fail('invalidArgument', 'conflicting options: custom host-to-IP mapping and the network mode');
  if (Object.keys(hostConfig.PortBindings ?? {}).length > 0 || hostConfig.PublishAllPorts === true) fail('invalidArgument', 'conflicting options: port publishing and the container type network mode');
}

// Not found, as dockerd says it, so that the client pulls the image for that platform.
function checkPlatform(image: Image, reference: string, text: string): void {
  if (text === '') return;
  const wanted = parsePlatform(text) ?? fail('invalidArgument', `${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  const { os, architecture, variant } = image.config;
  const own = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  if (platformMatches(own, wanted)) return;
  fail('notFound', `image with reference ${reference} was found but its platform (${formatPlatform(own)}) does not match the specified platform (${formatPlatform(wanted)})`);
}

/** What an endpoint on a network that the engine made itself may not ask for (dockerd: daemon/container_operations.go `validateEndpointSettings`). */
function checkEndpoints(hostConfig: wire.HostConfig, networking: wire.NetworkingConfig | undefined): void {
  for (const [key, endpoint] of Object.entries(networking?.EndpointsConfig ?? {})) {
    const name = key === 'default' ? 'bridge' : key;
    if (!['bridge', 'host', 'none'].includes(name) || hostConfig.NetworkMode !== name) continue;
    const { IPAMConfig, Aliases } = endpoint;
    const errors = [];
    const fixed = (IPAMConfig?.IPv4Address ?? '') !== '' || (IPAMConfig?.IPv6Address ?? '') !== '';
    if (fixed) errors.push('user specified IP address is supported on user defined networks only');
    if ((Aliases ?? []).length > 0) errors.push('network-scoped aliases are only supported for user-defined networks');
    if (fixed) errors.push('user specified IP address is supported only when connecting to networks with user configured subnets');
    if (errors.length > 0) fail('invalidArgument', `invalid config for network ${name}: invalid endpoint settings:\n${errors.map((error) => `* ${error}`).join('\n')}`);
  }
}

function checkLinks(ctx: EngineContext, hostConfig: wire.HostConfig): void {
  for (const link of hostConfig.Links ?? []) {
    const name = link.split(':', 1)[0] ?? '';
    if (ctx.registry.find(name) === undefined) fail('invalidArgument', `could not get container for ${name}: No such container: ${name}`);
    fail('notImplemented', `linking to container ${name}: legacy links (--link) are not served by Berth`);
  }
}

/** The record of a new container. `mounts` are decided already. */
export function recordOf(ctx: EngineContext, id: ContainerId, { image, config, hostConfig, command }: Draft, mounts: readonly ContainerMount[], networking: wire.NetworkingConfig | undefined): ContainerRecord {
  return {
    version: 1,
    id,
    created: formatTime(nowNs()),
    path: command.path,
    args: command.args,
    imageId: image.id,
    chainId: image.chainId,
    config: completeConfig(config, id, hostConfig, ctx.hostname),
    hostConfig: pinContainerModes(ctx, hostConfig),
    endpoints: networking?.EndpointsConfig ?? {},
    mounts,
  };
}

// "container:name" is kept by id, so that a rename or a namesake changes nothing.
function pinContainerModes(ctx: EngineContext, hostConfig: wire.HostConfig): wire.HostConfig {
  const pin = (mode: string | undefined): string | undefined => {
    const target = /^container:(.+)$/.exec(mode ?? '')?.[1];
    return target === undefined ? mode : `container:${other(ctx, target).record.id}`;
  };
  const network = /^container:(.+)$/.exec(hostConfig.NetworkMode ?? '')?.[1];
  // A missing container for the network is told at start, as dockerd does.
  const NetworkMode = network === undefined || ctx.registry.find(network) === undefined ? hostConfig.NetworkMode : pin(hostConfig.NetworkMode);
  return { ...hostConfig, NetworkMode, IpcMode: pin(hostConfig.IpcMode), PidMode: pin(hostConfig.PidMode) };
}

export function newContainerId(): ContainerId {
  return randomBytes(32).toString('hex') as ContainerId;
}

/** A container that a create request names. Not found is the request's fault: 404 would make clients pull the image. */
function other(ctx: EngineContext, reference: string): Container {
  return ctx.registry.find(reference) ?? fail('invalidArgument', `No such container: ${reference}`);
}

/** Directory of a container's log and generated files. */
export function containerDirectory(ctx: EngineContext, id: string): string {
  return `${ctx.paths.containers}/${id}`;
}

export function logPath(ctx: EngineContext, id: string): string {
  return `${containerDirectory(ctx, id)}/${id}-json.log`;
}

/** POST /containers/create: snapshot, directory, volumes, one row; durable when it resolves. */
export async function createContainer(ctx: EngineContext, request: { name?: string; platform?: string; body: wire.ContainerCreateBody }): Promise<wire.ContainerCreateResponse> {
  const name = request.name === undefined || request.name === '' ? randomName((taken) => ctx.registry.byName(taken) !== undefined) : parseContainerName(request.name);
  ctx.registry.requireFree(name);
  const drafted = draft(ctx, request.body, request.platform);
  checkWorkingDir(ctx, drafted);
  const id = newContainerId();
  const container = makeContainer(ctx, id, name, drafted, request.body);
  await ctx.registry.durable();
  failpoint('engine.create.after-durable');
  containerEvent(ctx, container, 'create');
  return { Id: id, Warnings: drafted.warnings };
}

const checkedDirs = new Set<string>();

/** dockerd makes the working directory at create; the plan makes it at start, but what can never be is refused here. */
function checkWorkingDir(ctx: EngineContext, { image, config }: Draft): void {
  const directory = config.WorkingDir ?? '';
  const key = `${image.chainId ?? ''} ${directory}`;
  if (directory === '' || directory === '/' || image.chainId === undefined || checkedDirs.has(key)) return;
  using root = ctx.openRoot(ctx.snapshots.view(image.chainId));
  const blocker = root.blocker(directory);
  if (blocker !== undefined) fail('internal', `Cannot mkdir: ${blocker} is not a directory`);
  if (checkedDirs.size > 1024) checkedDirs.clear();
  checkedDirs.add(key);
}

/** Volumes and container in one transaction: a crash leaves at most a snapshot or directories without one, which the next start removes. */
function makeContainer(ctx: EngineContext, id: ContainerId, name: string, drafted: Draft, body: wire.ContainerCreateBody): Container {
  using undo = new DisposableStack();
  ctx.snapshots.prepare(id, drafted.image.chainId);
  undo.defer(() => ctx.snapshots.remove(id));
  failpoint('engine.create.after-snapshot');
  const directory = containerDirectory(ctx, id);
  mkdirSync(directory, { mode: 0o710 });
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  failpoint('engine.create.after-directory');
  const { container, made } = ctx.registry.transaction(() => {
    const { mounts, made: volumes } = resolveMounts(drafted.config, drafted.hostConfig, volumesFrom(ctx, drafted.hostConfig), ctx.volumes);
    for (const volume of volumes) undo.defer(() => void ctx.volumes.remove(volume));
    const record = recordOf(ctx, id, drafted, mounts, body.NetworkingConfig);
    return { container: ctx.registry.insert(record, name), made: volumes };
  });
  undo.move();
  for (const volume of made) volumeEvent(ctx, 'create', volume);
  return container;
}

/** Mounts of the containers that VolumesFrom names: `container[:ro|rw]`. */
export function volumesFrom(ctx: EngineContext, hostConfig: wire.HostConfig): ContainerMount[][] {
  return (hostConfig.VolumesFrom ?? []).map((entry) => {
    const [reference = '', mode = ''] = entry.split(':', 2);
    if (!['', 'ro', 'rw', 'z', 'Z'].includes(mode)) fail('invalidArgument', `invalid mode for volumes-from: ${mode}`);
    const { mounts } = other(ctx, reference).record;
    return mounts.map((mount) => ({ ...mount, anonymous: false, point: { ...mount.point, RW: mount.point.RW && mode !== 'ro' } }));
  });
}
