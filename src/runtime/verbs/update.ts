import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '#base/errors.ts';
import type { BlockIoSpec, CpuSpec, MemorySpec, ResourcesSpec } from '#spec/runtime.ts';
import { readCgroupFile } from '#kernel/cgroup.ts';
import { applyLimits } from '../apply-limits.ts';
import { compileResources } from '../cgroup-resources.ts';
import { readJson } from './bundle.ts';
import type { Call, Flags } from './deps.ts';
import { type FlagTable, numberFlag } from './flags.ts';
import { loadContainer, loadSpec, saveSpec } from './state.ts';

const NUMBERS = [
  'blkio-weight', 'cpu-period', 'cpu-quota', 'cpu-burst', 'cpu-share', 'cpu-rt-period', 'cpu-rt-runtime', 'cpu-idle', 'kernel-memory', 'kernel-memory-tcp', 'memory',
  'memory-reservation', 'memory-swap', 'pids-limit',
] as const;

export const UPDATE_FLAGS: FlagTable = {
  options: { resources: 'text', 'cpuset-cpus': 'text', 'cpuset-mems': 'text', 'l3-cache-schema': 'text', 'mem-bw-schema': 'text', ...Object.fromEntries(NUMBERS.map((name) => [name, 'text' as const])) },
  short: { r: 'resources' },
};

/** `update`: changes limits of a container from options, or from a JSON file (`-`: standard input). */
export async function update(call: Call): Promise<number> {
  const container = loadContainer(call.global.root, call.args[0]);
  if (container.status === 'stopped') fail('conflict', 'container not running');
  if (call.flags.has('l3-cache-schema') || call.flags.has('mem-bw-schema')) fail('notImplemented', 'update of Intel RDT is not supported');
  const resources = call.flags.has('resources') ? fromFile(call) : fromFlags(call.flags);
  const { cgroups } = container.record;
  checkUsage(resources.memory, cgroups);
  const ops = compileResources(resources, cgroups, call.deps.facts(), { update: true, warn: call.warn });
  applyLimits(ops, call.warn);
  const spec = loadSpec(container.directory);
  saveSpec(container.directory, { ...spec, linux: { ...spec.linux, resources: merge(spec.linux?.resources, resources) } });
  return 0;
}

function fromFile(call: Call): ResourcesSpec {
  const path = call.flags.text('resources');
  const { devices: _devices, ...rest } = (path === '-' ? JSON.parse(readFileSync(0, 'utf8')) : readJson(resolve(call.deps.cwd, path), 'resources file')) as ResourcesSpec;
  return rest;
}

/** Only what an option was given for. */
export function fromFlags(flags: Flags): ResourcesSpec {
  const number = (name: (typeof NUMBERS)[number]): number | undefined => numberFlag(flags, name);
  const text = (name: string): string | undefined => (flags.has(name) ? flags.text(name) : undefined);
  const memory: MemorySpec = { limit: number('memory'), swap: number('memory-swap'), reservation: number('memory-reservation'), kernel: number('kernel-memory'), kernelTCP: number('kernel-memory-tcp') };
  const cpu: CpuSpec = {
    shares: number('cpu-share'), quota: number('cpu-quota'), period: number('cpu-period'), burst: number('cpu-burst'), realtimePeriod: number('cpu-rt-period'),
    realtimeRuntime: number('cpu-rt-runtime'), idle: number('cpu-idle'), cpus: text('cpuset-cpus'), mems: text('cpuset-mems'),
  };
  const blockIO: BlockIoSpec = { weight: number('blkio-weight') };
  const pids = number('pids-limit');
  return { ...some('memory', memory), ...some('cpu', cpu), ...some('blockIO', blockIO), ...(pids === undefined ? {} : { pids: { limit: pids } }) };
}

function some<K extends string, T extends object>(key: K, values: T): { [P in K]?: T } {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
  return Object.keys(given).length === 0 ? {} : ({ [key]: given } as { [P in K]: T });
}

function merge(old: ResourcesSpec | undefined, changed: ResourcesSpec): ResourcesSpec {
  return { ...old, ...changed, ...some('memory', { ...old?.memory, ...changed.memory }), ...some('cpu', { ...old?.cpu, ...changed.cpu }), ...some('blockIO', { ...old?.blockIO, ...changed.blockIO }) };
}

// memory.checkBeforeUpdate: a limit below what is in use would only end in the OOM killer.
function checkUsage(memory: MemorySpec | undefined, cgroups: Readonly<Record<string, string>>): void {
  if (memory?.checkBeforeUpdate !== true || memory.limit === undefined || BigInt(memory.limit) <= 0n) return;
  const directory = cgroups['memory'] ?? cgroups['unified'];
  const used = readCgroupFile(directory, cgroups['memory'] === undefined ? 'memory.current' : 'memory.usage_in_bytes');
  if (used !== undefined && BigInt(memory.limit) < BigInt(used)) fail('conflict', `rejecting memory limit ${memory.limit} below usage ${used}`);
}
