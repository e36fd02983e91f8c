import { fail } from '#base/errors.ts';
import { CAPABILITIES, DEFAULT_CAPABILITIES } from '#runtime/capabilities.ts';

function normalize(name: string): string {
  const upper = name.toUpperCase();
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}

/** Throws invalidArgument with dockerd's text for an unknown name. */
export function checkCapabilities(field: 'CapAdd' | 'CapDrop', names: readonly string[]): void {
  for (const name of names) {
    const full = normalize(name);
    if (full !== 'ALL' && !CAPABILITIES.includes(full)) fail('invalidArgument', `invalid ${field}: unknown capability: "${full}"`);
  }
}

/** The capabilities of a container (dockerd: oci/caps/utils.go `TweakCapabilities`). `known` is what this kernel and our bounding set have. */
export function capabilitiesOf(config: { CapAdd?: readonly string[] | null; CapDrop?: readonly string[] | null; Privileged?: boolean }, known: readonly string[]): string[] {
  if (config.Privileged === true) return [...known];
  const add = (config.CapAdd ?? []).map(normalize);
  const drop = (config.CapDrop ?? []).map(normalize);
  if (add.includes('ALL')) return known.filter((name) => !drop.includes(name));
  if (drop.includes('ALL')) return add;
  return [...DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name)), ...add.filter((name) => !DEFAULT_CAPABILITIES.includes(name))];
}
