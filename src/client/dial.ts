import type { Socket } from 'node:net';
import type { Address } from './address.ts';

/** Opens a connection. Throws the socket's own error. */
export function dial(address: Address): Promise<Socket> {
  const { tls } = address;
  // Not import(): that would set up the whole ES module loader in a program that is one script.
  if (tls !== undefined) {
    const { connect } = process.getBuiltinModule('node:tls');
    return connected(connect({
      host: address.address, port: address.port, servername: /^[\d.:]+$/.test(address.address ?? '') ? '' : address.address,
      rejectUnauthorized: tls.verify, ca: tls.ca, cert: tls.cert, key: tls.key,
    }), 'secureConnect');
  }
  const net = process.getBuiltinModule('node:net');
  // The other half stays open after we finished sending: input may end before output.
  const target = address.path === undefined ? { host: address.address, port: address.port as number } : { path: address.path };
  return connected(net.connect({ ...target, allowHalfOpen: true }), 'connect');
}

function connected(socket: Socket, event: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once(event, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Settles when the socket takes more, or will never again. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}
