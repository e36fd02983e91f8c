import { existsSync, readFileSync } from 'node:fs';
import type { GlobalOptions } from './cli.ts';
import type { ConfigFile } from './config.ts';
import { quote } from './go-text.ts';

/** Where the daemon is: from -H, the environment, a context, or the default socket. */

export interface TlsFiles {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly verify: boolean;
}

export interface Endpoint {
  /** As given: "unix:///run/x.sock", "tcp://host:2375"; shown in errors. */
  readonly host: string;
  readonly kind: 'unix' | 'tcp';
  /** unix: the socket's path. */
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
  readonly tls?: TlsFiles;
  /** True when nobody named a host: the daemon may then be started. */
  readonly isDefault: boolean;
}

export const defaultSocket = '/run/berth/berth.sock';

/** The name of the context in effect ("default" when a host was given). Shown by `version` and `info`. */
export function contextName(options: GlobalOptions, env: NodeJS.ProcessEnv, config: ConfigFile): string {
  if (options.context !== '') return options.context;
  if (options.hosts.length > 0 || env['BERTH_HOST'] || env['DOCKER_HOST']) return 'default';
  return env['DOCKER_CONTEXT'] || config.currentContext || 'default';
}

/** Applies the precedence -H, -c, BERTH_HOST, DOCKER_HOST, DOCKER_CONTEXT, currentContext, default. Throws with Docker's texts. */
export function resolveEndpoint(options: GlobalOptions, env: NodeJS.ProcessEnv, config: ConfigFile): Endpoint {
  try {
    return resolve(options, env, config);
  } catch (error) {
    throw new Error(`Failed to initialize: unable to resolve docker endpoint: ${(error as Error).message}`, { cause: error });
  }
}

function resolve(options: GlobalOptions, env: NodeJS.ProcessEnv, config: ConfigFile): Endpoint {
  if (options.hosts.length > 1) throw new Error('Specify only one -H');
  const tls = tlsFromFlags(options);
  const name = contextName(options, env, config);
  if (name !== 'default') return endpointOfContext(name, options.configDir);
  const given = options.hosts[0] ?? (env['BERTH_HOST'] || env['DOCKER_HOST'] || '');
  if (given === '') return parseHost(`unix://${defaultSocket}`, undefined, true);
  return parseHost(given, tls, false);
}

/** Reads a host in Docker's notation. A name without a scheme is TCP. */
export function parseHost(given: string, tls: TlsFiles | undefined, isDefault: boolean): Endpoint {
  const host = given.trim();
  const [scheme, rest] = host.includes('://') ? [host.slice(0, host.indexOf('://')), host.slice(host.indexOf('://') + 3)] : ['tcp', host];
  if (scheme === 'unix') return { host: rest === '' ? `unix://${defaultSocket}` : host, kind: 'unix', path: rest === '' ? defaultSocket : rest, isDefault };
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https') throw new Error(`unable to parse docker host \`${host}\``);
  const match = /^(\[[^\]]*\]|[^:/]*)(?::(\d{1,5}))?(\/.*)?$/.exec(rest);
  if (match === null) throw new Error(`invalid bind address format: ${host}`);
  const port = match[2] === undefined ? (tls === undefined ? 2375 : 2376) : Number(match[2]);
  const address = (match[1] ?? '').replace(/^\[|\]$/g, '') || 'localhost';
  const withTls = tls ?? (scheme === 'https' ? { verify: true } : undefined);
  return { host: `tcp://${match[1] || 'localhost'}:${port}`, kind: 'tcp', address, port, ...(withTls && { tls: withTls }), isDefault };
}

function tlsFromFlags(options: GlobalOptions): TlsFiles | undefined {
  if (!options.tls && !options.tlsVerify) return undefined;
  const read = (path: string): Buffer | undefined => (path !== '' && existsSync(path) ? readFileSync(path) : undefined);
  const ca = read(options.tlsCaCert);
  const cert = read(options.tlsCert);
  const key = read(options.tlsKey);
  return { verify: options.tlsVerify, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

interface ContextMeta {
  readonly Name?: string;
  readonly Endpoints?: Readonly<Record<string, { readonly Host?: string; readonly SkipTLSVerify?: boolean } | undefined>>;
}

// contexts/meta/<sha256 of the name>/meta.json and contexts/tls/<same>/docker/{ca,cert,key}.pem
function endpointOfContext(name: string, configDir: string): Endpoint {
  // Loaded only here: it costs several milliseconds.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const id = createHash('sha256').update(name).digest('hex');
  const path = `${configDir}/contexts/meta/${id}/meta.json`;
  let meta: ContextMeta;
  try {
    meta = JSON.parse(readFileSync(path, 'utf8')) as ContextMeta;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new Error(`context ${quote(name)}: parsing ${path}: ${(error as Error).message}`, { cause: error });
    throw new Error(`context ${quote(name)}: context not found: open ${path}: no such file or directory`, { cause: error });
  }
  const endpoint = meta.Endpoints?.['berth'] ?? meta.Endpoints?.['docker'];
  if (endpoint?.Host === undefined || endpoint.Host === '') throw new Error(`docker endpoint configuration is missing in context ${quote(name)}`);
  const directory = `${configDir}/contexts/tls/${id}/docker`;
  const tls = existsSync(directory) ? tlsOfDirectory(directory, endpoint.SkipTLSVerify !== true) : undefined;
  return parseHost(endpoint.Host, tls, false);
}

function tlsOfDirectory(directory: string, verify: boolean): TlsFiles {
  const read = (name: string): Buffer | undefined => (existsSync(`${directory}/${name}`) ? readFileSync(`${directory}/${name}`) : undefined);
  const ca = read('ca.pem');
  const cert = read('cert.pem');
  const key = read('key.pem');
  return { verify, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
