import { fail } from '#base/errors.ts';
import { zeroTime } from '#base/clock.ts';
import type * as wire from '#api/schema.ts';

/** How the last run of a container ended (or failed to begin). Times are RFC 3339. */
export interface Ending {
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly oomKilled: boolean;
  readonly error: string;
}

/**
 * Where a container is in its life. A start in progress shows the state before it, as Docker does.
 *
 *   created ──► running ◄──► paused
 *      │        │  ▲  │        │
 *      │        ▼  │  ▼        │
 *      │   restarting exited ◄─┘
 *      └────────┴─────┴──► removing ──► (gone) | dead
 */
export type ContainerState =
  | ({ readonly status: 'created' } & Ending)
  | { readonly status: 'running'; readonly pid: number; readonly startedAt: string }
  | { readonly status: 'paused'; readonly pid: number; readonly startedAt: string }
  | ({ readonly status: 'restarting' } & Ending)
  | ({ readonly status: 'exited' } & Ending)
  | ({ readonly status: 'removing' } & Ending)
  | ({ readonly status: 'dead' } & Ending);

export type ContainerStatus = ContainerState['status'];

const MOVES: Readonly<Record<ContainerStatus, readonly ContainerStatus[]>> = {
  created: ['created', 'running', 'exited', 'removing'],
  running: ['paused', 'restarting', 'exited'],
  paused: ['running', 'restarting', 'exited'],
  restarting: ['running', 'restarting', 'exited', 'removing'],
  exited: ['running', 'restarting', 'exited', 'removing'],
  removing: ['dead', 'removing'],
  dead: ['removing', 'dead'],
};

/** The next state; throws `internal` when the table has no such move. */
export function move(from: ContainerState, to: ContainerState): ContainerState {
  if (!MOVES[from.status].includes(to.status)) fail('internal', `container state cannot go from ${from.status} to ${to.status}`);
  return to;
}

export const neverRan: Ending = { exitCode: 0, startedAt: zeroTime, finishedAt: zeroTime, oomKilled: false, error: '' };

/** True while there is a process (running or paused). */
export function isActive(state: ContainerState): state is Extract<ContainerState, { pid: number }> {
  return state.status === 'running' || state.status === 'paused';
}

/** The ending of the last run; of an active container one with exit code 0 and no end. */
export function endingOf(state: ContainerState): Ending {
  return isActive(state) ? { ...neverRan, startedAt: state.startedAt } : state;
}

/** The document under `State`. */
export function stateDocument(state: ContainerState): wire.ContainerState {
  const ending = endingOf(state);
  return {
    Status: state.status,
    Running: isActive(state) || state.status === 'restarting',
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: ending.oomKilled,
    Dead: state.status === 'dead',
    Pid: isActive(state) ? state.pid : 0,
    ExitCode: ending.exitCode,
    Error: ending.error,
    StartedAt: ending.startedAt,
    FinishedAt: ending.finishedAt,
  };
}
