import { openSync } from 'node:fs';
import { closeFd } from '#kernel/fs-at.ts';
import { native } from '#kernel/native.ts';
import { openNetlink } from '#kernel/netlink.ts';
import { NETNS_FD } from '#spec/network-plan.ts';
import type { NetworkPlanStep } from '#spec/network-plan.ts';

const F_DUPFD = 0;

/** Sends a plan's requests in our namespace with NETNS_FD open on the other one, as shim and init do. */
export function sendSteps(steps: readonly NetworkPlanStep[], otherNamespace: string): void {
  using netlink = openNetlink();
  const opened = openSync(otherNamespace, 'r');
  const fd = native().fcntl(opened, F_DUPFD, NETNS_FD);
  closeFd(opened);
  if (fd !== NETNS_FD) throw new Error(`fd ${NETNS_FD} is taken`);
  try {
    for (const message of steps.flatMap((step) => step.messages)) netlink.request(message);
  } finally {
    closeFd(fd);
  }
}
