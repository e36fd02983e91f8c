import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, createServer, type ServerOptions } from '#server/server.ts';
import { type FakeEngine, fakeEngine } from './fake-engine.ts';
import { RawClient } from './raw-client.ts';

/** A server with a fake engine on a unix socket of its own; disposed of with its folder. */
export interface Harness extends AsyncDisposable {
  readonly engine: FakeEngine;
  readonly server: ApiServer;
  readonly folder: string;
  readonly socket: string;
  /** What the server logged as warnings and errors. */
  readonly problems: string[];
  client(): RawClient;
}

export async function startServer(options: Partial<ServerOptions> = {}): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-api-'));
  const socket = join(folder, 's');
  const engine = fakeEngine();
  const problems: string[] = [];
  const clients: RawClient[] = [];
  const ignore = (): void => undefined;
  const note = (data: object, message: string): void => void problems.push(`${message}: ${String((data as { err?: unknown }).err ?? '')}`);
  const server = createServer({ engine, logger: { debug: ignore, info: ignore, warn: note, error: note }, ...options });
  await server.listen(`unix://${socket}`);
  return {
    engine, server, folder, socket, problems,
    client: () => {
      const client = new RawClient(socket);
      clients.push(client);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.socket.destroy();
      await server.close(AbortSignal.abort());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
