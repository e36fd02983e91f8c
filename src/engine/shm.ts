import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { mountTmpfs, unmountDetached } from '#kernel/host-mount.ts';
import type { ContainerRecord } from './container.ts';
import type { EngineContext } from './context.ts';

/**
 * /dev/shm of containers whose IPC namespace others may join (IpcMode shareable): the one mount that has to be on the host,
 * since a mount namespace cannot bind from another one. It lives in EXECROOT/shm/ID while the container runs.
 */
export function shmPath(ctx: EngineContext, id: string): string {
  return `${ctx.paths.execRoot}/shm/${id}`;
}

/** Mounts it for a container that is being started; nothing for other IPC modes. */
export function makeShm(ctx: EngineContext, { id, hostConfig }: ContainerRecord): void {
  if (hostConfig.IpcMode !== 'shareable') return;
  const path = shmPath(ctx, id);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  mountTmpfs('shm', path, `mode=1777,size=${hostConfig.ShmSize ?? 0}`);
}

/** Takes it away; those who joined keep theirs. Idempotent. */
export function dropShm(ctx: EngineContext, { id, hostConfig }: ContainerRecord): void {
  if (hostConfig.IpcMode === 'shareable') drop(shmPath(ctx, id));
}

/** Makes the directory, and takes away what no active container owns (a crash in between). */
export function sweepShm(ctx: EngineContext, active: ReadonlySet<string>): void {
  const root = `${ctx.paths.execRoot}/shm`;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  for (const id of readdirSync(root)) if (!active.has(id)) drop(`${root}/${id}`);
}

function drop(path: string): void {
  unmountDetached(path);
  rmSync(path, { recursive: true, force: true });
}
