import { readFileSync } from 'node:fs';
import { readProc } from './procfs.ts';

/** What the whole host's processors did since boot. */
export interface HostCpu {
  /** Nanoseconds in every state, summed over all processors. */
  readonly total: number;
  readonly online: number;
}

const nanosecondsPerTick = 10_000_000;

/** Counters of the host's processors from /proc/stat (proc_stat(5)). */
export function readHostCpu(): HostCpu {
  return parseHostCpu(readFileSync('/proc/stat', 'latin1'));
}

/** The first seven states (user … softirq), as Docker counts them: stolen and guest time are in others or nobody's. */
export function parseHostCpu(text: string): HostCpu {
  const ticks = /^cpu +(.*)$/m.exec(text)?.[1]?.split(' ').slice(0, 7).map(Number) ?? [];
  return { total: ticks.reduce((sum, value) => sum + value, 0) * nanosecondsPerTick, online: text.match(/^cpu\d+ /gm)?.length ?? 0 };
}

/** Counters of one network interface, as its own namespace sees them. */
export interface LinkCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** Interfaces of the network namespace that a process is in; empty when it is gone. No process is started, no namespace entered. */
export function readLinkCounters(pid: number): ReadonlyMap<string, LinkCounters> {
  return parseNetDev(readProc(`/proc/${pid}/net/dev`)?.toString('latin1') ?? '');
}

/** /proc/PID/net/dev: two lines of titles, then "name: 8 receive counters, 8 transmit counters". */
export function parseNetDev(text: string): ReadonlyMap<string, LinkCounters> {
  const links = new Map<string, LinkCounters>();
  for (const line of text.split('\n').slice(2)) {
    const [, name, rest] = /^\s*(\S+):\s*(\d.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0, , , , , txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = rest.trim().split(/\s+/).map(Number);
    links.set(name, { rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped });
  }
  return links;
}
