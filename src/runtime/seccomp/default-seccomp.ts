import type { SeccompSpec } from '#spec/runtime.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { type ProfileHost, resolveProfile } from './profile.ts';

const MAX_REMEMBERED = 64;
const remembered = new Map<string, SeccompSpec>();

/** The default profile for a bounding set. Equal questions get the same object, so that its filter is compiled once. */
export function defaultSeccomp(capabilities: readonly string[], host: ProfileHost): SeccompSpec {
  const key = JSON.stringify([host.arch, host.kernel.major, host.kernel.minor, [...capabilities].sort()]);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  const spec = resolveProfile(DEFAULT_PROFILE, capabilities, host);
  remembered.set(key, spec);
  return spec;
}
