import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, fail } from '#base/errors.ts';
import type { TreeMount } from '#kernel/container-tree.ts';
import type { TreeRequest } from './files/types.ts';
import type { Container, ContainerMount } from './container.ts';
import { containerDirectory } from './create.ts';
import type { EngineContext } from './context.ts';
import { etcPaths } from './etc-files.ts';
import { isActive } from './state.ts';

/** What is done with a tree. `done`: until then (a stream's end) the tree is in use. */
export interface TreeUse<T> {
  readonly value: T;
  readonly done?: Promise<void>;
}

/** How often a container may change between running and stopped while we look, before that is an error. */
const MAX_TRIES = 5;

/**
 * Runs `use` on the tree of a container as it is now. The root of one that does not run is mounted for it, and only once at a
 * time: its lock is held, so that it isn't started meanwhile. `mounts`: volumes, binds and generated files are seen too.
 */
export async function withTree<T>(ctx: EngineContext, container: Container, mounts: boolean, use: (tree: TreeRequest) => Promise<TreeUse<T>>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      const used = isActive(container.runtime.state) ? await onRunning(ctx, container, mounts, use) : await onStopped(ctx, container, mounts, use);
      if (used !== undefined) return used.value;
    } catch (error) {
      // Its process has ended; that is about to be told.
      if (!endedMeanwhile(error) || tries >= MAX_TRIES) throw error;
      await Promise.race([container.task?.exited, delay(200)]);
    }
    if (tries >= MAX_TRIES) fail('conflict', `container ${container.record.id} starts and ends while its files are looked at`);
  }
}

function endedMeanwhile(error: unknown): boolean {
  return (error as { data?: Record<string, unknown> } | null)?.data?.['errno'] === 'ESRCH' || errnoOf(error) === 'ESRCH';
}

async function onRunning<T>(ctx: EngineContext, container: Container, mounts: boolean, use: (tree: TreeRequest) => Promise<TreeUse<T>>): Promise<TreeUse<T> | undefined> {
  const state = container.task?.state;
  if (state === undefined || !('process' in state)) return undefined;
  const seen = mounts ? [...ownMounts(ctx, container, false), ...etcMounts(ctx, container)] : [];
  return use({ root: { type: 'running', process: state.process }, mounts: seen });
}

function onStopped<T>(ctx: EngineContext, container: Container, mounts: boolean, use: (tree: TreeRequest) => Promise<TreeUse<T>>): Promise<TreeUse<T> | undefined> {
  const { id } = container.record;
  const { promise, resolve, reject } = Promise.withResolvers<TreeUse<T> | undefined>();
  const body = async (): Promise<void> => {
    if (isActive(container.runtime.state)) return resolve(undefined);
    await container.settled;
    if (!ctx.registry.has(id)) fail('notFound', `No such container: ${id}`);
    const seen = mounts ? [...ownMounts(ctx, container, true), ...etcMounts(ctx, container)] : [];
    const used = await use({ root: { type: 'stopped', mount: ctx.snapshots.mount(id) }, mounts: seen });
    resolve(used);
    await used.done;
  };
  ctx.locks.run(id, body).catch(reject);
  return promise;
}

/** Volumes and binds, parents first. tmpfs mounts are not shown, as dockerd doesn't: what is in them is only the container's. */
function ownMounts(ctx: EngineContext, { record, runtime }: Container, resolve: boolean): TreeMount[] {
  const hidden = record.hostConfig.Tmpfs ?? {};
  const seen = record.mounts.filter(({ point }) => point.Type !== 'tmpfs' && hidden[point.Destination] === undefined);
  const shown = resolve && !runtime.hasBeenStarted ? seen.filter((mount) => !isToBeFilled(ctx, mount)) : seen;
  return shown
    .map((mount) => ({
      source: resolve ? sourceOf(ctx, mount) : '',
      subpath: mount.subpath,
      destination: mount.point.Destination,
      readonly: !mount.point.RW,
      recursive: mount.recursive,
    }))
    .sort((a, b) => a.destination.split('/').length - b.destination.split('/').length);
}

// An empty volume gets what the image has there when the container first starts: until then the image's files stand for it.
function isToBeFilled(ctx: EngineContext, { point, noCopy, subpath }: ContainerMount): boolean {
  const volume = point.Type === 'volume' && !noCopy && subpath === '' ? ctx.volumes.find(point.Name ?? '') : undefined;
  return volume !== undefined && readdirSync(volume.mountpoint).length === 0;
}

function sourceOf(ctx: EngineContext, { point, createSource }: ContainerMount): string {
  if (point.Type === 'volume') return (ctx.volumes.find(point.Name ?? '') ?? fail('notFound', `get ${point.Name}: no such volume`)).mountpoint;
  if (statSync(point.Source, { throwIfNoEntry: false }) === undefined) {
    if (!createSource) fail('invalidArgument', `invalid mount config for type "bind": bind source path does not exist: ${point.Source}`);
    mkdirSync(point.Source, { recursive: true, mode: 0o755 });
  }
  return point.Source;
}

/** hosts, hostname and resolv.conf, once they were made; those of the other container when its network is shared. */
function etcMounts(ctx: EngineContext, { record, runtime }: Container): TreeMount[] {
  if (!runtime.hasBeenStarted && !isActive(runtime.state)) return [];
  const target = /^container:(.+)$/.exec(record.hostConfig.NetworkMode ?? '')?.[1];
  const owner = target === undefined ? record.id : (ctx.registry.find(target)?.record.id ?? record.id);
  const files = etcPaths(containerDirectory(ctx, owner));
  const taken = new Set(record.mounts.map(({ point }) => point.Destination));
  return [['/etc/resolv.conf', files.resolvConf], ['/etc/hostname', files.hostname], ['/etc/hosts', files.hosts]]
    .filter(([destination = '', source = '']) => !taken.has(destination) && existsSync(source))
    .map(([destination = '', source = '']) => ({ source, subpath: '', destination, readonly: record.hostConfig.ReadonlyRootfs === true, recursive: false }));
}
