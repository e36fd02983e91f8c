import { fail } from '#base/errors.ts';
import type { CapabilitiesSpec } from '#spec/runtime.ts';
import { type Context, warn } from './context.ts';
import type { OpOf } from './plan.ts';

/** Capability names in the kernel's order (include/uapi/linux/capability.h): the index is the bit. */
export const CAPABILITIES: readonly string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW ' +
  'IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD ' +
  'LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

/** Docker's default set; one of these that the host lacks was not asked for by anybody in particular. */
export const DEFAULT_CAPABILITIES: readonly string[] = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

/** Bit of a capability name (with CAP_), or -1. */
export function capabilityBit(name: string): number {
  return CAPABILITIES.indexOf(name.toUpperCase());
}

/** True when the mask holds the named capability. */
export function hasCapability(mask: bigint, name: string): boolean {
  const bit = capabilityBit(name);
  return bit >= 0 && ((mask >> BigInt(bit)) & 1n) === 1n;
}

/** Names in a mask, in bit order. */
export function capabilityNames(mask: bigint): string[] {
  return CAPABILITIES.filter((_, bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}

/** The five sets as masks, within what the host has; undefined in the spec means empty sets, as runc treats it. */
export function compileCapabilities(context: Context, spec: CapabilitiesSpec | undefined): {
  readonly bound: OpOf<'caps.bound'>;
  readonly set: OpOf<'caps.set'>;
} {
  const bounding = spec?.bounding ?? [];
  const everything = bounding.length > context.host.lastCap;
  const mask = (names: readonly string[] | undefined): bigint => maskOf(context, names ?? [], everything);
  const sets = { effective: mask(spec?.effective), permitted: mask(spec?.permitted), inheritable: mask(spec?.inheritable), ambient: mask(spec?.ambient) };
  // capset(2) wants effective within permitted; ambient raises only what is permitted and inheritable (capabilities(7)).
  // Left out in silence, as by runc: buildah asks for ambient ones with every container that has none inheritable.
  if ((sets.effective & ~sets.permitted) !== 0n) fail('invalidArgument', 'process.capabilities: effective has capabilities that permitted lacks');
  const ambient = sets.ambient & sets.permitted & sets.inheritable;
  return { bound: { kind: 'caps.bound', bounding: mask(bounding) }, set: { kind: 'caps.set', ...sets, ambient } };
}

function maskOf(context: Context, names: readonly string[], everything: boolean): bigint {
  let mask = 0n;
  for (const name of names) {
    const bit = capabilityBit(name);
    if (bit < 0 || bit > context.host.lastCap) {
      warn(context, `capability ${name} is unknown to this kernel and left out`);
      continue;
    }
    const value = 1n << BigInt(bit);
    // A user namespace starts with a full bounding set (kernel/user_namespace.c, set_cred_user_ns).
    if (context.userns || (context.host.boundingCaps & value) !== 0n) mask |= value;
    else if (!everything && !DEFAULT_CAPABILITIES.includes(name)) warn(context, `capability ${name} is not in the bounding set of the host and left out`);
  }
  return mask;
}
