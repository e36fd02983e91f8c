import { readlinkSync } from 'node:fs';
import { errnoOf, fail } from '#base/errors.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import type { Call } from './deps.ts';
import { numberFlag } from './flags.ts';

/** As many as the shim takes. */
const MAX = 24;
/** What the process of this program itself has open. */
const OWN = /^anon_inode:\[(eventpoll|eventfd|io_uring)\]$/;

/**
 * How many descriptors from 3 on the container is given: those of socket activation (LISTEN_FDS, when LISTEN_PID is ours) and
 * those of --preserve-fds behind them. All must be open.
 */
export function preservedFds({ flags }: Call, activated: number): number {
  const asked = numberFlag(flags, 'preserve-fds') ?? 0;
  if (asked < 0 || asked + activated > MAX) fail('invalidArgument', `--preserve-fds: ${asked} is not within 0 and ${MAX - activated}`);
  for (let index = 0; index < asked; index++) {
    const target = linkOf(3 + activated + index);
    if (target === undefined || OWN.test(target)) fail('invalidArgument', `unable to stat preserved-fd ${index} (of ${asked}): fd ${3 + activated + index} is not open`);
  }
  return asked + activated;
}

/** Sockets that a service manager passed to us (sd_listen_fds(3)); 0 when they are meant for another process. */
export function activatedFds({ deps }: Call): number {
  const { LISTEN_PID: pid, LISTEN_FDS: count = '' } = deps.env;
  return pid === String(process.pid) && /^\d{1,3}$/.test(count) ? Number(count) : 0;
}

/** The container is told of activated sockets as their receiver, its pid 1. */
export function withActivation(spec: RuntimeSpec, activated: number): RuntimeSpec {
  if (activated === 0 || spec.process === undefined) return spec;
  return { ...spec, process: { ...spec.process, env: [...(spec.process.env ?? []), `LISTEN_FDS=${activated}`, 'LISTEN_PID=1'] } };
}

function linkOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
