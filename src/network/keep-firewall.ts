import { errnoOf, messageOf } from '#base/errors.ts';
import type { Nft } from '#kernel/types.ts';
import { forwardBlockers, passDockerUser } from './coexistence.ts';
import { bridgeOf } from './defaults.ts';
import { ruleset, tableName } from './firewall.ts';
import type { NetworkOptions } from './options.ts';
import type { Network } from './types.ts';

interface FirewallHost {
  readonly nft: Nft;
  readonly nftRun: (commands: string) => string;
  readonly warn: (text: string) => void;
}

/** Our table for one daemon's bridge, and our two rules in dockerd's DOCKER-USER; both put back by `repair` when they are gone. */
export class Firewall {
  readonly #host: FirewallHost;
  readonly #options: NetworkOptions;
  #network: Network | undefined;
  #blockers = '';

  constructor(host: FirewallHost, options: NetworkOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Replaces the table in one transaction. Throws with nft's message. */
  apply(network: Network): void {
    const name = bridgeOf(network);
    const subnet = network.ipam.config[0]?.subnet ?? '';
    const bridge = { name, subnet, icc: this.#options.icc ?? true, masquerade: this.#options.ipMasq ?? true };
    this.#host.nft.apply(ruleset({ table: tableName(name), bridges: [bridge] }));
    this.#network = network;
    this.#passOthers(name);
  }

  // A chain of the forward hook with policy drop that we may not pass keeps containers from other hosts: said once.
  #passOthers(bridge: string): void {
    if (passDockerUser(this.#host.nftRun, [bridge])) return;
    const blockers = forwardBlockers(this.#host.nftRun).join(', ');
    if (blockers !== this.#blockers && blockers !== '') {
      this.#host.warn(`containers may not reach other hosts: policy drop in ${blockers}; accept interface ${bridge} there`);
    }
    this.#blockers = blockers;
  }

  repair(): void {
    if (this.#network === undefined) return;
    const name = bridgeOf(this.#network);
    try {
      if (this.#isThere(name)) this.#passOthers(name);
      else this.apply(this.#network);
    } catch (error) {
      this.#host.warn(`putting back the rules of bridge ${name}: ${messageOf(error)}`);
    }
  }

  #isThere(bridge: string): boolean {
    try {
      this.#host.nftRun(`list chain inet ${tableName(bridge)} forward\n`);
      return true;
    } catch (error) {
      if ((error as { data?: { errno?: string } }).data?.errno === 'ENOENT' || errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }
}
