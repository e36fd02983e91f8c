import type { Client } from '#client/client.ts';
import type { Hijacked } from '#client/types.ts';
import { joinStreams, type StreamEnd } from '../attach-io.ts';
import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import { checkPullOption, createContainer } from '../create-container.ts';
import type { Flags } from '../flags.ts';
import { createBody, type CreateBody } from '../run-body.ts';
import { containerFlags, runFlags } from '../run-flags.ts';
import { forwardSignals } from '../signals.ts';
import { waitForExit } from '../wait-exit.ts';
import { withHelp } from './create.ts';

export const run: Command = {
  use: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  short: 'Create and run a new container from an image',
  flags: [...containerFlags, ...runFlags],
  min: 1,
  interspersed: false,
  run: runRun,
};

async function runRun(cli: Cli, flags: Flags, args: string[]): Promise<number> {
  let body: CreateBody;
  try {
    checkPullOption(flags.str('pull'));
    const api = await cli.api();
    body = createBody(flags, args, cli.config.proxies, api.host);
  } catch (error) {
    throw withHelp(error, 'run', 125);
  }
  await prepareStreams(flags, body);
  return runBody(cli, flags, body);
}

async function prepareStreams(flags: Flags, body: CreateBody): Promise<void> {
  if (flags.bool('detach')) {
    if (flags.list('attach').length > 0) throw new Error('conflicting options: cannot specify both --attach and --detach');
    body.AttachStdin = false;
    body.AttachStdout = false;
    body.AttachStderr = false;
    body.StdinOnce = false;
  }
  if (!body.Tty) return;
  const { isTerminal, terminalSize } = await import('../terminal.ts');
  if (body.AttachStdin && !isTerminal(0)) throw new StatusError(1, 'the input device is not a TTY');
  body.HostConfig.ConsoleSize = terminalSize();
}

async function runBody(cli: Cli, flags: Flags, body: CreateBody): Promise<number> {
  const attached = body.AttachStdin || body.AttachStdout || body.AttachStderr;
  const detachKeys = flags.str('detach-keys') || cli.config.detachKeys;
  let id: string;
  try {
    id = await createContainer(cli, flags, body);
  } catch (error) {
    throw withHelp(error, 'run', startCode(error));
  }
  const api = await cli.api();
  if (!body.AttachStdout && !body.AttachStderr) cli.out.line(id);
  using _signals = flags.bool('sig-proxy') && attached && !body.Tty ? forwardSignals(api, id) : undefined;
  const connection = attached ? await attachTo(api, id, body, detachKeys) : undefined;
  const streams = connection && joined(joinStreams(cli, connection, {
    stdin: body.AttachStdin, stdout: body.AttachStdout, stderr: body.AttachStderr, tty: body.Tty, detachKeys,
  }));
  const exit = attached ? waitForExit(api, id, flags.bool('rm') ? 'removed' : 'next-exit') : undefined;
  exit?.catch(() => undefined);
  try {
    await api.call('ContainerStart', { name: id });
  } catch (error) {
    connection?.destroy();
    await streams?.catch(() => undefined);
    if (flags.bool('rm')) await Promise.race([exit?.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 10_000))]);
    throw withHelp(error, 'run', startCode(error));
  }
  if (streams === undefined || exit === undefined) return 0;
  const stopWatching = body.Tty ? await watchTerminal(api, id) : undefined;
  const end = await streams.catch((): StreamEnd => 'done');
  stopWatching?.();
  return end === 'detached' ? 0 : exit;
}

// The stream is awaited only after the start; what goes wrong with it before must not count as unhandled.
function joined(streams: Promise<StreamEnd>): Promise<StreamEnd> {
  streams.catch(() => undefined);
  return streams;
}

function attachTo(api: Client, id: string, body: CreateBody, detachKeys: string): Promise<Hijacked> {
  return api.call('ContainerAttach', {
    name: id,
    query: {
      stream: true, stdin: body.AttachStdin || undefined, stdout: body.AttachStdout || undefined, stderr: body.AttachStderr || undefined,
      detachKeys: detachKeys || undefined,
    },
  }).catch((error: unknown) => {
    throw withHelp(error, 'run', 125);
  });
}

/** Keeps the container's terminal as large as ours. */
export async function watchTerminal(api: Client, id: string, what: 'ContainerResize' | 'ExecResize' = 'ContainerResize'): Promise<(() => void) | undefined> {
  const { isTerminal, watchSize } = await import('../terminal.ts');
  if (!isTerminal(1)) return undefined;
  return watchSize((rows, columns) => {
    api.call(what, { name: id, query: { h: String(rows), w: String(columns) } }).catch(() => undefined);
  });
}

/** 127: the program was not found, 126: it could not be executed, 125: anything else. */
function startCode(error: unknown): number {
  const text = error instanceof Error ? error.message : '';
  if (/executable file not found|no such file or directory|system cannot find the file specified/.test(text)) return 127;
  if (/permission denied|is a directory/.test(text)) return 126;
  return 125;
}
