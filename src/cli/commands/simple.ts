import { quote } from '#base/go-quote.ts';
import { isKind, messageOf } from '#base/errors.ts';
import { type Command, StatusError } from '../command.ts';
import type { Flags, FlagSpec } from '../flags.ts';
import { BOOL, INT, STRING } from '../flag-types.ts';
import { forEach } from '../many.ts';
import { parseReference } from '../reference.ts';

/** Commands that are little more than one request per name. */

const several = 'CONTAINER [CONTAINER...]';

const stopFlags: readonly FlagSpec[] = [
  { name: 'signal', short: 's', type: STRING, usage: 'Signal to send to the container' },
  { name: 'timeout', short: 't', type: INT, usage: 'Seconds to wait before killing the container' },
  { name: 'time', type: INT, usage: 'Seconds to wait before killing the container', deprecated: 'use --timeout instead' },
];

function stopQuery(flags: Flags): Record<string, string | number | undefined> {
  const name = flags.changed('timeout') ? 'timeout' : 'time';
  if (flags.changed('timeout') && flags.changed('time')) throw new Error('conflicting options: cannot specify both --timeout and --time');
  return { signal: flags.str('signal') || undefined, t: flags.changed(name) ? flags.int(name) : undefined };
}

export const stop: Command = {
  use: `[OPTIONS] ${several}`, short: 'Stop one or more running containers', flags: stopFlags, min: 1,
  run: (cli, flags, args) => {
    const query = stopQuery(flags);
    return forEach(cli, args, (api, name) => api.call('ContainerStop', { name, query }));
  },
};

export const restart: Command = {
  use: `[OPTIONS] ${several}`, short: 'Restart one or more containers', flags: stopFlags, min: 1,
  run: (cli, flags, args) => {
    const query = stopQuery(flags);
    return forEach(cli, args, (api, name) => api.call('ContainerRestart', { name, query }));
  },
};

export const kill: Command = {
  use: `[OPTIONS] ${several}`, short: 'Kill one or more running containers', min: 1,
  flags: [{ name: 'signal', short: 's', type: STRING, usage: 'Signal to send to the container' }],
  run: (cli, flags, args) => {
    const query = { signal: flags.str('signal') || undefined };
    return forEach(cli, args, (api, name) => api.call('ContainerKill', { name, query }));
  },
};

export const pause: Command = {
  use: several, short: 'Pause all processes within one or more containers', flags: [], min: 1,
  run: (cli, _flags, args) => forEach(cli, args, (api, name) => api.call('ContainerPause', { name })),
};

export const unpause: Command = {
  use: several, short: 'Unpause all processes within one or more containers', flags: [], min: 1,
  run: (cli, _flags, args) => forEach(cli, args, (api, name) => api.call('ContainerUnpause', { name })),
};

export const wait: Command = {
  use: several, short: 'Block until one or more containers stop, then print their exit codes', flags: [], min: 1,
  run: (cli, _flags, args) => forEach(cli, args, async (api, name) => {
    const answer = await api.call('ContainerWait', { name });
    return String(answer.StatusCode);
  }),
};

export const rm: Command = {
  use: `[OPTIONS] ${several}`, short: 'Remove one or more containers', min: 1,
  flags: [
    { name: 'force', short: 'f', type: BOOL, usage: 'Force the removal of a running container (uses SIGKILL)' },
    { name: 'link', short: 'l', type: BOOL, usage: 'Remove the specified link' },
    { name: 'volumes', short: 'v', type: BOOL, usage: 'Remove anonymous volumes associated with the container' },
  ],
  run: (cli, flags, args) => forEach(cli, args, async (api, name) => {
    const bare = name.replace(/^\/+|\/+$/g, '');
    if (bare === '') throw new Error('container name cannot be empty');
    const on = (flag: string): true | undefined => flags.bool(flag) || undefined;
    try {
      await api.call('ContainerDelete', { name: bare, query: { v: on('volumes'), link: on('link'), force: on('force') } });
    } catch (error) {
      if (!flags.bool('force') || !isKind(error, 'notFound')) throw error;
      cli.err.line(messageOf(error));
      return '';
    }
    return name;
  }),
};

export const rename: Command = {
  use: 'CONTAINER NEW_NAME', short: 'Rename a container', flags: [], min: 2, max: 2,
  run: async (cli, _flags, args) => {
    const [from, to] = args.map((name) => name.trim()) as [string, string];
    if (from === '' || to === '') throw new StatusError(1, 'Error: Neither old nor new names may be empty');
    const api = await cli.api();
    try {
      await api.call('ContainerRename', { name: from, query: { name: to } });
    } catch (error) {
      cli.err.line((error as Error).message);
      throw new StatusError(1, `Error: failed to rename container named ${from}`);
    }
  },
};

export const tag: Command = {
  use: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]', short: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', flags: [], min: 2, max: 2,
  run: async (cli, _flags, args) => {
    const [source, target] = args as [string, string];
    const problem = (text: string, error: unknown): Error => new Error(`Error parsing reference: ${quote(text)} is not a valid repository/tag: ${(error as Error).message}`);
    if (!/^[a-f0-9]{64}$/.test(source) && !/^sha256:[a-f0-9]{64}$/.test(source)) {
      try {
        parseReference(source);
      } catch (error) {
        throw problem(source, error);
      }
    }
    let reference;
    try {
      reference = parseReference(target);
    } catch (error) {
      throw problem(target, error);
    }
    if (reference.digest !== '') throw new Error('refusing to create a tag with a digest reference');
    const api = await cli.api();
    await api.call('ImageTag', { name: source, query: { repo: reference.name, tag: reference.tag } });
  },
};
