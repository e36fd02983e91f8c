/** Where a daemon listens, and how hosts are written. */

export interface TlsFiles {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** False: any certificate of the other side will do. */
  readonly verify: boolean;
}

export interface Address {
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

const defaultSocket = '/run/berth/berth.sock';

/** The address in effect when nobody named a host. */
export function defaultAddress(): Address {
  return { ...parseHost(`unix://${defaultSocket}`), isDefault: true };
}

/** Reads a host in Docker's notation. A name without a scheme is TCP. Throws with Docker's texts. */
export function parseHost(given: string, tls?: TlsFiles): Address {
  const host = given.trim();
  const [scheme, rest] = host.includes('://') ? [host.slice(0, host.indexOf('://')), host.slice(host.indexOf('://') + 3)] : ['tcp', host];
  if (scheme === 'unix') return { host: rest === '' ? `unix://${defaultSocket}` : host, kind: 'unix', path: rest === '' ? defaultSocket : rest, isDefault: false };
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https') throw new Error(`unable to parse docker host \`${host}\``);
  const match = /^(\[[^\]]*\]|[^:/]*)(?::(\d{1,5}))?(\/.*)?$/.exec(rest);
  if (match === null) throw new Error(`invalid bind address format: ${host}`);
  const port = match[2] === undefined ? (tls === undefined ? 2375 : 2376) : Number(match[2]);
  const address = (match[1] ?? '').replace(/^\[|\]$/g, '') || 'localhost';
  const withTls = tls ?? (scheme === 'https' ? { verify: true } : undefined);
  return { host: `tcp://${match[1] || 'localhost'}:${port}`, kind: 'tcp', address, port, ...(withTls && { tls: withTls }), isDefault: false };
}
