import { fail } from '#base/errors.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { endpointSettings, networkSettings } from './endpoint-settings.ts';
import { endingOf } from './state.ts';
import type { Filters } from './types.ts';

const KNOWN = ['ancestor', 'before', 'exited', 'expose', 'health', 'id', 'is-task', 'isolation', 'label', 'name', 'network', 'publish', 'since', 'status', 'volume'];
const HEALTH = ['none', 'starting', 'healthy', 'unhealthy'];
const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

type Test = (container: Container) => boolean;

/** Throws invalidArgument for a filter that the endpoint does not know. */
export function checkFilters(filters: Filters, known: readonly string[]): void {
  for (const name of filters.keys()) if (!known.includes(name)) fail('invalidArgument', `invalid filter '${name}'`);
}

/** Docker's container filters (daemon/list.go): values of one name are alternatives (labels: all), names are united. */
export function containerMatcher(ctx: EngineContext, filters: Filters): Test {
  checkFilters(filters, KNOWN);
  const tests: Test[] = [];
  const any = (name: string, test: (value: string, container: Container) => boolean): void => {
    const values = filters.get(name);
    if (values !== undefined && values.length > 0) tests.push((container) => values.some((value) => test(value, container)));
  };
  for (const value of filters.get('status') ?? []) {
    if (!STATES.includes(value)) fail('invalidArgument', `invalid filter 'status=${value}': invalid value for state (${value}): must be one of ${STATES.join(', ')}`);
  }
  any('status', (value, container) => container.runtime.state.status === value);
  any('id', (value, { record }) => pattern(value).test(record.id) || record.id.startsWith(value));
  any('name', (value, { name }) => pattern(value).test(name) || pattern(value).test(`/${name}`));
  for (const label of filters.get('label') ?? []) tests.push((container) => matchesLabel(container.record.config.Labels ?? {}, label));
  const codes = (filters.get('exited') ?? []).map((value) => (/^-?\d+$/.test(value) ? Number(value) : fail('invalidArgument', `invalid filter 'exited=${value}': strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`)));
  if (codes.length > 0) tests.push((container) => codes.includes(endingOf(container.runtime.state).exitCode) && container.runtime.hasBeenStarted && container.runtime.state.status === 'exited');
  any('network', (value, container) => Object.entries(endpointSettings(container)).some(([name, settings]) => name === value || settings.NetworkID === value || (value.length > 0 && settings.NetworkID?.startsWith(value) === true)));
  any('volume', (value, { record }) => record.mounts.some(({ point }) => (point.Name || point.Source) === value || point.Destination === value));
  for (const value of filters.get('health') ?? []) {
    if (!HEALTH.includes(value)) fail('invalidArgument', `invalid filter 'health=${value}': invalid value for health (${value}): must be one of ${HEALTH.join(', ')}`);
  }
  any('health', (value, { runtime }) => value === (runtime.health?.status ?? 'none'));
  const task = filters.get('is-task');
  if (task !== undefined && !/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(task[0] ?? '')) fail('invalidArgument', `invalid filter 'is-task=[${task.join(' ')}]'`);
  any('is-task', (value) => /^(0|f)/i.test(value));
  tests.push(...portTests(filters));
  tests.push(...ancestorTests(ctx, filters.get('ancestor') ?? []), ...orderTests(ctx, filters));
  return (container) => tests.every((test) => test(container));
}

// A container is found by any of its ports in use that is published as, or that publishes, one of those asked for.
function portTests(filters: Filters): Test[] {
  const [exposed, published] = [portsOf('expose', filters), portsOf('publish', filters)];
  if (exposed === undefined && published === undefined) return [];
  return [(container) => Object.entries(networkSettings(container).Ports ?? {}).some(([port, bindings]) => {
    const protocol = port.slice(port.indexOf('/'));
    return exposed?.has(port) === true || (bindings ?? []).some(({ HostPort = '' }) => published?.has(`${HostPort}${protocol}`) === true);
  })];
}

/** `80`, `80/udp`, `80-90/tcp` as single ports. */
function portsOf(name: string, filters: Filters): Set<string> | undefined {
  const values = filters.get(name) ?? [];
  if (values.length === 0) return undefined;
  const ports = new Set<string>();
  for (const value of values) {
    if (value.includes(':')) fail('internal', `filter for '${name}' should not contain ':': ${value}`);
    const [range = '', protocol = ''] = value.split('/', 2);
    const bounds = range.split('-', 2);
    const [first = 0, last = first] = bounds.map((text) => {
      if (/^\d+$/.test(text) && Number(text) < 65_536) return Number(text);
      return fail('internal', `error while looking up for ${name} ${value}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${/^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'}`);
    });
    for (let port = first; port <= last; port++) ports.add(`${port}/${protocol || 'tcp'}`);
  }
  return ports;
}

function ancestorTests(ctx: EngineContext, values: readonly string[]): Test[] {
  if (values.length === 0) return [];
  const ids = new Set<string>();
  for (const value of values) {
    try {
      ids.add(ctx.images.get(value).id);
    } catch {
      // An unknown ancestor matches nothing, as in dockerd.
    }
  }
  return [(container) => ids.has(container.record.imageId) || values.includes(container.record.config.Image ?? '')];
}

function orderTests(ctx: EngineContext, filters: Filters): Test[] {
  const tests: Test[] = [];
  for (const value of filters.get('before') ?? []) {
    const { created } = ctx.registry.get(value).record;
    tests.push((container) => container.record.created < created);
  }
  for (const value of filters.get('since') ?? []) {
    const { created } = ctx.registry.get(value).record;
    tests.push((container) => container.record.created > created);
  }
  return tests;
}

/** `key` or `key=value`. */
export function matchesLabel(labels: Readonly<Record<string, string>>, label: string): boolean {
  const at = label.indexOf('=');
  return at < 0 ? Object.hasOwn(labels, label) : labels[label.slice(0, at)] === label.slice(at + 1);
}

/** A filter value is a regular expression; what is none, or a costly one, is taken literally. */
function pattern(text: string): RegExp {
  const literal = new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  if (text.length > 256 || /\([^)]*[+*]\)[+*{]/.test(text)) return literal;
  try {
    return new RegExp(text);
  } catch {
    return literal;
  }
}
