import { zeroTime } from '#base/clock.ts';
import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { isActive } from './state.ts';
import { sample, zeroCpu, zeroSample } from './stats.ts';
import type { Sample } from './stats.ts';
import type { StatsRequest } from './types.ts';

const intervalMs = 1000;

/** One reader: the newest sample that it has not seen. One that is too slow misses samples, it never makes them pile up. */
interface Reader {
  pending: Sample | undefined;
  closed: boolean;
  wake: () => void;
}

interface Watched {
  readonly container: Container;
  readonly readers: Set<Reader>;
  last: Sample;
}

/**
 * Reads the counters of watched containers once a second, once for all their readers. Nothing is read, and no timer runs,
 * while nobody reads.
 */
export class StatsSampler {
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #sampling = false;

  /** A first sample at once (or that of the last second), then one each second; ends with the signal or the container's removal. */
  async *follow(ctx: EngineContext, container: Container, signal: AbortSignal): AsyncGenerator<Sample, void, undefined> {
    const watched = this.#watch(ctx, container);
    const reader: Reader = { pending: watched.last, closed: false, wake: () => undefined };
    const close = (): void => {
      reader.closed = true;
      reader.wake();
    };
    watched.readers.add(reader);
    container.removeWaiters.add(close);
    signal.addEventListener('abort', close);
    try {
      while (!reader.closed && !signal.aborted) {
        const next = reader.pending;
        reader.pending = undefined;
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (reader.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', close);
      container.removeWaiters.delete(close);
      watched.readers.delete(reader);
      if (watched.readers.size === 0) this.#watched.delete(container.record.id);
      if (this.#watched.size === 0) this.#stop();
    }
  }

  /** How many containers are being read. */
  get size(): number {
    return this.#watched.size;
  }

  #watch(ctx: EngineContext, container: Container): Watched {
    const { id } = container.record;
    const known = this.#watched.get(id);
    if (known !== undefined) return known;
    const watched: Watched = { container, readers: new Set(), last: sample(ctx, container) };
    this.#watched.set(id, watched);
    this.#timer ??= setInterval(() => void this.#tick(ctx), intervalMs);
    return watched;
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  // Between two containers other work gets its turn; a round that takes longer than the interval swallows the next.
  async #tick(ctx: EngineContext): Promise<void> {
    if (this.#sampling) return;
    this.#sampling = true;
    try {
      for (const watched of this.#watched.values()) {
        watched.last = this.#sample(ctx, watched.container);
        for (const reader of watched.readers) {
          reader.pending = watched.last;
          reader.wake();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      this.#sampling = false;
    }
  }

  #sample(ctx: EngineContext, container: Container): Sample {
    try {
      return sample(ctx, container);
    } catch (error) {
      ctx.log.error({ container: container.record.id, err: error }, 'reading statistics');
      return zeroSample(container);
    }
  }
}

/** GET stats: one sample, one with that of a second before it, or one a second until the reader leaves or the container is removed. */
export async function* containerStats(ctx: EngineContext, sampler: StatsSampler, container: Container, { stream, oneShot, signal }: StatsRequest): AsyncGenerator<wire.StatsResponse, void, undefined> {
  if (stream && oneShot) fail('invalidArgument', 'cannot have stream=true and one-shot=true');
  if (!stream && !isActive(container.runtime.state)) return yield zeroSample(container);
  if (oneShot) {
    // dockerd names the container in every answer but this one.
    const { name: _name, id: _id, ...unnamed } = sample(ctx, container);
    return yield unnamed;
  }
  let before: Sample | undefined;
  for await (const now of sampler.follow(ctx, container, signal)) {
    const primed = before !== undefined;
    if (stream || primed) yield { ...now, preread: before?.read ?? zeroTime, precpu_stats: before?.cpu_stats ?? zeroCpu };
    if (!stream && primed) return;
    before = now;
  }
}
