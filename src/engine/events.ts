import { nowNs } from '#base/clock.ts';
import type * as wire from '#api/schema.ts';
import { eventMatcher } from './event-filter.ts';
import type { EventLog, EventRecord } from './event-log.ts';
import type { EventsService } from './types.ts';

/** So many recent events are answered from memory; earlier ones come from the log. */
const recentCount = 1024;
/** A subscriber that falls this far behind is cut off. */
const maxBacklog = 16_384;

interface Recent {
  readonly message: wire.EventMessage;
  readonly ns: bigint;
  /** In the log. */
  readonly position: number;
}

interface Subscriber {
  readonly matches: (message: wire.EventMessage) => boolean;
  readonly queue: Recent[];
  wake: () => void;
}

type Subscription = Parameters<EventsService['subscribe']>[0];

export function createEvents(log: EventLog): EventsService & { readonly listeners: number } {
  return new Events(log);
}

class Events implements EventsService {
  readonly #log: EventLog;
  readonly #recent: Recent[] = [];
  readonly #subscribers = new Set<Subscriber>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  get listeners(): number {
    return this.#subscribers.size;
  }

  publish({ type, action, actor }: Parameters<EventsService['publish']>[0]): void {
    const record = { ns: nowNs(), type, action, id: actor.id, attributes: actor.attributes };
    const recent = { message: messageOf(record), ns: record.ns, position: this.#log.append(record) };
    this.#recent.push(recent);
    if (this.#recent.length > recentCount) this.#recent.shift();
    for (const subscriber of this.#subscribers) {
      if (!subscriber.matches(recent.message)) continue;
      subscriber.queue.push(recent);
      if (subscriber.queue.length > maxBacklog) this.#subscribers.delete(subscriber);
      subscriber.wake();
    }
  }

  async *subscribe(options: Subscription): AsyncGenerator<wire.EventMessage, void, undefined> {
    const { since, until, signal } = options;
    const matches = eventMatcher(options.filters);
    // Past and present join without a gap or an overlap: all of this is one turn.
    const past = since === undefined && until === undefined ? undefined : this.#past(since, until, matches);
    const subscriber: Subscriber = { matches, queue: [], wake: () => undefined };
    const remaining = until === undefined ? undefined : until - nowNs();
    const live = remaining === undefined || remaining > 0n;
    if (live) this.#subscribers.add(subscriber);
    const timer = remaining === undefined || !live ? undefined : setTimeout(() => subscriber.wake(), Number(remaining / 1_000_000n) + 1);
    const onAbort = (): void => subscriber.wake();
    signal.addEventListener('abort', onAbort);
    try {
      for await (const message of past ?? []) {
        if (signal.aborted) return;
        yield message;
      }
      if (live) yield* this.#follow(subscriber, until, signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#subscribers.delete(subscriber);
    }
  }

  async *#follow(subscriber: Subscriber, until: bigint | undefined, signal: AbortSignal): AsyncGenerator<wire.EventMessage, void, undefined> {
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
  }

  /**
   * What matches in [since, until] up to now. The log is asked only for what is older than memory, and not without a
   * beginning. As in dockerd, 0 as the end is none.
   */
  #past(since: bigint | undefined, until: bigint | undefined, matches: Subscriber['matches']): AsyncGenerator<wire.EventMessage, void, undefined> {
    const recent = [...this.#recent];
    const [oldest] = recent;
    const older = since === undefined || (oldest !== undefined && oldest.ns <= since) ? undefined : this.#log.read(oldest?.position ?? Infinity);
    const wanted = ({ ns }: { ns: bigint }): boolean => ns >= (since ?? 0n) && (until === undefined || until === 0n || ns <= until);
    return (async function* past(): AsyncGenerator<wire.EventMessage, void, undefined> {
      for await (const record of older ?? []) {
        if (!wanted(record)) continue;
        const message = messageOf(record);
        if (matches(message)) yield message;
      }
      for (const each of recent) if (wanted(each) && matches(each.message)) yield each.message;
    })();
  }
}

/** The wire's document of an event; containers and images have the fields of old clients, too. */
function messageOf({ ns, type, action, id, attributes }: EventRecord): wire.EventMessage {
  const legacy = type === 'container' || type === 'image' ? { status: action, id, ...(type === 'container' ? { from: attributes['image'] ?? '' } : {}) } : {};
  return {
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: { ...attributes } },
    scope: 'local',
    time: Number(ns / 1_000_000_000n),
    timeNano: ns,
  };
}
