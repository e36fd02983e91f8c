import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { errnoOf, fail, messageOf } from '#base/errors.ts';

/** Where to listen: parsed from `-H`. */
export type Address = { readonly kind: 'unix'; readonly path: string } | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

const maxSocketPath = 107; // sun_path less its final zero

/** Parses `unix:///run/x.sock`, `tcp://127.0.0.1:2375`, `tcp://[::1]:2375`. Throws invalidArgument. */
export function parseHost(host: string): Address {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(host) ?? fail('invalidArgument', `invalid bind address format: ${host}`);
  if (scheme === 'unix') {
    if (!rest.startsWith('/')) fail('invalidArgument', `invalid bind address (${host}): the path of the socket must be absolute`);
    if (Buffer.byteLength(rest) > maxSocketPath) {
      fail('invalidArgument', `invalid bind address (${host}): the path of the socket is longer than ${maxSocketPath} bytes`);
    }
    return { kind: 'unix', path: rest };
  }
  if (scheme !== 'tcp') fail('invalidArgument', `invalid bind address (${host}): unsupported proto '${scheme}'`);
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]*)):(\d{1,5})$/.exec(rest.replace(/\/$/, ''));
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) fail('invalidArgument', `invalid bind address (${host}): should be in the form tcp://host:port`);
  return { kind: 'tcp', host: match[1] ?? (match[2] || '127.0.0.1'), port };
}

/** Binds and listens. A unix socket gets mode 0660 and `group`; a stale one is replaced only when nobody answers on it. */
export async function listenOn(server: Server, address: Address, group: string | undefined): Promise<void> {
  if (address.kind === 'unix') await removeStale(address.path);
  const text = address.kind === 'unix' ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => {
      const kind = errnoOf(error) === 'EADDRINUSE' ? 'conflict' : errnoOf(error) === 'EACCES' ? 'forbidden' : 'unavailable';
      try {
        fail(kind, `listening on ${text}: ${messageOf(error)}`, { cause: error });
      } catch (wrapped) {
        reject(wrapped as Error);
      }
    };
    server.once('error', failed);
    const listening = (): void => {
      server.off('error', failed);
      resolve();
    };
    if (address.kind === 'tcp') server.listen({ host: address.host, port: address.port }, listening);
    else bindUnix(server, address.path, listening);
  });
  if (address.kind === 'unix') own(address.path, group);
}

// The socket file is made by a synchronous bind: with this umask nobody else can connect before its owner is set.
function bindUnix(server: Server, path: string, listening: () => void): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const before = process.umask(0o177);
  try {
    server.listen({ path }, listening);
  } finally {
    process.umask(before);
  }
}

function own(path: string, group: string | undefined): void {
  if (group !== undefined && group !== '') chownSync(path, process.getuid?.() ?? 0, groupId(group));
  chmodSync(path, 0o660);
}

function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync('/etc/group', 'utf8').split('\n').find((each) => each.startsWith(`${group}:`));
  const id = Number(line?.split(':')[2] ?? NaN);
  return Number.isInteger(id) ? id : fail('invalidArgument', `group ${group} (owner of the API socket) not found in /etc/group`);
}

async function removeStale(path: string): Promise<void> {
  let isSocket: boolean;
  try {
    isSocket = lstatSync(path).isSocket();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if (!isSocket) fail('conflict', `listening on unix://${path}: the path exists and is not a socket`);
  if (await answers(path)) fail('conflict', `listening on unix://${path}: another daemon is listening there`);
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Only a refused connection proves that nobody is there; a full backlog (EAGAIN) or a missing permission does not.
    socket.once('error', (error) => resolve(errnoOf(error) !== 'ECONNREFUSED'));
  });
}
