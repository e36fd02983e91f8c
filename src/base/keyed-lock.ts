/** One lock per key, first come first served. A key without holders or waiters takes no memory. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `body` alone among those of the same key. */
  async run<T>(key: string, body: () => Promise<T> | T): Promise<T> {
    const held = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, promise);
    if (held !== undefined) await held;
    try {
      return await body();
    } finally {
      if (this.#tails.get(key) === promise) this.#tails.delete(key);
      resolve();
    }
  }

  /** True while somebody holds or waits for the key. */
  busy(key: string): boolean {
    return this.#tails.has(key);
  }
}
