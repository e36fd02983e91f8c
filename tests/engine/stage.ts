/** What the tests of this folder share: a daemon of their own, the official client, raw requests, and a check for leaks. */
import { request } from 'node:http';
import { startBerth, type BerthUnderTest } from '../support/berth.ts';
import { uniqueId, waitFor } from '../support/command.ts';
import { belongings, expectNoLeaks, type Belongings } from '../support/leaks.ts';

export const IMAGE = 'berth/base';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export class Stage implements AsyncDisposable {
  readonly berth: BerthUnderTest;
  #clean: Belongings | undefined;

  constructor(berth: BerthUnderTest) {
    this.berth = berth;
  }

  /** Must succeed; stdout without its last newline. */
  docker(...args: string[]): Promise<string> {
    return this.berth.engine.mustDocker(args);
  }

  /** One request; no status is an error. */
  ask(method: string, path: string, body?: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ agent: false, socketPath: this.berth.engine.socket, method, path, headers: { 'content-type': 'application/json' } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async json<T>(method: string, path: string, body?: object): Promise<T> {
    const { status, text } = await this.ask(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  inspect(name: string, format: string): Promise<string> {
    return this.docker('inspect', '--format', format, name);
  }

  status(name: string): Promise<string> {
    return this.inspect(name, '{{.State.Status}}');
  }

  async becomes(name: string, format: string, wanted: string | RegExp): Promise<void> {
    let last = '';
    await waitFor(`${name} to be ${String(wanted)}`, async () => {
      last = await this.inspect(name, format);
      return typeof wanted === 'string' ? last === wanted : wanted.test(last);
    }, 30_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${last}`);
    });
  }

  /** Actions of a container's events since the daemon's data root exists, in order. */
  async events(name: string): Promise<string[]> {
    const until = String(Math.floor(Date.now() / 1000) + 1);
    return (await this.docker('events', '--since', '1', '--until', until, '--filter', `container=${name}`, '--format', '{{.Action}}')).split('\n');
  }

  /** Removes all containers; nothing of them may stay. */
  async clear(): Promise<void> {
    const ids = (await this.docker('ps', '-aq')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await this.docker('rm', '-fv', ...ids);
    if (this.#clean !== undefined) await expectNoLeaks(this.berth, this.#clean);
    this.#clean ??= await belongings(this.berth);
  }

  async restart(more: Readonly<Record<string, string>> = {}, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.berth.engine.end(signal);
    await this.berth.engine.start(more);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.berth[Symbol.asyncDispose]();
  }
}

export async function openStage(): Promise<Stage> {
  const stage = new Stage(await startBerth(uniqueId()));
  try {
    await stage.docker('run', '--rm', IMAGE, 'true');
    await stage.clear();
    return stage;
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}
