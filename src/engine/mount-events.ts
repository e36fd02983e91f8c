import type { Container } from './container.ts';
import { volumeEvent } from './context.ts';
import type { EngineContext } from './context.ts';

/** Tells that a container's volumes are mounted for its run; before its network is joined, as dockerd has it. */
export function announceMounts(ctx: EngineContext, container: Container): void {
  for (const { point } of volumesOf(container)) {
    const details = { container: container.record.id, destination: point.Destination, propagation: point.Propagation, 'read/write': String(point.RW) };
    volumeEvent(ctx, 'mount', point.Name ?? '', details);
  }
}

/** Tells that a run gave its volumes back; between the network's `disconnect` and `die`. */
export function announceUnmounts(ctx: EngineContext, container: Container): void {
  for (const { point } of volumesOf(container)) volumeEvent(ctx, 'unmount', point.Name ?? '', { container: container.record.id });
}

function volumesOf(container: Container): Container['record']['mounts'] {
  return container.record.mounts.filter(({ point }) => point.Type === 'volume');
}
