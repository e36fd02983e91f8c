/** A wish that can be taken back until it was granted. */
export interface WheelTimer {
  cancel(): void;
}

/** Delays from here on are rounded up to {@link COARSE}, so that many periodic ones wake the process together. */
const LONG_MS = 2_000;
const COARSE_MS = 50;

/**
 * Timers for many periodic things: one timer of the event loop for all of them, none while nothing is due. A delay is never
 * shorter than asked for, and at most 50 ms longer (1 ms below two seconds). Does not keep the process alive.
 */
export class TimerWheel {
  readonly #slots = new Map<number, Set<() => void>>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #next = Infinity;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Calls `run` once, `ms` milliseconds from now. */
  after(ms: number, run: () => void): WheelTimer {
    const step = ms >= LONG_MS ? COARSE_MS : 1;
    const due = Math.ceil((this.#now() + Math.max(0, ms)) / step) * step;
    const entry = (): void => run(); // the same function may wait more than once
    const slot = this.#slots.get(due) ?? new Set();
    slot.add(entry);
    this.#slots.set(due, slot);
    if (due < this.#next) this.#arm(due);
    return { cancel: () => this.#drop(due, entry) };
  }

  /** How many wait. */
  get size(): number {
    let count = 0;
    for (const slot of this.#slots.values()) count += slot.size;
    return count;
  }

  #drop(due: number, entry: () => void): void {
    const slot = this.#slots.get(due);
    if (slot === undefined || !slot.delete(entry) || slot.size > 0) return;
    this.#slots.delete(due);
    if (due === this.#next) this.#arm(this.#earliest());
  }

  #earliest(): number {
    let earliest = Infinity;
    for (const due of this.#slots.keys()) if (due < earliest) earliest = due;
    return earliest;
  }

  #arm(due: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = due;
    if (due === Infinity) return;
    // A timer of Node holds at most 2³¹ − 1 ms; a longer wait is looked at again then.
    this.#timer = setTimeout(() => this.#tick(), Math.min(Math.max(0, Math.ceil(due - this.#now())), 2_147_483_647));
    this.#timer.unref();
  }

  #tick(): void {
    const now = this.#now();
    const ready: (() => void)[] = [];
    for (const [due, slot] of this.#slots) {
      if (due > now) continue;
      ready.push(...slot);
      this.#slots.delete(due);
    }
    this.#arm(this.#earliest());
    for (const run of ready) run();
  }
}
