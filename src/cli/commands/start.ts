import { joinStreams, type StreamEnd } from '../attach-io.ts';
import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { forwardSignals } from '../signals.ts';
import { waitForExit } from '../wait-exit.ts';
import { watchTerminal } from './run.ts';

export const start: Command = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Start one or more stopped containers',
  flags: [
    { name: 'attach', short: 'a', type: BOOL, usage: 'Attach STDOUT/STDERR and forward signals' },
    { name: 'checkpoint', type: STRING, usage: 'Restore from this checkpoint', hidden: true },
    { name: 'checkpoint-dir', type: STRING, usage: 'Use a custom checkpoint storage directory', hidden: true },
    { name: 'detach-keys', type: STRING, usage: 'Override the key sequence for detaching a container' },
    { name: 'interactive', short: 'i', type: BOOL, usage: 'Attach container\'s STDIN' },
  ],
  min: 1,
  run: async (cli, flags, args) => {
    if (!flags.bool('attach') && !flags.bool('interactive')) return startAll(cli, flags, args);
    if (args.length > 1) throw new Error('you cannot start and attach multiple containers at once');
    return startAttached(cli, flags, args[0] as string);
  },
};

function startQuery(flags: Flags): Record<string, string | undefined> {
  return { checkpoint: flags.str('checkpoint') || undefined, 'checkpoint-dir': flags.str('checkpoint-dir') || undefined };
}

async function startAll(cli: Cli, flags: Flags, names: readonly string[]): Promise<void> {
  const api = await cli.api();
  const failed: string[] = [];
  for (const name of names) {
    try {
      await api.call('ContainerStart', { name, query: startQuery(flags) });
      cli.out.line(name);
    } catch (error) {
      cli.err.line((error as Error).message);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new Error(`Error: failed to start containers: ${failed.join(', ')}`);
}

async function startAttached(cli: Cli, flags: Flags, name: string): Promise<number> {
  const api = await cli.api();
  const container = await api.call('ContainerInspect', { name });
  const tty = container.Config.Tty === true;
  const stdin = flags.bool('interactive') && container.Config.OpenStdin === true;
  const detachKeys = flags.str('detach-keys') || cli.config.detachKeys;
  using _signals = tty ? undefined : forwardSignals(api, container.Id);
  const connection = await api.call('ContainerAttach', {
    name: container.Id,
    query: { stream: true, stdin: stdin || undefined, stdout: true, stderr: true, detachKeys: detachKeys || undefined },
  });
  const streams = joinStreams(cli, connection, { stdin, stdout: true, stderr: true, tty, detachKeys });
  streams.catch(() => undefined);
  const exit = waitForExit(api, container.Id, container.HostConfig.AutoRemove === true ? 'removed' : 'next-exit');
  exit.catch(() => undefined);
  try {
    await api.call('ContainerStart', { name: container.Id, query: startQuery(flags) });
  } catch (error) {
    connection.destroy();
    await streams.catch(() => undefined);
    throw error;
  }
  const stopWatching = tty ? await watchTerminal(api, container.Id) : undefined;
  const end = await streams.catch((): StreamEnd => 'done');
  stopWatching?.();
  if (end === 'detached') return 0;
  const status = await exit;
  if (status !== 0) throw new StatusError(status, '');
  return 0;
}
