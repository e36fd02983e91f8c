import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBerth } from '../tests/support/berth.ts';
import { uniqueId } from '../tests/support/command.ts';
import type { Engine } from '../tests/support/engine.ts';
import { startOracle } from '../tests/support/oracle.ts';
import { makeScratch } from '../tests/support/scratch.ts';

/** One of the engines that are compared. */
export interface Contender {
  readonly name: string;
  readonly engine: Engine;
  /** Directory in which everything of this engine but its data root lies. */
  readonly scratch: string;
}

export interface Arena extends AsyncDisposable {
  readonly contenders: readonly [Contender, Contender];
  /** A directory on the disk that holds both data roots. */
  readonly disk: string;
  /** Root of the unpacked reference programs; usr/bin/docker is the client for both. */
  readonly programs: string;
}

/**
 * Starts dockerd and Berth with their data roots on one journalled ext4, each in a network namespace and, by this program, in a mount
 * namespace with a sysfs of that network namespace: with the host's sysfs dockerd would look for its bridge in vain and wait 20 ms.
 */
export async function openArena(): Promise<Arena> {
  const id = uniqueId();
  const stack = new AsyncDisposableStack();
  try {
    const disk = stack.use(await makeScratch(`${id}d`, 'ext4', 6144));
    const wrapper = join(disk.path, 'own-sysfs');
    mkdirSync(join(disk.path, 'cgroup'));
    const steps = [`mount --rbind /sys/fs/cgroup ${disk.path}/cgroup`, 'mount -t sysfs sysfs /sys', `mount --rbind ${disk.path}/cgroup /sys/fs/cgroup`, `umount -l ${disk.path}/cgroup`, 'exec "$@"'];
    writeFileSync(wrapper, `#!/bin/sh\nset -e\n${steps.join('\n')}\n`, { mode: 0o755 });
    const through = ['unshare', '--mount', '--propagation', 'slave', wrapper];
    const oracle = stack.use(await startOracle(id, { disk: disk.path, through }));
    const berth = stack.use(await startBerth(id, { disk: disk.path, through }));
    const contenders = [
      { name: 'dockerd', engine: oracle.engine, scratch: oracle.scratch },
      { name: 'Berth', engine: berth.engine, scratch: berth.scratch },
    ] as const;
    const owned = stack.move();
    return { contenders, disk: disk.path, programs: oracle.root, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
