import { lstatSync } from 'node:fs';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import { containerDirectory, logPath } from './create.ts';
import type { EngineContext } from './context.ts';
import { networkSettings } from './endpoint-settings.ts';
import { etcPaths, mtab } from './etc-files.ts';
import { healthDocument } from './health-state.ts';
import { stateDocument } from './state.ts';

/** GET /containers/ID/json, in dockerd's shape and key order. */
export async function inspectContainer(ctx: EngineContext, container: Container, options: { size?: boolean } = {}): Promise<wire.ContainerInspect> {
  const { record, runtime } = container;
  const files = etcPaths(containerDirectory(ctx, record.id));
  const started = runtime.hasBeenStarted || runtime.state.status === 'running';
  const running = [...container.execs.values()].filter((exec) => exec.status === 'running').map((exec) => exec.id);
  return {
    Id: record.id,
    Created: record.created,
    Path: record.path,
    Args: [...record.args],
    State: { ...stateDocument(runtime.state), ...(runtime.health === undefined ? {} : { Health: healthDocument(runtime.health) }) },
    Image: record.imageId,
    ResolvConfPath: started ? files.resolvConf : '',
    HostnamePath: started ? files.hostname : '',
    HostsPath: started ? files.hosts : '',
    LogPath: started && record.hostConfig.LogConfig?.Type === 'json-file' ? logPath(ctx, record.id) : '',
    Name: `/${container.name}`,
    RestartCount: runtime.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: running.length === 0 ? null : running,
    HostConfig: record.hostConfig,
    GraphDriver: graphDriver(ctx, record.id),
    ...(options.size === true ? await sizes(ctx, container) : {}),
    Mounts: mountPoints(ctx, container),
    Config: record.config,
    NetworkSettings: networkSettings(container),
  };
}

/** The mounts with volumes at their present place. */
export function mountPoints(ctx: EngineContext, container: Container): wire.MountPoint[] {
  return container.record.mounts.map(({ point }) => (point.Type === 'volume' ? { ...point, Source: ctx.volumes.find(point.Name ?? '')?.mountpoint ?? '' } : point));
}

function graphDriver(ctx: EngineContext, id: string): wire.DriverData {
  const mount = ctx.snapshots.mount(id);
  if (mount.type === 'bind') return { Data: { ID: id, UpperDir: mount.source }, Name: 'overlay2' };
  const at = (name: string): string => `${mount.base}/${name}`;
  return {
    Data: {
      ID: id,
      LowerDir: mount.lower.map(at).join(':'),
      MergedDir: mount.upper === undefined ? '' : at(mount.upper).replace(/\/[^/]*$/, '/merged'),
      UpperDir: mount.upper === undefined ? '' : at(mount.upper),
      WorkDir: mount.work === undefined ? '' : at(mount.work),
    },
    Name: 'overlay2',
  };
}

/** Bytes that a container has written: its layer without the link that every start makes there. */
export async function writtenBytes(ctx: EngineContext, id: string): Promise<number> {
  const used = await ctx.snapshots.usage(id);
  const link = lstatSync(`${ctx.snapshots.upperPath(id)}/etc/mtab`, { throwIfNoEntry: false });
  return link?.isSymbolicLink() === true && link.size === mtab.target.length ? Math.max(0, used - link.size) : used;
}

/** Bytes in the writable layer, and with the image's. */
export async function sizes(ctx: EngineContext, container: Container): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const SizeRw = await writtenBytes(ctx, container.record.id);
  const image = container.record.imageId === '' ? undefined : ctx.images.list().find((entry) => entry.id === container.record.imageId);
  return { SizeRw, SizeRootFs: SizeRw + (image?.size ?? 0) };
}
