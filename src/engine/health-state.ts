import type * as wire from '#api/schema.ts';

/** What is known about a container's health. */
export interface Health {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  /** Failed probes in a row that count. */
  readonly failingStreak: number;
  /** The last five results, oldest first. */
  readonly log: readonly wire.HealthcheckResult[];
}

/** How a container is probed; times in milliseconds. */
export interface HealthSettings {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

const maxLogEntries = 5;
const defaultShell: readonly string[] = ['/bin/sh', '-c'];

/** Undefined without a health check, with `NONE`, and with a kind that does not exist (which dockerd ignores as well). */
export function healthSettings(config: wire.ContainerConfig): HealthSettings | undefined {
  const { Healthcheck: check, Shell: shell } = config;
  const [kind, ...words] = check?.Test ?? [];
  if (check === undefined || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return undefined;
  const milliseconds = (nanoseconds: number | undefined, otherwise: number): number => (nanoseconds === undefined || nanoseconds === 0 ? otherwise : nanoseconds / 1e6);
  const prefix = kind === 'CMD' ? [] : shell !== undefined && shell.length > 0 ? shell : defaultShell;
  return {
    command: [...prefix, ...words],
    interval: milliseconds(check.Interval, 30_000),
    timeout: milliseconds(check.Timeout, 30_000),
    startPeriod: milliseconds(check.StartPeriod, 0),
    startInterval: milliseconds(check.StartInterval, 5_000),
    retries: check.Retries === undefined || check.Retries <= 0 ? 3 : check.Retries,
  };
}

/** The health of a container that was just started: the results of earlier runs stay in the log. */
export function startingHealth(last: Health | undefined): Health {
  return { status: 'starting', failingStreak: 0, log: last?.log ?? [] };
}

/** Nobody watches any more (paused, ended): dockerd calls that unhealthy. */
export function unwatched(health: Health): Health {
  return { ...health, status: 'unhealthy' };
}

/** Milliseconds between a probe's end and the next one: shorter while a start period lasts and nothing succeeded yet. */
export function probeDelay(settings: HealthSettings, health: Health, ranMs: number): number {
  return ranMs < settings.startPeriod && health.status === 'starting' ? settings.startInterval : settings.interval;
}

/** Draws the conclusions of one result. `ranMs`: how long the container ran when the probe began. */
export function afterProbe(settings: HealthSettings, health: Health, result: wire.HealthcheckResult, ranMs: number): Health {
  const log = [...health.log, result].slice(-maxLogEntries);
  if (result.ExitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  // A failure within the start period does not count before the first success.
  if (health.status === 'starting' && ranMs < settings.startPeriod) return { ...health, log };
  const failingStreak = health.failingStreak + 1;
  return { status: failingStreak >= settings.retries ? 'unhealthy' : health.status, failingStreak, log };
}

/** The document under `State.Health`. */
export function healthDocument({ status, failingStreak, log }: Health): wire.Health {
  return { Status: status, FailingStreak: failingStreak, Log: [...log] };
}
