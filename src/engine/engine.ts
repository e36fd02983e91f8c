import { mkdirSync } from 'node:fs';
import { KeyedLock } from '#base/keyed-lock.ts';
import { TimerWheel } from '#base/timer-wheel.ts';
import type { Store } from '#store/types.ts';
import { createContainers } from './containers.ts';
import type { EngineContext } from './context.ts';
import { EventLog } from './event-log.ts';
import { createEvents } from './events.ts';
import { ExecTable } from './exec-table.ts';
import { createExecs } from './execs.ts';
import { createImages } from './images.ts';
import { createNetworks } from './networks.ts';
import { reconcile } from './reconcile.ts';
import { ContainerRegistry } from './registry.ts';
import { createSystem } from './system.ts';
import type { DaemonFacts } from './system.ts';
import type { Engine } from './types.ts';
import { createVolumes } from './volumes.ts';
import { EndRecords } from './why/ends.ts';

/** What {@link createEngine} is given: the parts of {@link EngineContext} that it does not make itself. */
export type EngineParts = Omit<EngineContext, 'registry' | 'events' | 'ends' | 'execs' | 'locks' | 'timers'> & { readonly store: Store; readonly daemon: Omit<DaemonFacts, 'eventListeners'> };

/** Puts the engine together. `start` has to be awaited before the first request. */
export function createEngine(parts: EngineParts): Engine & Disposable & { start(): Promise<{ background: Promise<void> }> } {
  mkdirSync(parts.paths.containers, { recursive: true, mode: 0o710 });
  const eventLog = new EventLog(`${parts.paths.dataRoot}/events.log`, (text) => parts.log.warn({}, text));
  const events = createEvents(eventLog);
  const timers = new TimerWheel();
  const ctx: EngineContext = { ...parts, registry: new ContainerRegistry(parts.store), ends: new EndRecords(parts.store), events, execs: new ExecTable(timers), locks: new KeyedLock(), timers };
  return {
    containers: createContainers(ctx),
    execs: createExecs(ctx),
    images: createImages(ctx),
    networks: createNetworks(ctx),
    volumes: createVolumes(ctx),
    events,
    system: createSystem(ctx, { ...parts.daemon, eventListeners: () => events.listeners }),
    start: () => reconcile(ctx),
    [Symbol.dispose]: () => eventLog[Symbol.dispose](),
  };
}
