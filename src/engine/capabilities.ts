import { fail } from '#base/errors.ts';

/** All capabilities by number (linux/capability.h). */
export const allCapabilities: readonly string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW ' +
  'IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE ' +
  'AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ').map((name) => `CAP_${name}`);

/** What a container has when it asks for nothing: Docker's list, in its order. */
export const defaultCapabilities: readonly string[] = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
).split(' ').map((name) => `CAP_${name}`);

function normalize(name: string): string {
  const upper = name.toUpperCase();
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}

/** Throws invalidArgument with dockerd's text for an unknown name. */
export function checkCapabilities(field: 'CapAdd' | 'CapDrop', names: readonly string[]): void {
  for (const name of names) {
    const full = normalize(name);
    if (full !== 'ALL' && !allCapabilities.includes(full)) fail('invalidArgument', `invalid ${field}: unknown capability: "${full}"`);
  }
}

/** The capabilities of a container (dockerd: oci/caps/utils.go `TweakCapabilities`). `known` is what this kernel and our bounding set have. */
export function capabilitiesOf(config: { CapAdd?: readonly string[] | null; CapDrop?: readonly string[] | null; Privileged?: boolean }, known: readonly string[]): string[] {
  if (config.Privileged === true) return [...known];
  const add = (config.CapAdd ?? []).map(normalize);
  const drop = (config.CapDrop ?? []).map(normalize);
  if (add.includes('ALL')) return known.filter((name) => !drop.includes(name));
  if (drop.includes('ALL')) return add;
  return [...defaultCapabilities.filter((name) => !drop.includes(name)), ...add.filter((name) => !defaultCapabilities.includes(name))];
}

/** Names of the capabilities in a mask. */
export function capabilityNames(mask: bigint, lastCap: number): string[] {
  return allCapabilities.filter((_, index) => index <= lastCap && (mask & (1n << BigInt(index))) !== 0n);
}
