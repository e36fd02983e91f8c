import type { Duplex } from 'node:stream';
import { fail } from '#base/errors.ts';
import type { Task, TaskStream } from '#tasks/types.ts';
import type { Container, PendingAttach } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { DetachFilter, parseDetachKeys } from './detach-keys.ts';
import type { AttachRequest } from './types.ts';

/** The output ended, the client went away, or its user typed the detach keys. */
export type BridgeEnd = 'process' | 'client' | 'keys';

/**
 * Joins a client's connection with a process's stream until the output ends, the client goes, or the detach keys are
 * typed. `stdin` false: what the client sends is thrown away. Resolves with who ended it.
 */
export function bridge(client: Duplex, stream: TaskStream, options: { stdin: boolean; detachKeys: Buffer | undefined }): Promise<BridgeEnd> {
  const { duplex } = stream;
  const { promise, resolve } = Promise.withResolvers<BridgeEnd>();
  const finish = (by: BridgeEnd): void => {
    resolve(by);
    if (!duplex.destroyed) duplex.destroy();
    if (!client.writableEnded) client.end();
  };
  for (const event of ['error', 'close', 'end']) duplex.on(event, () => finish('process'));
  for (const event of ['error', 'close']) client.on(event, () => finish('client'));
  // It may have gone while it was sent the log: then nothing will tell.
  if (client.destroyed) finish('client');
  duplex.pipe(client, { end: false });
  if (!options.stdin) {
    client.resume();
  } else if (options.detachKeys === undefined) {
    client.pipe(duplex);
  } else {
    const filter = new DetachFilter(options.detachKeys, () => finish('keys'));
    client.pipe(filter).pipe(duplex);
  }
  return promise;
}

/** POST attach. Settles when the stream is over; the client's connection is closed then. */
export async function attachContainer(ctx: EngineContext, reference: string, request: AttachRequest, readLog: (container: Container) => Promise<AsyncIterable<Buffer>>): Promise<void> {
  const container = ctx.registry.get(reference);
  const keys = parseDetachKeys(request.detachKeys);
  const { state } = container.runtime;
  if (state.status === 'paused') fail('conflict', `Container ${container.record.id} is paused, unpause the container before attach.`);
  if (state.status === 'restarting') fail('conflict', `Container ${container.record.id} is restarting, wait until the container is running`);
  const terminal = container.record.config.Tty === true;
  const stdin = request.stdin && container.record.config.OpenStdin === true;
  const wanted = { stdin, stdout: request.stdout, stderr: request.stderr };
  // A running container's stream is opened before the answer, so that an error still is one.
  const ready = request.stream && container.task !== undefined ? await container.task.attach(wanted) : undefined;
  let client: Duplex;
  try {
    client = await request.accept(terminal ? 'raw' : 'multiplexed');
    containerEvent(ctx, container, 'attach');
    if (request.logs) await copyLog(await readLog(container), client);
  } catch (error) {
    ready?.duplex.destroy();
    throw error;
  }
  if (!request.stream) return void client.end();
  const detachKeys = terminal && stdin ? keys : undefined;
  const ended = ready === undefined ? await waitForStart(container, client, wanted, detachKeys) : await bridge(client, ready, { stdin, detachKeys });
  if (ended === 'keys') containerEvent(ctx, container, 'detach');
}

/** Attached before the start: the client is joined when the process is created, before it runs. */
function waitForStart(container: Container, client: Duplex, wanted: { stdin: boolean; stdout: boolean; stderr: boolean }, detachKeys: Buffer | undefined): Promise<BridgeEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<BridgeEnd>();
  const pending: PendingAttach = {
    async connect(task: Task): Promise<void> {
      client.off('close', leave);
      if (client.destroyed) return resolve('client');
      const stream = await task.attach(wanted);
      bridge(client, stream, { stdin: wanted.stdin, detachKeys }).then(resolve, reject);
    },
    abandon(): void {
      client.off('close', leave);
      client.end();
      resolve('process');
    },
  };
  const leave = (): void => {
    container.attaches.delete(pending);
    resolve('client');
  };
  client.on('close', leave);
  client.on('error', () => undefined);
  container.attaches.add(pending);
  return promise;
}

/** Each piece is sent before the next one takes its memory. */
async function copyLog(log: AsyncIterable<Buffer>, client: Duplex): Promise<void> {
  for await (const piece of log) {
    if (client.destroyed) return;
    await new Promise<void>((resolve) => {
      client.once('close', resolve);
      client.write(piece, () => {
        client.off('close', resolve);
        resolve();
      });
    });
  }
}
