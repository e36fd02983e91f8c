import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type { MemorySpec, ResourcesSpec } from '#spec/runtime.ts';
import { devicePolicyProgram } from './cgroup-bpf.ts';
import { devicePolicy, devicePolicyWrites, deviceRules } from './cgroup-devices.ts';
import type { LimitWriter } from './cgroup-limits.ts';
import type { CgroupPaths } from './cgroup-paths.ts';
import { resourcesV1 } from './cgroup-v1.ts';
import { resourcesV2 } from './cgroup-v2.ts';
import type { Op } from './plan.ts';
import type { HostFacts } from './types.ts';

/**
 * Steps that set every given limit on existing directories; also what `update` runs (then `update` is true and values
 * are written in an order that the kernel accepts from any earlier state). Throws invalidArgument for impossible values.
 */
export function compileResources(
  resources: ResourcesSpec | undefined,
  cgroups: CgroupPaths,
  host: HostFacts,
  options: { readonly update?: boolean; readonly warn?: (text: string) => void } = {},
): Op[] {
  if (resources === undefined) return [];
  const ops: Op[] = [];
  const facts = host.cgroup;
  const warn = options.warn ?? ((): void => {});
  const writer: LimitWriter = {
    warn,
    set(controller, file, data, optional = false) {
      const directory = facts.version === 2 ? cgroups['unified'] : cgroups[controller];
      const known = facts.version === 1 || controller === '' || facts.controllers.includes(controller);
      if (directory === undefined || !known) return warn(`${file}: the host has no cgroup controller ${controller}; ${data.trim()} is left out`);
      ops.push({ kind: 'cgroup.set', path: posix.join(directory, file), data, optional });
    },
  };
  checkMemory(resources.memory);
  if (facts.version === 2) resourcesV2(resources, writer, facts);
  else resourcesV1(resources, writer, options.update ?? false);
  return ops;
}

/** Steps of the device controller, from the spec's rules and what every container gets. */
export function compileDeviceRules(resources: ResourcesSpec | undefined, cgroups: CgroupPaths, host: HostFacts): Op[] {
  const policy = devicePolicy(deviceRules(resources?.devices));
  if (host.cgroup.version === 2) {
    const everything = policy.allow && policy.exceptions.length === 0;
    return everything ? [] : [{ kind: 'cgroup.devices', path: cgroups['unified'] ?? '', program: devicePolicyProgram(policy) }];
  }
  const directory = cgroups['devices'];
  if (directory === undefined) return [];
  return devicePolicyWrites(policy).map(({ file, data }) => ({ kind: 'cgroup.set', path: posix.join(directory, file), data, optional: false }));
}

function checkMemory(memory: MemorySpec | undefined): void {
  if (memory?.swap === undefined || memory.limit === undefined) return;
  const [swap, limit] = [BigInt(memory.swap), BigInt(memory.limit)];
  if (swap > 0n && limit > 0n && swap < limit) fail('invalidArgument', 'memory+swap limit should be >= memory limit');
}
