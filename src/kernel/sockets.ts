import { check } from './errno.ts';
import { native } from './native.ts';

/** A connected pair of unix stream sockets, close-on-exec. The caller owns both fds (`new net.Socket({fd})` takes one over). */
export function socketPair(): [number, number] {
  const result = native().socketPair(1);
  if (typeof result === 'number') check(result, 'making a socket pair');
  return result as [number, number];
}

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Who connected the unix socket `fd` (SO_PEERCRED). */
export function peerCredentials(fd: number): PeerCredentials {
  const result = native().peerCredentials(fd);
  if (typeof result === 'number') {
    check(result, `asking for the peer of fd ${fd}`);
    return { pid: 0, uid: 0, gid: 0 };
  }
  return { pid: result[0], uid: result[1], gid: result[2] };
}

/** Sends bytes (at least one) with up to 16 fds over a unix socket. Returns how many bytes went; the fds went with the first. */
export function sendFds(fd: number, bytes: Uint8Array, fds: readonly number[]): number {
  return check(native().sendFds(fd, bytes, fds, 0), `sending file descriptors over fd ${fd}`);
}

/** Receives into `buffer`; fds come close-on-exec and belong to the caller. Length 0 is the end of the stream. Blocks unless the socket does not. */
export function receiveFds(fd: number, buffer: Uint8Array): { length: number; fds: number[] } {
  const result = native().receiveFds(fd, buffer, 0);
  if (typeof result === 'number') return { length: check(result, `receiving file descriptors over fd ${fd}`), fds: [] };
  const [length = 0, ...fds] = result;
  return { length, fds };
}
