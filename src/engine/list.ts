import { parseTime } from '#base/clock.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { humanDuration } from './durations.ts';
import { endpointSettings } from './endpoint-settings.ts';
import { mountPoints, sizes } from './inspect.ts';
import { containerMatcher } from './list-filters.ts';
import { endingOf } from './state.ts';
import type { Filters } from './types.ts';

/** GET /containers/json: newest first. */
export async function listContainers(ctx: EngineContext, options: { all: boolean; limit?: number; size: boolean; filters: Filters }): Promise<wire.ContainerSummary[]> {
  const { limit = 0, filters } = options;
  const matches = containerMatcher(ctx, filters);
  const everything = options.all || limit > 0 || filters.has('status');
  const found = [...ctx.registry.all()]
    .filter((container) => (everything || container.runtime.state.status === 'running' || container.runtime.state.status === 'paused' || container.runtime.state.status === 'restarting') && matches(container))
    .sort((a, b) => (a.record.created < b.record.created ? 1 : a.record.created > b.record.created ? -1 : 0));
  const page = limit > 0 ? found.slice(0, limit) : found;
  const now = Date.now();
  const names = imageNames(ctx);
  const summaries = page.map((container) => summary(ctx, container, now, names));
  if (!options.size) return summaries;
  return Promise.all(summaries.map(async (entry, index) => ({ ...entry, ...(await sizes(ctx, page[index] as Container)) })));
}

function imageNames(ctx: EngineContext): ReadonlySet<string> {
  return new Set(ctx.images.list().flatMap((image) => image.repoTags.map((tag) => `${image.id} ${tag}`)));
}

function summary(ctx: EngineContext, container: Container, now: number, names: ReadonlySet<string>): wire.ContainerSummary {
  const { record } = container;
  return {
    Id: record.id,
    Names: [`/${container.name}`],
    Image: shownImage(record.config.Image ?? '', record.imageId, names),
    ImageID: record.imageId,
    Command: [record.path, ...record.args].map(quoted).join(' '),
    Created: Number((parseTime(record.created) ?? 0n) / 1_000_000_000n),
    Ports: [],
    Labels: { ...record.config.Labels },
    State: container.runtime.state.status,
    Status: statusText(container, now),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode, ...(record.hostConfig.Annotations === undefined ? {} : { Annotations: record.hostConfig.Annotations }) },
    NetworkSettings: { Networks: endpointSettings(container) },
    Mounts: mountPoints(ctx, container),
  };
}

// A name that now means another image is shown as the id, as dockerd does.
function shownImage(name: string, id: string, names: ReadonlySet<string>): string {
  if (/^(sha256:)?[0-9a-f]{12,64}$/.test(name) || name.includes('@')) return name;
  const last = name.slice(name.lastIndexOf('/') + 1);
  const familiar = name.replace(/^docker\.io\/(library\/)?/, '');
  return names.has(`${id} ${last.includes(':') ? familiar : `${familiar}:latest`}`) ? name : id;
}

// dockerd quotes arguments that contain blanks with single quotes (daemon/list.go).
function quoted(argument: string): string {
  return argument.includes(' ') ? `'${argument}'` : argument;
}

function healthText({ runtime: { health } }: Container): string {
  if (health === undefined) return '';
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`;
}

/** "Up 5 seconds (Paused)", "Exited (0) 2 minutes ago", "Created". */
export function statusText(container: Container, now: number): string {
  const { state } = container.runtime;
  const since = (time: string): string => humanDuration(now - Number((parseTime(time) ?? 0n) / 1_000_000n));
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${healthText(container)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return parseTime(endingOf(state).finishedAt) === undefined ? 'Created' : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}
