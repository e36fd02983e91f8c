import { check } from './errno.ts';
import { native } from './native.ts';
import type { Programs, SpawnDetached } from './types.ts';

/** The real {@link Programs}: sealed memfds are made once per path and kept open for the life of the process. */
export function createPrograms(): Programs {
  const sealed = new Map<string, number>();
  return {
    sealed(path: string): number {
      const known = sealed.get(path);
      if (known !== undefined) return known;
      const fd = sealProgram(path);
      sealed.set(path, fd);
      return fd;
    },
    spawnDetached(options: SpawnDetached): { pid: number } {
      return { pid: spawnDetached(options) };
    },
  };
}

/** Copies a regular file into a new memfd, mode 0500, sealed against every change; close-on-exec. The caller owns the fd. */
export function sealProgram(path: string): number {
  const name = path.slice(path.lastIndexOf('/') + 1).slice(0, 200);
  return check(native().sealedCopy(path, name), 'sealing the program', path);
}

/**
 * Starts a program as nobody's child: it leads its own session, has default signal handling, exactly the given fds (and
 * /dev/null for 0, 1, 2 where not given), and is reaped by whoever reaps orphans. Returns once it runs; about 0.5 ms.
 */
export function spawnDetached(options: SpawnDetached): number {
  const targets = Object.keys(options.fds).map(Number);
  const sources = Object.values(options.fds);
  const name = options.argv[0] ?? '?';
  return check(native().spawnDetached(options.program, options.argv, options.env, options.cwd, targets, sources), `starting ${name} in`, options.cwd);
}
