/** The number under which the network namespace of the other side is open while netlink operations of a plan run. */
export const NETNS_FD = 100;

/** rtnetlink requests as bytes with a line each for people. */
export interface NetworkPlan {
  readonly host: readonly NetworkPlanStep[];
  readonly inside: readonly NetworkPlanStep[];
}

export interface NetworkPlanStep {
  readonly note: string;
  readonly messages: readonly Uint8Array[];
}
