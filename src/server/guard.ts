import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Exchange } from './http/connection.ts';

/**
 * Keeps web pages away from a TCP listener. A page can make a browser send requests to any address: it is known by its `Origin`,
 * or, after rebinding a name of its own to our address, by a `Host` that is neither an address nor a local name. Clients proved by a
 * certificate pass. Returns what is wrong, or undefined.
 */
export function refuseWebPages(exchange: Exchange, allowedHosts: ReadonlySet<string>): string | undefined {
  if ((exchange.socket as Partial<TLSSocket>).authorized === true) return undefined;
  const { headers } = exchange.head;
  const host = hostName(headers.get('host') ?? '');
  const origin = headers.get('origin');
  if (origin !== undefined && hostName(origin.replace(/^[a-z]+:\/\//i, '')) !== host) return `requests from web pages (Origin: ${origin}) are refused`;
  // Names without a dot (localhost, the names of containers and CI services) can't be registered by anybody else.
  if (isIP(host) !== 0 || !host.includes('.') || host.endsWith('.localhost') || allowedHosts.has(host)) return undefined;
  return `the Host header names ${host}, which this daemon doesn't know as its own`;
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d+$/, '')).toLowerCase();
}
