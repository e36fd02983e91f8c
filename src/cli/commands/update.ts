import type { Body } from '#api/endpoints.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import type { Flags, FlagSpec } from '../flags.ts';
import { BYTES, INT, NANO_CPUS, STRING, SWAP_BYTES, UINT16 } from '../flag-types.ts';
import { restartPolicy } from '../restart-policy.ts';

const updateFlags: readonly FlagSpec[] = [
  { name: 'blkio-weight', type: UINT16, usage: 'Block IO (relative weight), between 10 and 1000, or 0 to disable', shown: '0' },
  { name: 'cpu-period', type: INT, usage: 'Limit CPU CFS (Completely Fair Scheduler) period' },
  { name: 'cpu-quota', type: INT, usage: 'Limit CPU CFS (Completely Fair Scheduler) quota' },
  { name: 'cpu-rt-period', type: INT, usage: 'Limit the CPU real-time period in microseconds' },
  { name: 'cpu-rt-runtime', type: INT, usage: 'Limit the CPU real-time runtime in microseconds' },
  { name: 'cpu-shares', short: 'c', type: INT, usage: 'CPU shares (relative weight)' },
  { name: 'cpus', type: NANO_CPUS, usage: 'Number of CPUs' },
  { name: 'cpuset-cpus', type: STRING, usage: 'CPUs in which to allow execution (0-3, 0,1)' },
  { name: 'cpuset-mems', type: STRING, usage: 'MEMs in which to allow execution (0-3, 0,1)' },
  { name: 'kernel-memory', type: BYTES, usage: 'Kernel memory limit (deprecated)', hidden: true },
  { name: 'memory', short: 'm', type: BYTES, usage: 'Memory limit' },
  { name: 'memory-reservation', type: BYTES, usage: 'Memory soft limit' },
  { name: 'memory-swap', type: SWAP_BYTES, usage: 'Swap limit equal to memory plus swap: -1 to enable unlimited swap' },
  { name: 'pids-limit', type: INT, usage: 'Tune container pids limit (set -1 for unlimited)' },
  { name: 'restart', type: STRING, usage: 'Restart policy to apply when a container exits' },
];

export const update: Command = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Update configuration of one or more containers',
  flags: updateFlags,
  min: 1,
  run: runUpdate,
};

async function runUpdate(cli: Cli, flags: Flags, names: readonly string[]): Promise<void> {
  if (!updateFlags.some(({ name }) => flags.changed(name))) throw new Error('you must provide one or more flags when using this command');
  const body = updateBody(flags);
  const api = await cli.api();
  const warnings: string[] = [];
  const errors: string[] = [];
  // One after the other: the names and the warnings come in the order given.
  for (const name of names) {
    try {
      const answer = await api.call('ContainerUpdate', { name, body });
      cli.out.line(name);
      warnings.push(...(answer.Warnings ?? []));
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (warnings.length > 0) cli.out.line(warnings.join('\n'));
  if (errors.length > 0) throw new Error(errors.join('\n'));
}

/** What Docker's client sends: everything, zeros for what stays. */
function updateBody(flags: Flags): Body<'ContainerUpdate'> {
  return {
    CpuShares: flags.int('cpu-shares'), Memory: flags.int('memory'), NanoCpus: flags.int('cpus'), CgroupParent: '', BlkioWeight: flags.int('blkio-weight'),
    BlkioWeightDevice: null, BlkioDeviceReadBps: null, BlkioDeviceWriteBps: null, BlkioDeviceReadIOps: null, BlkioDeviceWriteIOps: null,
    CpuPeriod: flags.int('cpu-period'), CpuQuota: flags.int('cpu-quota'), CpuRealtimePeriod: flags.int('cpu-rt-period'), CpuRealtimeRuntime: flags.int('cpu-rt-runtime'),
    CpusetCpus: flags.str('cpuset-cpus'), CpusetMems: flags.str('cpuset-mems'), Devices: null, DeviceCgroupRules: null, DeviceRequests: null,
    ...(flags.int('kernel-memory') === 0 ? {} : { KernelMemory: flags.int('kernel-memory') }),
    MemoryReservation: flags.int('memory-reservation'), MemorySwap: flags.int('memory-swap'), MemorySwappiness: null, OomKillDisable: null,
    PidsLimit: flags.int('pids-limit') === 0 ? null : flags.int('pids-limit'), Ulimits: null, CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0, IOMaximumBandwidth: 0,
    RestartPolicy: flags.str('restart') === '' ? { Name: '', MaximumRetryCount: 0 } : restartPolicy(flags.str('restart')),
  };
}
