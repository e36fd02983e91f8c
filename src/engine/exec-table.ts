import { randomBytes } from 'node:crypto';
import { fail } from '#base/errors.ts';
import type { TimerWheel } from '#base/timer-wheel.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import type { Exec } from './exec.ts';

/** How long an ended exec can still be inspected (dockerd: five to ten minutes). */
const keepMs = 300_000;
/** More are forgotten earlier, the oldest first. */
const maxEnded = 4096;
/** Execs of one container that were created and not started; the oldest is forgotten for a new one. */
const maxCreated = 1024;

/**
 * All execs by id. Those that did not end are also in their container's `execs`; they go with its run, and ended ones some
 * time after their end, as in dockerd.
 */
export class ExecTable {
  readonly #timers: TimerWheel;
  readonly #byId = new Map<string, Exec>();
  /** Ids of ended execs with the time of their end, oldest first. */
  readonly #ended = new Map<string, number>();
  #sweeping = false;

  constructor(timers: TimerWheel) {
    this.#timers = timers;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Makes the record of a new exec. */
  add(container: Container, body: wire.ExecCreateBody): Exec {
    const id = randomBytes(32).toString('hex');
    const exec: Exec = { id, container, body, status: 'created', pid: 0, exitCode: null, startedAt: 0n, process: undefined };
    if (container.execs.size >= maxCreated) this.#forgetCreated(container);
    container.execs.set(id, exec);
    this.#byId.set(id, exec);
    return exec;
  }

  /** Throws notFound with Docker's text. */
  get(id: string): Exec {
    return this.#byId.get(id) ?? fail('notFound', `No such exec instance: ${id}`);
  }

  /** By id or by a prefix that only one has. Throws notFound or invalidArgument. */
  find(reference: string): Exec {
    const exact = this.#byId.get(reference);
    if (exact !== undefined || reference === '') return this.get(reference);
    const matching = [...this.#byId.values()].filter(({ id }) => id.startsWith(reference));
    if (matching.length > 1) fail('invalidArgument', `multiple IDs found with provided prefix: ${reference}`);
    return matching[0] ?? this.get(reference);
  }

  all(): IterableIterator<Exec> {
    return this.#byId.values();
  }

  /** Takes an exec for ended. */
  end(exec: Exec, exitCode: number): void {
    exec.status = 'exited';
    exec.exitCode = exitCode;
    exec.process = undefined;
    exec.container.execs.delete(exec.id);
    if (!this.#byId.has(exec.id)) return;
    this.#ended.set(exec.id, Date.now());
    for (const id of this.#ended.keys()) {
      if (this.#ended.size <= maxEnded) break;
      this.#forget(id);
    }
    this.#sweepLater();
  }

  /** A container's run is over: what did not end by itself cannot be found any more. */
  dropLive(container: Container): void {
    for (const id of container.execs.keys()) this.#byId.delete(id);
    container.execs.clear();
  }

  #forgetCreated(container: Container): void {
    for (const [id, { status }] of container.execs) {
      if (status !== 'created') continue;
      container.execs.delete(id);
      this.#byId.delete(id);
      return;
    }
  }

  #forget(id: string): void {
    this.#ended.delete(id);
    this.#byId.delete(id);
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#timers.after(keepMs, () => {
      this.#sweeping = false;
      const old = Date.now() - keepMs;
      for (const [id, at] of this.#ended) {
        if (at > old) break;
        this.#forget(id);
      }
      if (this.#ended.size > 0) this.#sweepLater();
    });
  }
}
