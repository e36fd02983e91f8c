import type { Address } from '#client/address.ts';
import type { Client } from '#client/client.ts';
import type { ConnectOptions } from '#client/types.ts';
import { type ConfigFile, loadConfig } from './config.ts';
import { Sink } from './output.ts';

/** What global flags said. */
export interface GlobalOptions {
  readonly hosts: readonly string[];
  readonly context: string;
  readonly debug: boolean;
  readonly configDir: string;
  readonly tls: boolean;
  readonly tlsVerify: boolean;
  readonly tlsCaCert: string;
  readonly tlsCert: string;
  readonly tlsKey: string;
}

/** What the composition root gives to the client beside argv. */
export interface CliPorts {
  /** Opens the connection to a daemon. Nothing is sent before the first request. */
  connect(address: Address, options: ConnectOptions): Client;
  /** Runs `berth daemon` and `berth runtime`: processes of their own kind that live behind the same program. */
  daemon(argv: readonly string[]): Promise<number>;
  runtime(argv: readonly string[]): Promise<number>;
}

/** The name of the program, as it stands in all texts. */
export const program = 'berth';

/** One invocation of the client: its streams, its configuration and, once needed, its daemon. */
export class Cli {
  readonly out: Sink = new Sink(1);
  readonly err: Sink = new Sink(2);
  readonly options: GlobalOptions;
  readonly ports: CliPorts;
  readonly env: NodeJS.ProcessEnv;
  #config: ConfigFile | undefined;
  #api: Promise<Client> | undefined;

  constructor(options: GlobalOptions, ports: CliPorts, env: NodeJS.ProcessEnv) {
    this.options = options;
    this.ports = ports;
    this.env = env;
  }

  get config(): ConfigFile {
    this.#config ??= loadConfig(this.options.configDir, (text) => this.err.line(text));
    return this.#config;
  }

  /** The connection to the daemon; the first call resolves the host. */
  api(): Promise<Client> {
    this.#api ??= this.#connect();
    return this.#api;
  }

  async #connect(): Promise<Client> {
    const { resolveAddress } = await import('./host.ts');
    const address = resolveAddress(this.options, this.env, this.config);
    return this.ports.connect(address, { version: this.env['DOCKER_API_VERSION'] || undefined, headers: this.config.httpHeaders });
  }

  /** Closes connections, so that the process can end. */
  async close(): Promise<void> {
    if (this.#api === undefined) return;
    const api = await this.#api.catch(() => undefined);
    api?.[Symbol.dispose]();
  }
}
