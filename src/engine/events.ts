import { nowNs } from '#base/clock.ts';
import type * as wire from '#api/schema.ts';
import type { EventsService, Filters } from './types.ts';

/** As many past events are kept as a client may ask for. */
const capacity = 1024;
/** Actions that dockerd does not have. */
const ownActions: ReadonlySet<string> = new Set(['why']);
/** A subscriber that falls this far behind is cut off. */
const maxBacklog = 16_384;

interface Stored {
  readonly message: wire.EventMessage;
  readonly ns: bigint;
}

interface Subscriber {
  readonly matches: (message: wire.EventMessage) => boolean;
  readonly queue: Stored[];
  wake: () => void;
}

export function createEvents(): EventsService & { readonly listeners: number } {
  return new Events();
}

class Events implements EventsService {
  readonly #past: Stored[] = [];
  readonly #subscribers = new Set<Subscriber>();

  get listeners(): number {
    return this.#subscribers.size;
  }

  publish({ type, action, actor }: Parameters<EventsService['publish']>[0]): void {
    const ns = nowNs();
    const legacy = type === 'container' || type === 'image' ? { status: action, id: actor.id, ...(type === 'container' ? { from: actor.attributes['image'] ?? '' } : {}) } : {};
    const message: wire.EventMessage = {
      ...legacy,
      Type: type,
      Action: action,
      Actor: { ID: actor.id, Attributes: actor.attributes },
      scope: 'local',
      time: Number(ns / 1_000_000_000n),
      timeNano: ns,
    };
    const stored = { message, ns };
    this.#past.push(stored);
    if (this.#past.length > capacity) this.#past.shift();
    for (const subscriber of this.#subscribers) {
      if (!subscriber.matches(message)) continue;
      subscriber.queue.push(stored);
      if (subscriber.queue.length > maxBacklog) this.#subscribers.delete(subscriber);
      subscriber.wake();
    }
  }

  async *subscribe(options: Parameters<EventsService['subscribe']>[0]): AsyncGenerator<wire.EventMessage, void, undefined> {
    const { since, until, filters, signal } = options;
    const matches = matcher(filters);
    const past = since === undefined && until === undefined ? [] : this.#past.filter(({ message, ns }) => ns >= (since ?? 0n) && (until === undefined || ns <= until) && matches(message));
    const subscriber: Subscriber = { matches, queue: since === undefined ? [] : past, wake: () => undefined };
    const remaining = until === undefined ? undefined : until - nowNs();
    if (remaining !== undefined && remaining <= 0n) {
      for (const { message } of past) yield message;
      return;
    }
    this.#subscribers.add(subscriber);
    const timer = remaining === undefined ? undefined : setTimeout(() => subscriber.wake(), Number(remaining / 1_000_000n) + 1);
    const onAbort = (): void => subscriber.wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        for (let next = subscriber.queue.shift(); next !== undefined; next = subscriber.queue.shift()) {
          if (until !== undefined && next.ns > until) return;
          yield next.message;
        }
        if (!this.#subscribers.has(subscriber) || (until !== undefined && nowNs() >= until)) return;
        await new Promise<void>((resolve) => {
          subscriber.wake = resolve;
          if (subscriber.queue.length > 0 || signal.aborted) resolve();
        });
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#subscribers.delete(subscriber);
    }
  }
}

/** Docker's event filters (daemon/events/filter.go): values of one key are alternatives, keys are united. */
function matcher(filters: Filters): (message: wire.EventMessage) => boolean {
  const tests: ((message: wire.EventMessage) => boolean)[] = [];
  const add = (key: string, test: (value: string, message: wire.EventMessage) => boolean): void => {
    const values = filters.get(key);
    if (values !== undefined && values.length > 0) tests.push((message) => values.some((value) => test(value, message)));
  };
  add('event', (value, { Action }) => Action === value || Action.startsWith(`${value}:`));
  add('type', (value, { Type }) => Type === value);
  add('scope', (value) => value === 'local');
  add('label', (value, { Actor }) => {
    const [key = '', expected] = value.split(/=(.*)/s, 2);
    return expected === undefined ? key in Actor.Attributes : Actor.Attributes[key] === expected;
  });
  for (const type of ['container', 'volume', 'network', 'daemon', 'plugin', 'service', 'node', 'secret', 'config']) {
    add(type, (value, { Type, Actor }) => Type === type && (Actor.ID === value || Actor.ID.startsWith(value) || Actor.Attributes['name'] === value));
  }
  add('image', (value, { Type, Actor }) => {
    const names = Type === 'image' ? [Actor.ID, Actor.Attributes['name'] ?? ''] : [Actor.Attributes['image'] ?? ''];
    return names.some((name) => name === value || name.replace(/:[^:/]+$/, '') === value);
  });
  // Berth's own events come only to those who name them: Docker's clients would not expect them.
  const asked = filters.get('event') ?? [];
  return (message) => (!ownActions.has(message.Action) || asked.includes(message.Action)) && tests.every((test) => test(message));
}
