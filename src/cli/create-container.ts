import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { isKind } from '#base/errors.ts';
import type { Cli } from './cli.ts';
import type { Flags } from './flags.ts';
import { errorText } from './go-errors.ts';
import { checkPlatform } from './platform.ts';
import { parseReference } from './reference.ts';
import type { CreateBody } from './run-body.ts';

/** POST /containers/create with what surrounds it in `run` and `create`: container id file, missing images, warnings. */

interface CreateAnswer {
  readonly Id: string;
  readonly Warnings?: readonly string[] | null;
}

/** Creates the container and returns its id. Throws with Docker's texts. */
export async function createContainer(cli: Cli, flags: Flags, body: CreateBody): Promise<string> {
  for (const server of flags.list('dns')) if (/^(127(\.\d+){3}|::1)$/.test(server)) cli.err.line(`WARNING: Localhost DNS (${server}) may fail in containers.`);
  checkPlatformOption(flags.str('platform'));
  using file = new ContainerIdFile(flags.str('cidfile'));
  const isId = /^[a-f0-9]{64}$/.test(body.Image) || /^sha256:[a-f0-9]{64}$/.test(body.Image);
  const reference = isId ? undefined : parseReference(body.Image);
  const pull = flags.str('pull');
  const pullImage = async (): Promise<void> => {
    const { pullImage: run } = await import('./pull.ts');
    await run(cli, body.Image, { platform: flags.str('platform'), quiet: flags.bool('quiet'), to: cli.err });
  };
  if (pull === 'always' && reference !== undefined) await pullImage();
  let answer: CreateAnswer;
  try {
    answer = await post(cli, flags, body);
  } catch (error) {
    if (!isKind(error, 'notFound') || reference === undefined || pull !== 'missing') throw error;
    if (!flags.bool('quiet')) cli.err.line(`Unable to find image '${reference.familiar}' locally`);
    await pullImage();
    answer = await post(cli, flags, body);
  }
  for (const warning of answer.Warnings ?? []) cli.err.line(`WARNING: ${warning}`);
  file.write(answer.Id);
  return answer.Id;
}

/** Throws for a `--platform` that is none. */
function checkPlatformOption(text: string): void {
  try {
    checkPlatform(text);
  } catch (error) {
    throw new Error(`error parsing specified platform: ${(error as Error).message}`, { cause: error });
  }
}

/** The check that comes before everything else. */
export function checkPullOption(pull: string): void {
  if (!['always', 'missing', 'never', ''].includes(pull)) throw new Error(`invalid pull option: '${pull}': must be one of "always", "missing" or "never"`);
}

async function post(cli: Cli, flags: Flags, body: CreateBody): Promise<CreateAnswer> {
  const api = await cli.api();
  return api.call('ContainerCreate', {
    body,
    query: { name: flags.str('name') || undefined, platform: flags.str('platform') || undefined },
  });
}

/** The file of `--cidfile`: made before the container, removed again when nothing came of it. */
class ContainerIdFile implements Disposable {
  readonly #path: string;
  readonly #fd: number | undefined;
  #written = false;

  constructor(path: string) {
    this.#path = path;
    if (path === '') return;
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
      throw new Error(`container ID file found, make sure the other container isn't running or delete ${path}`);
    }
    try {
      this.#fd = openSync(path, 'wx', 0o666);
    } catch (error) {
      throw new Error(`failed to create the container ID file: ${errorText(error, 'open', path)}`, { cause: error });
    }
  }

  write(id: string): void {
    if (this.#fd === undefined) return;
    writeSync(this.#fd, id);
    this.#written = true;
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    if (!this.#written) rmSync(this.#path, { force: true });
  }
}
