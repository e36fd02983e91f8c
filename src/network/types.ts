import type { NetworkPlan } from '#spec/network-plan.ts';

/** A network as stored. Names follow Docker's API meaning. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: 'bridge' | 'host' | 'null';
  readonly scope: 'local';
  readonly created: string; // RFC 3339 with nanoseconds
  readonly internal: boolean;
  readonly enableIPv6: boolean;
  readonly ipam: { readonly driver: string; readonly config: readonly { readonly subnet: string; readonly gateway?: string; readonly ipRange?: string }[] };
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** One container's place in one network. */
export interface Endpoint {
  readonly id: string; // 64 hex digits
  readonly networkId: string;
  readonly networkName: string;
  readonly containerId: string;
  readonly ipv4?: { readonly address: string; readonly prefixLength: number; readonly gateway: string };
  readonly mac?: string; // "02:42:ac:11:00:02"
  readonly hostInterface?: string;
  /** Interface index that the host's end will have: the plan is compiled before the interface exists. */
  readonly hostIndex?: number;
  readonly containerInterface?: string;
}

export interface NetworkService {
  list(): readonly Network[];
  /** By name, full id or unique id prefix. Throws notFound ("network X not found") or invalidArgument (ambiguous), as dockerd. */
  get(reference: string): Network;
  /** Makes what the default networks need on the host (bridge, address, forwarding, nft table); idempotent, run at daemon start. */
  setUp(): Promise<void>;
  /** Reserves address and names for a container. Nothing on the host changes: the plan does that. */
  join(networkReference: string, containerId: string, options?: { mac?: string; ipv4?: string }): Endpoint;
  /**
   * What has to be sent to the kernel to make the endpoint: host side, then inside the container's namespace (lo up, address, route). Pure.
   * `hostSide`: the veth pair is made by the shim, not from inside; needed with a user namespace, slower without.
   */
  plan(endpoint: Endpoint, options?: { hostSide?: boolean }): NetworkPlan;
  /** Releases the endpoint; removal of a host interface that is still there happens in the background. Idempotent. */
  leave(endpoint: Endpoint): Promise<void>;
  endpoints(networkId: string): readonly Endpoint[];
  /** Drops endpoints and host interfaces of ours that no container of `owned` has (reconcile at start). */
  reconcile(owned: ReadonlySet<string>): Promise<void>;
}
