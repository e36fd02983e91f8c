import { existsSync, readFileSync } from 'node:fs';
import { quote } from '#base/go-quote.ts';
import { type Address, defaultAddress, parseHost, type TlsFiles } from '#client/address.ts';
import type { GlobalOptions } from './cli.ts';
import type { ConfigFile } from './config.ts';

/** Where the daemon is: from -H, the environment, a context, or the default socket. */

/** The name of the context in effect ("default" when a host was given). Shown by `version` and `info`. */
export function contextName(options: GlobalOptions, env: NodeJS.ProcessEnv, config: ConfigFile): string {
  if (options.context !== '') return options.context;
  if (options.hosts.length > 0 || env['BERTH_HOST'] || env['DOCKER_HOST']) return 'default';
  return env['DOCKER_CONTEXT'] || config.currentContext || 'default';
}

/** Applies the precedence -H, -c, BERTH_HOST, DOCKER_HOST, DOCKER_CONTEXT, currentContext, default. Throws with Docker's texts. */
export function resolveAddress(options: GlobalOptions, env: NodeJS.ProcessEnv, config: ConfigFile): Address {
  try {
    return resolve(options, env, config);
  } catch (error) {
    throw new Error(`Failed to initialize: unable to resolve docker endpoint: ${(error as Error).message}`, { cause: error });
  }
}

function resolve(options: GlobalOptions, env: NodeJS.ProcessEnv, config: ConfigFile): Address {
  if (options.hosts.length > 1) throw new Error('Specify only one -H');
  const tls = tlsFromFlags(options);
  const name = contextName(options, env, config);
  if (name !== 'default') return addressOfContext(name, options.configDir);
  const given = options.hosts[0] ?? (env['BERTH_HOST'] || env['DOCKER_HOST'] || '');
  if (given === '') return defaultAddress();
  return parseHost(given, tls);
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
function addressOfContext(name: string, configDir: string): Address {
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
  return parseHost(endpoint.Host, tls);
}

function tlsOfDirectory(directory: string, verify: boolean): TlsFiles {
  const read = (name: string): Buffer | undefined => (existsSync(`${directory}/${name}`) ? readFileSync(`${directory}/${name}`) : undefined);
  const ca = read('ca.pem');
  const cert = read('cert.pem');
  const key = read('key.pem');
  return { verify, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
