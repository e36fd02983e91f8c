import { randomBytes } from 'node:crypto';
import { fail, messageOf } from '#base/errors.ts';
import { findLink, listLinks } from '#kernel/links.ts';
import { deleteLink } from '#kernel/rtnetlink.ts';
import type { NetworkPlan } from '#spec/network-plan.ts';
import type { Store } from '#store/types.ts';
import { addressSpaceOf } from './address-space.ts';
import { chooseAddress, ensureAddress, ensureBridge, macOf } from './bridge.ts';
import { claimBridge, OWN_VETH, requireClaim } from './bridge-owner.ts';
import { bridgeOf, defaultNetworks, withSubnet } from './defaults.ts';
import { Firewall } from './keep-firewall.ts';
import type { AddressSpace } from './ipam.ts';
import { formatAddress, parseAddress, parseCidr } from './ipv4.ts';
import type { NetworkHost } from './host.ts';
import { joinPlan, loopbackPlan } from './join-plan.ts';
import { bridgeName, checkInside } from './options.ts';
import type { NetworkOptions } from './options.ts';
import { findNetwork } from './reference.ts';
import { NetworkTable } from './table.ts';
import type { Endpoint, Network, NetworkService } from './types.ts';

/**
 * Networks of one daemon. The default ones exist from construction; their interfaces after `setUp`, which also starts to
 * watch over the firewall: what others remove (`nft flush ruleset`) or add (a dockerd that starts later) is answered.
 * Disposing ends the watch; nothing on the host is taken down, since containers go on without us.
 */
export function createNetworkService(store: Store, host: NetworkHost, options: NetworkOptions): NetworkService & Disposable {
  return new Networks(store, host, options);
}

class Networks implements NetworkService, Disposable {
  readonly #table: NetworkTable;
  readonly #host: NetworkHost;
  readonly #options: NetworkOptions;
  readonly #firewall: Firewall;
  readonly #spaces: Map<string, AddressSpace> = new Map(); // by network id
  readonly #bridges: Map<string, number> = new Map(); // network id → interface index
  readonly #stop = new AbortController();
  #watching = false;
  #nextIndex: number = 0x0100_0000 + (randomBytes(4).readUInt32BE() % 0x3f00_0000);

  constructor(store: Store, host: NetworkHost, options: NetworkOptions) {
    this.#host = host;
    this.#options = options;
    this.#firewall = new Firewall(host, options);
    bridgeName(options);
    this.#table = new NetworkTable(store);
    for (const network of defaultNetworks(this.#table.networks, options)) this.#table.putNetwork(network);
  }

  list(): readonly Network[] {
    const hidden = bridgeName(this.#options) === undefined;
    return [...this.#table.networks.values()].filter((network) => !(hidden && network.name === 'bridge'));
  }

  get(reference: string): Network {
    return findNetwork(this.list(), reference);
  }

  async setUp(): Promise<void> {
    const network = this.list().find(({ name }) => name === 'bridge');
    if (network === undefined) return;
    const { netlink } = this.#host;
    const bridge = ensureBridge(netlink, bridgeOf(network));
    claimBridge(netlink, bridge, this.#host.engineId);
    const stored = network.ipam.config[0];
    const before = stored?.gateway === undefined ? undefined : `${stored.gateway}/${parseCidr(stored.subnet).subnet.prefixLength}`;
    const address = chooseAddress(netlink, bridge, this.#options.bip, this.#options.defaultGateway ? undefined : before, this.#host.nameservers);
    checkInside(this.#options, address);
    ensureAddress(netlink, bridge.index, address);
    const ready = withSubnet(network, address, this.#options);
    this.#table.putNetwork(ready);
    this.#bridges.set(ready.id, bridge.index);
    this.#spaces.set(ready.id, addressSpaceOf(ready, this.endpoints(ready.id), parseCidr(address).address));
    this.#setUpForwarding(ready);
    this.#watchFirewall();
  }

  #setUpForwarding(network: Network): void {
    const { readSysctl, writeSysctl, warn } = this.#host;
    const forward = 'net/ipv4/ip_forward';
    if ((this.#options.ipForward ?? true) && readSysctl(forward) === '0') {
      try {
        writeSysctl(forward, '1');
      } catch (error) {
        warn(`containers cannot reach other hosts: ${messageOf(error)}`);
      }
    }
    if (this.#options.firewall ?? true) this.#firewall.apply(network);
  }

  #watchFirewall(): void {
    if (this.#watching || !(this.#options.firewall ?? true)) return;
    this.#watching = true;
    const { watchRules, warn } = this.#host;
    watchRules(() => this.#firewall.repair(), this.#stop.signal).catch((error: unknown) => warn(`watching the firewall: ${messageOf(error)}`));
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  join(networkReference: string, containerId: string, options: { mac?: string; ipv4?: string } = {}): Endpoint {
    const network = this.get(networkReference);
    const endpoint: Endpoint = { id: randomBytes(32).toString('hex'), networkId: network.id, networkName: network.name, containerId };
    if (network.driver !== 'bridge') return this.#keep(endpoint);
    const space = this.#spaces.get(network.id) ?? fail('unavailable', `network ${network.name} is not set up`);
    const [config] = network.ipam.config;
    if (config?.gateway === undefined) return fail('internal', `network ${network.name} has no gateway`);
    const wanted = options.ipv4 === undefined ? undefined : (parseAddress(options.ipv4) ?? fail('invalidArgument', `invalid IPv4 address: ${options.ipv4}`));
    const address = space.take(wanted);
    try {
      return this.#keep({
        ...endpoint,
        ipv4: { address: formatAddress(address), prefixLength: parseCidr(config.subnet).subnet.prefixLength, gateway: config.gateway },
        mac: options.mac ?? macOf(address),
        hostInterface: `veth${endpoint.id.slice(0, 7)}`,
        hostIndex: this.#freeIndex(),
        containerInterface: 'eth0',
      });
    } catch (error) {
      space.release(address);
      throw error;
    }
  }

  #keep(endpoint: Endpoint): Endpoint {
    this.#table.putEndpoint(endpoint);
    return endpoint;
  }

  /** Counts up from a random start, so that neither our own earlier ends nor those of another daemon are hit. */
  #freeIndex(): number {
    this.#nextIndex = this.#nextIndex >= 0x7fff_0000 ? 0x0100_0000 : this.#nextIndex + 1;
    return this.#nextIndex;
  }

  plan(endpoint: Endpoint, options: { hostSide?: boolean } = {}): NetworkPlan {
    const network = this.#table.networks.get(endpoint.networkId) ?? fail('notFound', `network ${endpoint.networkName} not found`);
    if (network.driver === 'host') return { host: [], inside: [] };
    if (network.driver === 'null') return loopbackPlan();
    const { ipv4, mac, hostInterface, containerInterface, hostIndex } = endpoint;
    const bridge = this.#bridges.get(network.id) ?? fail('unavailable', `network ${network.name} is not set up`);
    if (ipv4 === undefined || mac === undefined || hostInterface === undefined || containerInterface === undefined || hostIndex === undefined) {
      return fail('internal', `endpoint ${endpoint.id} has no address`);
    }
    const mtu = this.#options.mtu ? { mtu: this.#options.mtu } : {};
    return joinPlan({ ipv4, mac, hostInterface, containerInterface, hostIndex }, { bridge, ...mtu }, options.hostSide ?? false);
  }

  leave(endpoint: Endpoint): Promise<void> {
    const known = this.#table.endpoints.get(endpoint.id);
    if (known === undefined) return Promise.resolve();
    this.#table.dropEndpoint(known.id);
    if (known.ipv4 !== undefined) this.#spaces.get(known.networkId)?.release(parseAddress(known.ipv4.address) ?? 0, () => findLink(this.#host.netlink, known.hostInterface ?? '') === undefined);
    // The interface goes with the container's namespace; deleting it here would cost 20 ms for nothing.
    return Promise.resolve();
  }

  endpoints(networkId: string): readonly Endpoint[] {
    return [...this.#table.endpoints.values()].filter((endpoint) => endpoint.networkId === networkId);
  }

  async reconcile(owned: ReadonlySet<string>): Promise<void> {
    const bridged = this.list().find(({ name }) => name === 'bridge');
    if (bridged !== undefined) requireClaim(this.#host.netlink, bridgeOf(bridged), this.#host.engineId);
    for (const endpoint of [...this.#table.endpoints.values()]) if (!owned.has(endpoint.containerId)) await this.leave(endpoint);
    const mine = new Set([...this.#table.endpoints.values()].map((endpoint) => endpoint.hostInterface));
    const bridges = new Set(this.#bridges.values());
    for (const link of listLinks(this.#host.netlink)) {
      if (link.kind !== 'veth' || !bridges.has(link.master) || mine.has(link.name) || !OWN_VETH.test(link.name)) continue;
      try {
        this.#host.netlink.request(deleteLink(link.index));
      } catch (error) {
        this.#host.warn(`removing the interface ${link.name} that no container has: ${messageOf(error)}`); // it may have gone by itself
      }
    }
  }
}
