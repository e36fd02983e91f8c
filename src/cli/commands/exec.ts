import { joinStreams } from '../attach-io.ts';
import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import type { Flags } from '../flags.ts';
import { BOOL, LIST, STRING } from '../flag-types.ts';
import { readKeyValueFiles } from '../run-env.ts';
import { ENV } from '../run-values.ts';
import { watchTerminal } from './run.ts';

export const exec: Command = {
  use: '[OPTIONS] CONTAINER COMMAND [ARG...]',
  short: 'Execute a command in a running container',
  flags: [
    { name: 'detach', short: 'd', type: BOOL, usage: 'Detached mode: run command in the background' },
    { name: 'detach-keys', type: STRING, usage: 'Override the key sequence for detaching a container' },
    { name: 'env', short: 'e', type: ENV, usage: 'Set environment variables' },
    { name: 'env-file', type: LIST, usage: 'Read in a file of environment variables' },
    { name: 'interactive', short: 'i', type: BOOL, usage: 'Keep STDIN open even if not attached' },
    { name: 'kill-on-disconnect', type: BOOL, own: true, usage: 'End the command when this client goes away' },
    { name: 'privileged', type: BOOL, usage: 'Give extended privileges to the command' },
    { name: 'tty', short: 't', type: BOOL, usage: 'Allocate a pseudo-TTY' },
    { name: 'user', short: 'u', type: STRING, usage: 'Username or UID (format: "<name|uid>[:<group|gid>]")' },
    { name: 'workdir', short: 'w', type: STRING, usage: 'Working directory inside the container' },
  ],
  min: 2,
  interspersed: false,
  run: runExec,
};

async function runExec(cli: Cli, flags: Flags, args: string[]): Promise<number> {
  const env = [...readKeyValueFiles(flags.list('env-file'), 'env', (name) => process.env[name]), ...flags.list('env')];
  const detach = flags.bool('detach');
  if (detach && flags.bool('kill-on-disconnect')) throw new StatusError(125, 'conflicting options: cannot specify both --detach and --kill-on-disconnect');
  const tty = flags.bool('tty');
  const stdin = flags.bool('interactive') && !detach;
  const detachKeys = flags.str('detach-keys') || cli.config.detachKeys;
  const terminal = tty && !detach ? await import('../terminal.ts') : undefined;
  if (terminal !== undefined && stdin && !terminal.isTerminal(0)) throw new StatusError(1, 'the input device is not a TTY');
  const size = terminal?.terminalSize();
  const consoleSize = size !== undefined && size[0] > 0 ? { ConsoleSize: size } : {};
  const api = await cli.api();
  const { Id: id } = await api.call('ExecCreate', {
    name: args[0] as string,
    body: {
      User: flags.str('user'), Privileged: flags.bool('privileged'), Tty: tty, ...consoleSize,
      AttachStdin: stdin, AttachStderr: !detach, AttachStdout: !detach, Detach: detach, DetachKeys: detachKeys,
      ...(flags.bool('kill-on-disconnect') ? { KillOnDisconnect: true } : {}),
      Env: env.length > 0 ? env : null, WorkingDir: flags.str('workdir'), Cmd: args.slice(1),
    },
  });
  if (!id) throw new Error('exec ID empty');
  if (detach) {
    // Detached, nothing is taken over.
    await api.text('ExecStart', { name: id, body: { Detach: true, Tty: tty } });
    return 0;
  }
  const connection = await api.call('ExecStart', { name: id, body: { Detach: false, Tty: tty, ...consoleSize } });
  const stopWatching = tty ? await watchTerminal(api, id, 'ExecResize') : undefined;
  const end = await joinStreams(cli, connection, { stdin, stdout: true, stderr: true, tty, detachKeys });
  stopWatching?.();
  if (end === 'detached') throw new StatusError(1, 'read escape sequence');
  const state = await api.call('ExecInspect', { name: id });
  return state.ExitCode ?? 0;
}
