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

async function runAttach(cli: Cli, flags: Flags, args: string[]): Promise<number> {
  const api = await cli.api();
  const name = args[0] as string;
  const { State: state, Config: config } = await api.call('ContainerInspect', { name });
  if (state.Running !== true) throw new Error('cannot attach to a stopped container, start it first');
  if (state.Paused === true) throw new Error('cannot attach to a paused container, unpause it first');
  if (state.Restarting === true) throw new Error('cannot attach to a restarting container, wait until it is running');
  const tty = config.Tty === true;
  const stdin = !flags.bool('no-stdin') && config.OpenStdin === true;
  if (stdin && tty && !(await import('../terminal.ts')).isTerminal(0)) throw new StatusError(1, 'the input device is not a TTY');
  const exit = api.call('ContainerWait', { name });
  exit.catch(() => undefined);
  const detachKeys = flags.str('detach-keys') || cli.config.detachKeys;
  using _signals = flags.bool('sig-proxy') && !tty ? forwardSignals(api, name) : undefined;
  const connection = await api.call('ContainerAttach', {
    name,
    query: { stream: true, stdin: stdin || undefined, stdout: true, stderr: true, detachKeys: detachKeys || undefined },
  });
  const stopWatching = tty ? await watchTerminal(api, name) : undefined;
  const end = await joinStreams(cli, connection, { stdin, stdout: true, stderr: true, tty, detachKeys });
  stopWatching?.();
  if (end === 'detached') throw new StatusError(1, 'read escape sequence');
  const answer = await exit;
  if (answer.Error?.Message) throw new Error(answer.Error.Message);
  return answer.StatusCode;
}
