import { BerthError, fail, messageOf } from '#base/errors.ts';
import { failpoint } from '#base/failpoints.ts';
import type * as wire from '#api/schema.ts';
import { applyLimits } from '#runtime/apply-limits.ts';
import { compileResources } from '#runtime/cgroup-resources.ts';
import type { ResourcesSpec } from '#spec/runtime.ts';
import type { Container } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { cancelRestart } from './exit.ts';
import { checkRestartPolicy } from './host-config.ts';
import { checkResources } from './resource-limits.ts';
import { specResources } from './spec-resources.ts';
import { isActive } from './state.ts';

/** POST update: limits of a running container change at once, those of others with their next start (dockerd: daemon/update.go). */
export async function updateContainer(ctx: EngineContext, reference: string, body: wire.ContainerUpdateBody): Promise<wire.ContainerUpdateResponse> {
  if (body.RestartPolicy?.Name) checkRestartPolicy({ RestartPolicy: body.RestartPolicy });
  const { PidsLimit = null } = body;
  // Zero and every negative number take the limit away.
  const asked = { ...body, PidsLimit: PidsLimit !== null && PidsLimit < 0 ? 0 : PidsLimit };
  const { warnings, discarded } = checkResources(asked, ctx.host, true);
  const resources = pick({ ...asked, ...discarded });
  const container = ctx.registry.get(reference);
  await ctx.locks.run(container.record.id, () => updateLocked(ctx, container, resources, body.RestartPolicy));
  return { Warnings: warnings.length === 0 ? null : [...warnings] };
}

async function updateLocked(ctx: EngineContext, container: Container, resources: wire.Resources, policy: wire.RestartPolicy | undefined): Promise<void> {
  const { id } = container.record;
  const prefix = `Cannot update container ${id}: `;
  const { state } = container.runtime;
  if (state.status === 'removing' || state.status === 'dead') fail('conflict', `${prefix}container is marked for removal and cannot be "update"`);
  const before = container.record;
  const record = { ...before, hostConfig: merged(before.hostConfig, resources, policy, prefix) };
  try {
    if (isActive(state) && container.task !== undefined) {
      ctx.registry.reconfigure(container, { ...record, pendingLimits: resources });
      failpoint('engine.update.after-record');
      setLimits(ctx, container, resources);
    }
    ctx.registry.reconfigure(container, record);
  } catch (error) {
    ctx.registry.reconfigure(container, before);
    throw error instanceof BerthError ? new BerthError(error.kind === 'invalidArgument' ? 'invalidArgument' : 'internal', prefix + error.message, { cause: error }) : error;
  } finally {
    // dockerd tells of an update that failed as well.
    containerEvent(ctx, container, 'update');
  }
  // A container that waits for its next start under a policy that is gone does not start.
  if (state.status === 'restarting' && record.hostConfig.RestartPolicy?.Name === 'no') cancelRestart(ctx, container);
  await ctx.registry.durable();
}

/** Writes the limits of an update during which the last daemon died. */
export function finishUpdate(ctx: EngineContext, container: Container): void {
  const { pendingLimits, ...record } = container.record;
  if (pendingLimits === undefined) return;
  try {
    if (isActive(container.runtime.state) && container.task !== undefined) setLimits(ctx, container, pendingLimits);
  } catch (error) {
    ctx.log.warn({ container: record.id, err: error }, `finishing an update: ${messageOf(error)}`);
  }
  ctx.registry.reconfigure(container, record);
}

/** The plan of the change, and its steps. Only what was asked for is written. */
function setLimits(ctx: EngineContext, container: Container, resources: wire.Resources): void {
  const { record } = container;
  const warn = (text: string): void => ctx.log.warn({ container: record.id }, text);
  const ops = compileResources(changes(resources, record.hostConfig, ctx.host.cgroup.version === 2), container.task?.cgroups ?? {}, ctx.host, { update: true, warn });
  applyLimits(ops, warn);
}

/** What is written: what was asked for; where the kernel, or cgroup v2, has two limits in one value, with the other one as it is. */
export function changes(asked: wire.Resources, now: wire.HostConfig, unified: boolean): ResourcesSpec {
  const { Memory, MemorySwap, CpuPeriod, CpuQuota } = asked;
  return specResources({
    ...asked,
    // Version 2 limits swap alone, so what was given as a sum needs both; version 1 has a file for each.
    ...(unified && (Memory || MemorySwap) ? { Memory: now.Memory, MemorySwap: now.MemorySwap } : {}),
    ...(Boolean(CpuPeriod) !== Boolean(CpuQuota) ? { CpuPeriod: now.CpuPeriod, CpuQuota: now.CpuQuota } : {}),
  });
}

const copied = [
  'BlkioWeight', 'CpuShares', 'NanoCpus', 'CpuPeriod', 'CpuQuota', 'CpusetCpus', 'CpusetMems', 'Memory', 'MemorySwap', 'MemoryReservation', 'CpuRealtimePeriod', 'CpuRealtimeRuntime',
] as const;

// Everything else of a request to update is passed over, as dockerd does.
function pick(asked: wire.Resources): wire.Resources {
  return Object.fromEntries([...copied, 'PidsLimit' as const].map((name) => [name, asked[name]]));
}

/** What the container's configuration becomes: zero and "" leave a field as it is. Throws conflict with dockerd's texts. */
export function merged(now: wire.HostConfig, asked: wire.Resources, policy: wire.RestartPolicy | undefined, prefix: string): wire.HostConfig {
  const conflict = (text: string): never => fail('conflict', prefix + text);
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, Memory = 0, MemorySwap = 0, PidsLimit } = asked;
  if (NanoCpus > 0 && (now.CpuPeriod ?? 0) > 0) conflict('Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set');
  if (NanoCpus > 0 && (now.CpuQuota ?? 0) > 0) conflict('Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set');
  if (CpuPeriod > 0 && (now.NanoCpus ?? 0) > 0) conflict('Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set');
  if (CpuQuota > 0 && (now.NanoCpus ?? 0) > 0) conflict('Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set');
  if (Memory !== 0 && Memory > (now.MemorySwap ?? 0) && MemorySwap === 0) {
    conflict('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
  }
  if (policy?.Name && now.AutoRemove === true && policy.Name !== 'no') conflict('Restart policy cannot be updated because AutoRemove is enabled for the container');
  const changed = Object.fromEntries(copied.filter((name) => Boolean(asked[name])).map((name) => [name, asked[name]]));
  return {
    ...now,
    ...changed,
    ...(PidsLimit === undefined || PidsLimit === null ? {} : { PidsLimit }),
    ...(policy?.Name ? { RestartPolicy: { Name: policy.Name, MaximumRetryCount: policy.MaximumRetryCount ?? 0 } } : {}),
  };
}

