import { fail } from '#base/errors.ts';
import type { DeviceRule } from '#spec/runtime.ts';

/** Access letters as the bits of BPF_DEVCG_ACC_* (include/uapi/linux/bpf.h). */
export const ACCESS = { m: 1, r: 2, w: 4 } as const;

/** What a device cgroup says: a default, and exceptions to it. `major`/`minor` -1 is any. */
export interface DevicePolicy {
  readonly allow: boolean;
  readonly exceptions: readonly DeviceException[];
}

export interface DeviceException {
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
  readonly access: number;
}

// Devices that every container may use or make, whatever its spec says: OCI config-linux.md "Default Devices", and
// making (not using) any node. The same list as runc's, so that images behave alike.
const DEFAULT_RULES: readonly DeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...([[1, 3], [1, 8], [1, 7], [5, 0], [1, 5], [1, 9], [5, 1], [5, 2]] as const).map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

/** Rules of a container from its spec, followed by what every container gets. */
export function deviceRules(rules: readonly DeviceRule[] | undefined): readonly DeviceRule[] {
  return [...(rules ?? []), ...DEFAULT_RULES];
}

/** Rules in order → policy, by the rules of the v1 controller (security/device_cgroup.c, devcgroup_update_access). Starts with "nothing allowed". */
export function devicePolicy(rules: readonly DeviceRule[]): DevicePolicy {
  let allow = false;
  const exceptions = new Map<string, DeviceException>();
  for (const rule of rules) {
    const access = accessBits(rule.access ?? 'rwm');
    if (access === 0) continue;
    if (isEverything(rule, access)) {
      allow = rule.allow;
      exceptions.clear();
      continue;
    }
    for (const type of typesOf(rule)) {
      const exception = { type, major: number(rule.major), minor: number(rule.minor) };
      const key = `${type} ${exception.major}:${exception.minor}`;
      const had = exceptions.get(key)?.access ?? 0;
      const bits = rule.allow === allow ? had & ~access : had | access;
      if (bits === 0) exceptions.delete(key);
      else exceptions.set(key, { ...exception, access: bits });
    }
  }
  return { allow, exceptions: [...exceptions.values()] };
}

/** Lines for devices.allow / devices.deny that bring a v1 directory to the policy, whatever it was before. */
export function devicePolicyWrites(policy: DevicePolicy): { readonly file: 'devices.allow' | 'devices.deny'; readonly data: string }[] {
  const [base, other] = policy.allow ? (['devices.allow', 'devices.deny'] as const) : (['devices.deny', 'devices.allow'] as const);
  return [{ file: base, data: 'a' }, ...policy.exceptions.map((e) => ({ file: other, data: exceptionText(e) }))];
}

/** `c 1:3 rwm`, with `*` for any. */
export function exceptionText({ type, major, minor, access }: DeviceException): string {
  const part = (n: number): string => (n < 0 ? '*' : String(n));
  const letters = (['r', 'w', 'm'] as const).filter((letter) => (access & ACCESS[letter]) !== 0).join('');
  return `${type} ${part(major)}:${part(minor)} ${letters}`;
}

function isEverything(rule: DeviceRule, access: number): boolean {
  return (rule.type === undefined || rule.type === '' || rule.type === 'a') && number(rule.major) < 0 && number(rule.minor) < 0 && access === 7;
}

function typesOf(rule: DeviceRule): readonly ('c' | 'b')[] {
  if (rule.type === undefined || rule.type === '' || rule.type === 'a') return ['c', 'b'];
  if (rule.type === 'c' || rule.type === 'u') return ['c'];
  if (rule.type === 'b') return ['b'];
  return fail('invalidArgument', `linux.resources.devices: invalid device type ${JSON.stringify(rule.type)}`);
}

function accessBits(access: string): number {
  let bits = 0;
  for (const letter of access) {
    bits |= ACCESS[letter as keyof typeof ACCESS] ?? fail('invalidArgument', `linux.resources.devices: invalid access ${JSON.stringify(access)}`);
  }
  return bits;
}

function number(value: number | undefined): number {
  if (value === undefined || value === -1) return -1;
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) fail('invalidArgument', `linux.resources.devices: ${value} is no device number`);
  return value;
}
