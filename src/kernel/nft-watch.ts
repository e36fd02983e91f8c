import { check } from './errno.ts';
import { closeFd } from './fs-at.ts';
import { native } from './native.ts';
import { readable } from './pidfd.ts';

const NETLINK_NETFILTER = 12;
const NFTABLES_GROUP = 1 << 6; // NFNLGRP_NFTABLES is 7
const QUIET_MS = 100;

/**
 * Calls `changed` a moment after anybody (ourselves too) changed the nftables rules of our network namespace; many changes
 * at once are one call. Resolves when the signal aborts. Needs CAP_NET_ADMIN.
 */
export async function watchRules(changed: () => void, signal: AbortSignal): Promise<void> {
  const fd = check(native().netlinkOpen(NETLINK_NETFILTER, NFTABLES_GROUP), 'watching nftables');
  const buffer = Buffer.allocUnsafe(64);
  let pending: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      await readable(fd, signal);
      // What it says does not matter, and ENOBUFS (more than fits) only that something changed.
      native().netlinkReceive(fd, buffer);
      pending ??= setTimeout(() => {
        pending = undefined;
        changed();
      }, QUIET_MS);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(pending);
    closeFd(fd);
  }
}
