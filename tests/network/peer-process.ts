/** Runs in a network namespace of its own and does there what the test asks over the IPC channel. See peer.ts. */
import { createConnection, createServer } from 'node:net';
import { listAddresses, listLinks, listRoutes } from '#kernel/links.ts';
import { openNetlink } from '#kernel/netlink.ts';
import { readSysctl, writeSysctl } from '#kernel/sysctl.ts';
import { sendSteps } from './send.ts';

function sendPlan(messages: readonly string[], otherNamespace: string): void {
  sendSteps([{ note: '', messages: messages.map((message) => Buffer.from(message, 'base64')) }], otherNamespace);
}

/** A server that tells every client the address it came from. */
async function listen(port: number): Promise<void> {
  const server = createServer((socket) => void socket.on('error', () => undefined).end(socket.remoteAddress ?? ''));
  await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve));
}

/** What the server said, or the error's code ("timeout" after two seconds). */
function connect(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    let text = '';
    socket.setTimeout(2000, () => {
      resolve('timeout');
      socket.destroy();
    });
    socket.on('data', (data) => (text += data.toString()));
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    socket.on('end', () => resolve(text));
  });
}

function look(): unknown {
  using netlink = openNetlink();
  return { links: listLinks(netlink), addresses: listAddresses(netlink), routes: listRoutes(netlink) };
}

const operations: Readonly<Record<string, (...args: never[]) => unknown>> = { sendPlan, listen, connect, look, readSysctl, writeSysctl };

process.on('message', async ({ id, operation, args }: { id: number; operation: string; args: never[] }) => {
  try {
    process.send?.({ id, value: await operations[operation]?.(...args) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ id: 0 });
