import { closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, fail } from '#base/errors.ts';
import { isRunning } from '#kernel/procfs.ts';
import type { Call } from './deps.ts';
import { runLateHooks } from './hooks.ts';
import { type Container, fifoPath, loadContainer, loadSpec, ociState, tryLoad } from './state.ts';

/** `start`: lets a created container go on to its program. */
export async function start(call: Call): Promise<number> {
  const container = loadContainer(call.global.root, call.args[0]);
  if (container.status === 'stopped') fail('conflict', 'cannot start a container that has stopped');
  if (container.status !== 'created') fail('conflict', 'cannot start an already running container');
  await release(call, container);
  return 0;
}

/** Opens the fifo on which the container waits, and runs the poststart hooks. */
export async function release(call: Call, container: Container): Promise<void> {
  const { directory, record } = container;
  const fifo = fifoPath(directory);
  // Non-blocking: an init that was killed meanwhile would never open the other end.
  const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    for (let pause = 0; !hasWriter(fd); pause = Math.min(pause + 1, 20)) {
      if (!isRunning(record)) fail('conflict', 'cannot start a container that has stopped');
      await delay(pause);
    }
  } finally {
    closeSync(fd);
  }
  rmSync(fifo, { force: true });
  const spec = loadSpec(directory);
  const now = tryLoad(call.global.root, record.id) ?? container;
  runLateHooks('poststart', spec, ociState(now, spec), call.warn);
}

// A byte: the init has written it. EAGAIN: it has opened and will. Nothing: nobody has it open yet.
function hasWriter(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1)) > 0;
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return false;
    throw error;
  }
}
