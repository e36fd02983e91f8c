import { HelperPool } from '#kernel/helper-pool.ts';

/** Helper processes for containers' files; constructed once, ended with the daemon. */
export function openFileHelpers(): HelperPool {
  return new HelperPool(new URL('./worker.ts', import.meta.url));
}
