import type { StatementSync } from 'node:sqlite';
import type { Migration, Store } from '#store/types.ts';
import type { Endpoint, Network } from './types.ts';

/** Schema of this layer, for `openStore`. */
export const networkMigrations: readonly Migration[] = [
  {
    layer: 'network',
    version: 1,
    sql: `
      CREATE TABLE networks (id TEXT PRIMARY KEY, name TEXT NOT NULL, document TEXT NOT NULL) STRICT;
      CREATE TABLE endpoints (
        id TEXT PRIMARY KEY,
        network_id TEXT NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
        container_id TEXT NOT NULL,
        document TEXT NOT NULL
      ) STRICT;
      CREATE INDEX endpoints_of_container ON endpoints (container_id);
    `,
  },
];

/** Networks and endpoints in the database and, mirrored, in memory: reads never go to disk. */
export class NetworkTable {
  readonly networks: Map<string, Network> = new Map();
  readonly endpoints: Map<string, Endpoint> = new Map();
  readonly #store: Store;
  readonly #putNetwork: StatementSync;
  readonly #putEndpoint: StatementSync;
  readonly #dropEndpoint: StatementSync;

  constructor(store: Store) {
    this.#store = store;
    this.#putNetwork = store.db.prepare('INSERT INTO networks VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document');
    this.#putEndpoint = store.db.prepare('INSERT INTO endpoints VALUES (?, ?, ?, ?)');
    this.#dropEndpoint = store.db.prepare('DELETE FROM endpoints WHERE id = ?');
    for (const row of store.db.prepare('SELECT id, document FROM networks ORDER BY rowid').all()) this.networks.set(String(row['id']), JSON.parse(String(row['document'])) as Network);
    for (const row of store.db.prepare('SELECT id, document FROM endpoints').all()) this.endpoints.set(String(row['id']), JSON.parse(String(row['document'])) as Endpoint);
  }

  putNetwork(network: Network): void {
    this.#store.write(() => this.#putNetwork.run(network.id, network.name, JSON.stringify(network)));
    this.networks.set(network.id, network);
  }

  putEndpoint(endpoint: Endpoint): void {
    this.#store.write(() => this.#putEndpoint.run(endpoint.id, endpoint.networkId, endpoint.containerId, JSON.stringify(endpoint)));
    this.endpoints.set(endpoint.id, endpoint);
  }

  dropEndpoint(id: string): void {
    this.#store.write(() => this.#dropEndpoint.run(id));
    this.endpoints.delete(id);
  }
}
