import { messageOf } from '#base/errors.ts';
import { BerthError } from '#base/errors.ts';
import { formatTime, nowNs } from '#base/clock.ts';
import { readOomKills } from '#kernel/kernel-log.ts';
import type { OomKill } from '#kernel/kernel-log.ts';
import { readPressure } from '#kernel/pressure.ts';
import type { ExitRecord } from '#spec/exit-record.ts';
import { parseAbsolutePath } from '#spec/ids.ts';
import type { Container } from '../container.ts';
import { containerEvent } from '../context.ts';
import type { EngineContext } from '../context.ts';
import { parseSignal } from '../signals.ts';
import { endingOf } from '../state.ts';
import { programHead, programProblem } from './program.ts';
import { verdictOf } from './verdict.ts';
import type { Evidence, SentSignal } from './verdict.ts';

/** More signals than these in one run are not kept: the first ones tell what was asked for, the last one what ended it. */
const maxSent = 8;

/** Remembers that the engine sends a signal, before it is sent, so that even a crash in between leaves it known. */
export function noteSignal(ctx: EngineContext, container: Container, sent: Omit<SentSignal, 'at'>): void {
  const before = container.runtime.sent ?? [];
  const list = before.length < maxSent ? before : before.slice(0, maxSent - 1);
  ctx.registry.update(container, { sent: [...list, { ...sent, at: formatTime(nowNs()) }] });
}

/** Keeps what is known about the end of a run. Called once for each, while the container still has the state of its end. */
export function noteExit(ctx: EngineContext, container: Container, exit: ExitRecord, lost: Evidence['lost']): void {
  keep(ctx, container, {
    ...commonEvidence(container),
    code: exit.code,
    signal: exit.signal,
    startedAt: endingOf(container.runtime.state).startedAt,
    finishedAt: formatTime(BigInt(exit.finishedAt)),
    lost,
    oomKills: exit.oomKills,
    oomVictims: victims(container, exit),
    pid: exit.pid,
    memoryPeak: exit.memoryPeak,
    pidsRefused: exit.pidsRefused ?? 0,
    throttled: exit.throttled ?? 0,
    pressure: exit.code === 0 ? undefined : readPressure(),
  });
}

/** Keeps why a start failed, with a look at the program when it was the program. */
export function noteStartFailure(ctx: EngineContext, container: Container, error: unknown, text: string): void {
  const { exitCode } = endingOf(container.runtime.state);
  keep(ctx, container, { ...commonEvidence(container), code: exitCode, startError: text, programProblem: problemOf(ctx, container, error), finishedAt: formatTime(nowNs()) });
}

function commonEvidence({ record, runtime }: Container): Evidence {
  const { config, hostConfig } = record;
  return {
    code: 0, signal: 0, startedAt: '', finishedAt: '', startError: '', programProblem: '', lost: '', oomKills: 0, oomVictims: [], pid: 0,
    memoryLimit: hostConfig.Memory ?? 0, memoryPeak: 0, pidsLimit: hostConfig.PidsLimit ?? 0, pidsRefused: 0, throttled: 0,
    sent: runtime.sent ?? [], health: undefined, pressure: undefined, logTail: [],
    stopSignal: parseSignal(config.StopSignal || 'SIGTERM'), user: config.User ?? '',
  };
}

function keep(ctx: EngineContext, container: Container, evidence: Evidence): void {
  const { id } = container.record;
  try {
    if (ctx.registry.has(id)) ctx.ends.add(id, evidence);
    const { cause, summary } = verdictOf(evidence);
    containerEvent(ctx, container, 'why', { cause, summary, exitCode: String(evidence.code) });
  } catch (error) {
    ctx.log.error({ container: id, err: error }, `keeping the reason of an end: ${messageOf(error)}`);
  }
}

// The kernel's log is only read when it can say something: it takes some milliseconds.
function victims({ record, runtime }: Container, exit: ExitRecord): OomKill[] {
  const unexplained = exit.signal === 9 && (runtime.sent ?? []).length === 0;
  if (exit.oomKills === 0 && !unexplained) return [];
  return readOomKills().filter((kill) => kill.cgroup.includes(record.id)).slice(-maxSent);
}

function problemOf(ctx: EngineContext, container: Container, error: unknown): string {
  const path = error instanceof BerthError ? error.data['program'] : undefined;
  if (typeof path !== 'string' || !path.startsWith('/')) return '';
  try {
    return programProblem(path, (name) => headOf(ctx, container, name), ctx.host.arch === 'x86_64' ? 'amd64' : 'arm64');
  } catch (failure) {
    ctx.log.warn({ container: container.record.id, err: failure }, `looking at ${path}: ${messageOf(failure)}`);
    return '';
  }
}

/** The first bytes of a file of a container without processes: of the mount that would hold it, else of its root. */
function headOf(ctx: EngineContext, container: Container, path: string): Buffer | undefined {
  const holds = container.record.mounts
    .filter(({ point }) => (point.Type === 'bind' || point.Type === 'volume') && path.startsWith(`${point.Destination}/`))
    .toSorted((a, b) => b.point.Destination.length - a.point.Destination.length);
  const point = holds[0]?.point;
  const source = point?.Type === 'volume' ? ctx.volumes.find(point.Name ?? '')?.mountpoint : point?.Source;
  using root = ctx.openRoot(source === undefined ? ctx.snapshots.mount(container.record.id) : { type: 'bind', source: parseAbsolutePath(source), readonly: true });
  return root.head(point === undefined ? path : path.slice(point.Destination.length), programHead);
}
