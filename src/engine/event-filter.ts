import type * as wire from '#api/schema.ts';
import type { Filters } from './types.ts';

type Matcher = (message: wire.EventMessage) => boolean;

/** Filters that name an object: a prefix of an event's subject, by id or name, whatever its type (as in dockerd). */
const OBJECTS = ['container', 'volume', 'network', 'daemon', 'plugin', 'service', 'node', 'secret', 'config'];
/** Actions that dockerd does not have. */
const OWN_ACTIONS: ReadonlySet<string> = new Set(['why']);
/** Actions with details behind a colon; one of them as a filter makes all `event` filters prefixes. */
const DETAILED = ['health_status', 'exec_create', 'exec_start'];

/** Docker's event filters (dockerd: daemon/events/filter.go): values of one key are alternatives (labels: all count), keys are united. */
export function eventMatcher(filters: Filters): Matcher {
  const tests: Matcher[] = [];
  const any = (key: string, test: (value: string, message: wire.EventMessage) => boolean): void => {
    const values = filters.get(key) ?? [];
    if (values.length > 0) tests.push((message) => values.some((value) => test(value, message)));
  };
  const prefixes = (filters.get('event') ?? []).some((value) => DETAILED.includes(value));
  any('event', (value, { Action }) => (prefixes ? Action.startsWith(value) : Action === value));
  any('type', (value, { Type }) => Type === value);
  any('scope', (value, { scope }) => value === scope);
  for (const key of OBJECTS) any(key, (value, { Actor }) => Actor.ID.startsWith(value) || (Actor.Attributes['name'] ?? '').startsWith(value));
  any('image', (value, { Type, Actor }) => {
    const name = Actor.Attributes[Type === 'image' ? 'name' : 'image'] ?? '';
    return [Actor.ID, name, withoutTag(Actor.ID), withoutTag(name)].includes(value);
  });
  for (const label of filters.get('label') ?? []) {
    const [key = '', expected] = label.split(/=(.*)/s, 2);
    tests.push(({ Actor }) => (expected === undefined ? Object.hasOwn(Actor.Attributes, key) : Actor.Attributes[key] === expected));
  }
  // Berth's own events come only to those who name them: Docker's clients would not expect them.
  const asked = filters.get('event') ?? [];
  return (message) => (!OWN_ACTIONS.has(message.Action) || asked.includes(message.Action)) && tests.every((test) => test(message));
}

function withoutTag(name: string): string {
  return name.replace(/:[^:/]+$/, '');
}
