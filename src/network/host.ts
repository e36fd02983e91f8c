import { readFileSync } from 'node:fs';
import { openNetlink } from '#kernel/netlink.ts';
import { createNft, runNft } from '#kernel/nft.ts';
import { watchRules } from '#kernel/nft-watch.ts';
import { readSysctl, writeSysctl } from '#kernel/sysctl.ts';
import type { Netlink, Nft } from '#kernel/types.ts';

/** What the service needs of the host; {@link openNetworkHost} gives the real one, tests a fake. */
export interface NetworkHost {
  /** Identity of the data root, by which a bridge is ours or another daemon's. Hex digits and dashes. */
  readonly engineId: string;
  /** Our network namespace's rtnetlink socket. */
  readonly netlink: Netlink;
  readonly nft: Nft;
  /** Runs nft commands and returns what they print. */
  readonly nftRun: (commands: string) => string;
  readonly readSysctl: (key: string) => string | undefined;
  readonly writeSysctl: (key: string, value: string) => void;
  /** The host's resolvers: their addresses are never given to a network of ours. */
  readonly nameservers: readonly string[];
  /** Calls back after every change of the host's rules until the signal aborts. */
  readonly watchRules: (changed: () => void, signal: AbortSignal) => Promise<void>;
  /** Told about what could not be done but stops nothing. */
  readonly warn: (text: string) => void;
}

/** The host that we run on: everything in our own network namespace. `using` closes the netlink socket. */
export function openNetworkHost(engineId: string, warn: (text: string) => void): NetworkHost & Disposable {
  const netlink = openNetlink();
  return {
    engineId,
    netlink,
    nft: createNft(),
    nftRun: runNft,
    readSysctl,
    writeSysctl,
    nameservers: nameserversOf(readResolvers()),
    watchRules,
    warn,
    [Symbol.dispose]: () => netlink[Symbol.dispose](),
  };
}

function readResolvers(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}

/** Addresses of the `nameserver` lines (resolv.conf(5)). */
export function nameserversOf(text: string): string[] {
  return [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)].map((match) => match[1] ?? '');
}
