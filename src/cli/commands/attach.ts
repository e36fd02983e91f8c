import { segment } from '../api-net.ts';
import { joinStreams } from '../attach-io.ts';
import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { forwardSignals } from '../signals.ts';
import { watchTerminal } from './run.ts';

export const attach: Command = {
  use: '[OPTIONS] CONTAINER',
  short: 'Attach local standard input, output, and error streams to a running container',
  flags: [
    { name: 'detach-keys', type: STRING, usage: 'Override the key sequence for detaching a container' },
    { name: 'no-stdin', type: BOOL, usage: 'Do not attach STDIN' },
    { name: 'sig-proxy', type: BOOL, usage: 'Proxy all received signals to the process', shown: 'true', initial: true },
  ],
  min: 1,
  max: 1,
  run: runAttach,
};

interface Inspected {
  readonly State: { readonly Running?: boolean; readonly Paused?: boolean; readonly Restarting?: boolean };
  readonly Config: { readonly Tty?: boolean; readonly OpenStdin?: boolean };
}

async function runAttach(cli: Cli, flags: Flags, args: string[]): Promise<number> {
  const api = await cli.api();
  const path = `/containers/${segment(args[0] as string)}`;
  const { State: state, Config: config } = await api.json<Inspected>({ method: 'GET', path: `${path}/json` });
  if (state.Running !== true) throw new Error('cannot attach to a stopped container, start it first');
  if (state.Paused === true) throw new Error('cannot attach to a paused container, unpause it first');
  if (state.Restarting === true) throw new Error('cannot attach to a restarting container, wait until it is running');
  const tty = config.Tty === true;
  const stdin = !flags.bool('no-stdin') && config.OpenStdin === true;
  if (stdin && tty && !(await import('../terminal.ts')).isTerminal(0)) throw new StatusError(1, 'the input device is not a TTY');
  const exit = api.json<{ StatusCode: number; Error?: { Message?: string } | null }>({ method: 'POST', path: `${path}/wait` });
  exit.catch(() => undefined);
  const detachKeys = flags.str('detach-keys') || cli.config.detachKeys;
  using _signals = flags.bool('sig-proxy') && !tty ? forwardSignals(api, segment(args[0] as string)) : undefined;
  const connection = await api.hijack({
    method: 'POST', path: `${path}/attach`,
    query: { stream: 1, stdin: stdin ? 1 : undefined, stdout: 1, stderr: 1, detachKeys: detachKeys || undefined },
  });
  const stopWatching = tty ? await watchTerminal(api, segment(args[0] as string)) : undefined;
  const end = await joinStreams(cli, connection, { stdin, stdout: true, stderr: true, tty, detachKeys });
  stopWatching?.();
  if (end === 'detached') throw new StatusError(1, 'read escape sequence');
  const answer = await exit;
  if (answer.Error?.Message) throw new Error(answer.Error.Message);
  return answer.StatusCode;
}
