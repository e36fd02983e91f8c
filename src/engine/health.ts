import { nowNs, parseTime } from '#base/clock.ts';
import { messageOf } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { HealthProbe } from './health-probe.ts';
import { afterProbe, healthSettings, probeDelay, unwatched } from './health-state.ts';
import type { HealthSettings } from './health-state.ts';
import { isActive } from './state.ts';

/** Begins, or goes on with, the health checks of a running container that has some (started, unpaused, found again). */
export function watchHealth(ctx: EngineContext, container: Container): void {
  container.probing?.abort();
  container.probing = undefined;
  const settings = healthSettings(container.record.config);
  if (settings === undefined || container.runtime.health === undefined || container.runtime.state.status !== 'running') return;
  const abort = new AbortController();
  container.probing = abort;
  scheduleProbe(ctx, container, settings, new HealthProbe(ctx, container, settings, abort.signal));
}

/** Ends the health checks of a container that is paused. */
export function unwatchHealth(ctx: EngineContext, container: Container): void {
  container.probing?.abort();
  container.probing = undefined;
  const { health } = container.runtime;
  if (health !== undefined) ctx.registry.update(container, { health: unwatched(health) });
}

/** How long the container has run. */
function ranMs({ runtime: { state } }: Container): number {
  return isActive(state) ? Number((nowNs() - (parseTime(state.startedAt) ?? 0n)) / 1_000_000n) : 0;
}

function scheduleProbe(ctx: EngineContext, container: Container, settings: HealthSettings, probe: HealthProbe): void {
  const { health } = container.runtime;
  if (health === undefined || probe.signal.aborted) return;
  const timer = ctx.timers.after(probeDelay(settings, health, ranMs(container)), () => {
    probe.signal.removeEventListener('abort', timer.cancel);
    void runProbe(ctx, container, settings, probe).then(() => scheduleProbe(ctx, container, settings, probe));
  });
  probe.signal.addEventListener('abort', timer.cancel, { once: true });
}

/** One probe and its consequences. Never rejects. */
async function runProbe(ctx: EngineContext, container: Container, settings: HealthSettings, probe: HealthProbe): Promise<void> {
  const ran = ranMs(container);
  try {
    const result = await probe.run();
    // Whoever ended the checks has said what the container's health is now.
    if (!probe.signal.aborted) take(ctx, container, settings, result, ran);
  } catch (error) {
    ctx.log.error({ container: container.record.id, err: error }, `health check: ${messageOf(error)}`);
  }
}

function take(ctx: EngineContext, container: Container, settings: HealthSettings, result: wire.HealthcheckResult, ran: number): void {
  const before = container.runtime.health;
  if (before === undefined) return;
  const health = afterProbe(settings, before, result, ran);
  if (health.status === before.status) return ctx.registry.note(container, { health });
  ctx.registry.update(container, { health });
  containerEvent(ctx, container, `health_status: ${health.status}`);
}
