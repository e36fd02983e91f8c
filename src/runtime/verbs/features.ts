import type { OciFeatures } from '#spec/runtime-state.ts';
import { CAPABILITIES } from '../capabilities.ts';
import { OCI_VERSION } from '../default-spec.ts';
import { MOUNT_OPTIONS } from '../mount-options.ts';
import { ACTION_NAMES, FLAG_NAMES } from '../seccomp/actions.ts';
import { FAMILIES } from '../seccomp/arch.ts';
import { OPERATOR_NAMES } from '../seccomp/rules.ts';
import type { Call } from './deps.ts';

/** `features`: what this runtime knows, whether or not this host has it (OCI features.md). */
export async function features(call: Call): Promise<number> {
  const { arch, lastCap } = call.deps.facts();
  const answer: OciFeatures = {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: [...MOUNT_OPTIONS],
    linux: {
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
      capabilities: CAPABILITIES.slice(0, lastCap + 1),
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: true },
      seccomp: {
        enabled: true,
        actions: [...ACTION_NAMES],
        operators: [...OPERATOR_NAMES],
        archs: [...FAMILIES[arch]],
        knownFlags: [...FLAG_NAMES],
        supportedFlags: [...FLAG_NAMES],
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: false },
    },
  };
  call.deps.write(`${JSON.stringify(answer, null, 2)}\n`);
  return 0;
}
