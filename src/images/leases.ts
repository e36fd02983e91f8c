/** Protects what an operation in flight has stored or relies on. Released by `using`. */
export interface Lease extends Disposable {
  /** Keeps a blob (digest) or snapshot (chain id) that was there before. */
  hold(id: string): void;
}

/**
 * Leases live in memory: after a crash nobody is in flight any more and everything without an owner is garbage.
 * What came after the oldest lease began is protected as a whole; what was there before has to be held.
 */
export class Leases {
  readonly #active = new Set<{ readonly held: Set<string>; readonly blobs: number; readonly snapshots: number }>();
  readonly #position: () => { blobs: number; snapshots: number };

  /** `position` tells the highest sequence numbers given so far. */
  constructor(position: () => { blobs: number; snapshots: number }) {
    this.#position = position;
  }

  take(): Lease {
    const lease = { held: new Set<string>(), ...this.#position() };
    this.#active.add(lease);
    return { hold: (id) => void lease.held.add(id), [Symbol.dispose]: () => void this.#active.delete(lease) };
  }

  /** Sequence numbers above which everything is protected. */
  limits(): { blobs: number; snapshots: number } {
    const all = [...this.#active];
    return {
      blobs: Math.min(Infinity, ...all.map((lease) => lease.blobs)),
      snapshots: Math.min(Infinity, ...all.map((lease) => lease.snapshots)),
    };
  }

  holds(id: string): boolean {
    return [...this.#active].some((lease) => lease.held.has(id));
  }
}
