import { fail, messageOf } from '#base/errors.ts';
import type { HostFacts } from '#spec/host.ts';
import type { SeccompArg, SeccompRule, SeccompSpec } from '#spec/runtime.ts';

/** Conditions under which a rule is taken. All arches and minKernel; `caps`: includes all, excludes any. */
export interface ProfileFilter {
  caps?: string[];
  /** Go's names: amd64, arm64. */
  arches?: string[];
  /** `major.minor`. */
  minKernel?: string;
}

/** A rule in Docker's profile format (docs.docker.com/engine/security/seccomp). */
export interface ProfileRule {
  /** Old profiles have one name per rule. */
  name?: string;
  names?: string[];
  action: string;
  errnoRet?: number;
  args?: SeccompArg[];
  includes?: ProfileFilter;
  excludes?: ProfileFilter;
}

/** A profile as `--security-opt seccomp=FILE` holds it. */
export interface SeccompProfile {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  archMap?: { architecture: string; subArchitectures?: string[] }[];
  flags?: string[];
  listenerPath?: string;
  listenerMetadata?: string;
  syscalls?: ProfileRule[];
}

/** The host facts that rules ask for. */
export type ProfileHost = Pick<HostFacts, 'arch' | 'kernel'>;

/** Parses profile JSON. Throws invalidArgument with Docker's text. */
export function parseProfile(text: string): SeccompProfile {
  try {
    const profile: unknown = JSON.parse(text);
    if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) throw new Error('not an object');
    const { syscalls = [] } = profile as { syscalls?: unknown };
    if (syscalls !== null && !Array.isArray(syscalls)) throw new Error('syscalls is not a list');
    for (const rule of (syscalls ?? []) as unknown[]) if (typeof rule !== 'object' || rule === null) throw new Error('a rule is not an object');
    return profile as SeccompProfile;
  } catch (error) {
    return fail('invalidArgument', `Decoding seccomp profile failed: ${messageOf(error)}`, { cause: error });
  }
}

/** Takes what holds for these capabilities (the bounding set), architecture and kernel: Docker's profile → linux.seccomp. */
export function resolveProfile(profile: SeccompProfile, capabilities: readonly string[], host: ProfileHost): SeccompSpec {
  const { archMap = [], architectures = [], syscalls, ...rest } = profile;
  if (archMap.length > 0 && architectures.length > 0) fail('invalidArgument', `both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'`);
  const native = host.arch === 'x86_64' ? 'SCMP_ARCH_X86_64' : 'SCMP_ARCH_AARCH64';
  const mapped = archMap.filter((entry) => entry.architecture === native).flatMap((entry) => [entry.architecture, ...(entry.subArchitectures ?? [])]);
  const caps = new Set(capabilities);
  return {
    defaultAction: rest.defaultAction,
    ...(rest.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: rest.defaultErrnoRet }),
    architectures: architectures.length > 0 ? architectures : mapped,
    ...(rest.flags === undefined ? {} : { flags: rest.flags }),
    ...(rest.listenerPath ? { listenerPath: rest.listenerPath } : {}),
    ...(rest.listenerMetadata ? { listenerMetadata: rest.listenerMetadata } : {}),
    syscalls: (syscalls ?? []).filter((rule) => isTaken(rule, caps, host)).map(toRule),
  };
}

function isTaken({ includes = {}, excludes = {} }: ProfileRule, caps: ReadonlySet<string>, host: ProfileHost): boolean {
  const arch = host.arch === 'x86_64' ? 'amd64' : 'arm64';
  if (excludes.arches?.includes(arch)) return false;
  if (excludes.caps?.some((cap) => caps.has(cap))) return false;
  if (excludes.minKernel !== undefined && kernelAtLeast(excludes.minKernel, host)) return false;
  if (includes.arches !== undefined && includes.arches.length > 0 && !includes.arches.includes(arch)) return false;
  if (includes.caps !== undefined && !includes.caps.every((cap) => caps.has(cap))) return false;
  return includes.minKernel === undefined || kernelAtLeast(includes.minKernel, host);
}

function toRule(rule: ProfileRule): SeccompRule {
  const { name = '', names = [] } = rule;
  if (name !== '' && names.length > 0) fail('invalidArgument', `both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'`);
  return {
    names: name === '' ? names : [name],
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(rule.args === undefined || rule.args === null || rule.args.length === 0 ? {} : { args: rule.args }),
  };
}

function kernelAtLeast(version: string, { kernel }: ProfileHost): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(version) ?? fail('invalidArgument', `invalid kernel version: ${JSON.stringify(version)}`);
  return kernel.major > Number(major) || (kernel.major === Number(major) && kernel.minor >= Number(minor));
}
