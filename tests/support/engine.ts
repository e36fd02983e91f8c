import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { run, waitFor } from './command.ts';
import type { Outcome, RunOptions } from './command.ts';
import type { NetworkNamespace } from './netns.ts';

/** What is needed to start a daemon and to talk to it. Paths are absolute. */
export interface EngineOptions {
  readonly name: string;
  /** Programs in front of the daemon's own, each of which replaces itself with the next. */
  readonly through?: readonly string[];
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly namespace: NetworkNamespace;
  readonly socket: string;
  readonly log: string;
  /** The docker client for {@link Engine.docker}. */
  readonly client: string;
  /** An empty directory for the client's configuration. */
  readonly clientConfig: string;
}

/** One running daemon (dockerd or Berth) in its own network namespace. */
export class Engine {
  readonly name: string;
  readonly socket: string;
  readonly host: string;
  readonly namespace: NetworkNamespace;
  /** Path of the docker client. */
  readonly client: string;
  readonly #options: EngineOptions;
  #child: ChildProcess | undefined;

  constructor(options: EngineOptions) {
    this.name = options.name;
    this.socket = options.socket;
    this.host = `unix://${options.socket}`;
    this.namespace = options.namespace;
    this.client = options.client;
    this.#options = options;
  }

  /** Pid of the daemon; nsenter has replaced itself with it. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  /** True while the daemon's process lives. */
  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the daemon, with more environment where given, and waits until it answers /_ping. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const { namespace, through = [], program, args, env, log } = this.#options;
    const fd = openSync(log, 'a');
    const [enter, ...enterArgs] = namespace.enter;
    // A test that is killed takes its engines with it.
    const child = spawn(enter, [...enterArgs, 'setpriv', '--pdeathsig', 'TERM', ...through, program, ...args], { env: { ...process.env, ...env, ...more }, stdio: ['ignore', fd, fd], detached: true });
    closeSync(fd);
    this.#child = child;
    await waitFor(`${this.name} to answer on ${this.socket}`, async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${this.name} ended at its start: ${this.log().slice(-4000)}`);
      return ping(this.socket);
    }, 60_000);
  }

  /** Sends `signal` to the daemon alone and waits for its end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
    await ended;
    clearTimeout(timer);
    this.#child = undefined;
  }

  /** What the daemon has printed so far. */
  log(): string {
    return readFileSync(this.#options.log, 'utf8');
  }

  /** The environment in which a docker client, plain or inside a script, talks to this daemon and reads no user's configuration. */
  clientEnv(): Record<string, string> {
    return { DOCKER_HOST: this.host, DOCKER_CONFIG: this.#options.clientConfig, DOCKER_BUILDKIT: '0', LC_ALL: 'C', TZ: 'UTC' };
  }

  /** Runs the docker client against this daemon. */
  docker(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run(this.client, args, { ...options, env: { ...this.clientEnv(), ...options.env } });
  }

  /** {@link docker}, but a failure is an error. Returns stdout without the last newline. */
  async mustDocker(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const outcome = await this.docker(args, options);
    if (outcome.code !== 0) throw new Error(`docker ${args.join(' ')} against ${this.name} ended with ${outcome.code}: ${outcome.stderr}`);
    return outcome.stdout.replace(/\n$/, '');
  }
}

function ping(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ socketPath, path: '/_ping', timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on('error', () => resolve(false));
    probe.on('timeout', () => probe.destroy());
    probe.end();
  });
}
