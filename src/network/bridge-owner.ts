import { fail } from '#base/errors.ts';
import { findLink, listLinks } from '#kernel/links.ts';
import type { Link } from '#kernel/links.ts';
import { identify, isRunning } from '#kernel/procfs.ts';
import { setAlias } from '#kernel/rtnetlink.ts';
import type { Netlink } from '#kernel/types.ts';

const MARK = /(?:^| )berth:([0-9a-f-]{1,64}):(\d{1,10}):(\d{1,20}):([0-9a-f-]{1,64})$/;
const MAX_ALIAS = 255; // IFALIASZ less its NUL

/** Interfaces that we give to containers; nothing else on a bridge is ours to remove. */
export const OWN_VETH: RegExp = /^veth[0-9a-f]{7}$/;

/**
 * Makes the bridge this engine's, by a mark in the link's alias: it belongs to the network namespace as the bridge does, outlives
 * a daemon that was killed and is gone with the bridge. An administrator's own alias stays in front of it. Throws conflict while
 * another engine's daemon runs, or has containers on the bridge that outlive it.
 */
export function claimBridge(netlink: Netlink, bridge: Link, engineId: string): void {
  const owner = ownerOf(bridge);
  if (owner !== undefined && owner.engineId !== engineId) {
    if (isRunning(owner.process)) refuse(bridge, `by another daemon (pid ${owner.process.pid})`);
    const ports = listLinks(netlink).filter((link) => link.kind === 'veth' && link.master === bridge.index && OWN_VETH.test(link.name));
    if (ports.length > 0) refuse(bridge, `by ${ports.length} running container${ports.length === 1 ? '' : 's'} of another daemon (pid ${owner.process.pid}, which has ended)`);
  }
  const self = identify(process.pid) ?? fail('internal', 'this process is not in /proc');
  const foreign = bridge.alias.replace(MARK, '');
  const mark = `berth:${engineId}:${self.pid}:${self.startTime}:${self.bootId}`;
  const alias = foreign === '' ? mark : `${foreign} ${mark}`;
  netlink.request(setAlias(bridge.index, Buffer.byteLength(alias, 'latin1') > MAX_ALIAS ? mark : alias));
}

/** Throws conflict when another daemon, started in the same moment, has claimed the bridge after us. */
export function requireClaim(netlink: Netlink, bridgeName: string, engineId: string): void {
  const bridge = findLink(netlink, bridgeName);
  const owner = bridge === undefined ? undefined : ownerOf(bridge);
  if (bridge !== undefined && owner !== undefined && owner.engineId !== engineId) refuse(bridge, `by another daemon (pid ${owner.process.pid})`);
}

function ownerOf({ alias }: Link): { engineId: string; process: { pid: number; startTime: number; bootId: string } } | undefined {
  const [, engineId = '', pid, startTime, bootId = ''] = MARK.exec(alias) ?? [];
  return engineId === '' ? undefined : { engineId, process: { pid: Number(pid), startTime: Number(startTime), bootId } };
}

function refuse(bridge: Link, user: string): never {
  fail('conflict', `the bridge ${bridge.name} is in use ${user}`, {
    hint: `give this daemon another --bridge, or stop the other one and its containers ('ip link set dev ${bridge.name} alias ""' forgets it)`,
    data: { bridge: bridge.name },
  });
}
