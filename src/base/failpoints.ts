/**
 * Named places where a test makes the daemon die, fail or wait: BERTH_FAILPOINTS="engine.create.after-row=kill,tasks.create=delay:50".
 * Actions: `kill` (SIGKILL to ourselves), `error` (throws), `delay:<ms>`
 * (of the whole process at a failpoint, of what passes at a racepoint). Prefix `N*` lets N passes go by first ("2*kill": the third pass dies).
 * Costs one comparison when the variable is unset.
 */
import { BerthError } from './errors.ts';

interface Failpoint {
  skip: number;
  readonly action: 'kill' | 'error' | 'delay';
  readonly ms: number;
}

const points: ReadonlyMap<string, Failpoint> | undefined = parseFailpoints(process.env['BERTH_FAILPOINTS']);

/** Passes a point: dies, throws `internal`, or blocks the thread, when the environment says so. */
export function failpoint(name: string): void {
  if (points === undefined) return;
  const point = points.get(name);
  if (point === undefined) return;
  if (point.skip > 0) {
    point.skip--;
    return;
  }
  if (point.action === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
  } else if (point.action === 'error') {
    throw new BerthError('internal', `failpoint ${name}`);
  } else {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, point.ms);
  }
}

/** Passes a point where others may run meanwhile: `delay` waits without blocking the thread. Undefined when nothing is to be waited for. */
export function racepoint(name: string): Promise<void> | undefined {
  const point = points?.get(name);
  if (point === undefined) return undefined;
  if (point.action === 'delay' && point.skip === 0) return new Promise((resolve) => setTimeout(resolve, point.ms));
  failpoint(name);
  return undefined;
}

/** Parses the variable; undefined when there is nothing in it. Throws on what it cannot read, so that a test never passes by a typo. */
export function parseFailpoints(text: string | undefined): ReadonlyMap<string, Failpoint> | undefined {
  if (text === undefined || text === '') return undefined;
  const points = new Map<string, Failpoint>();
  for (const item of text.split(',')) {
    const match = /^([a-z0-9.-]+)=(?:(\d+)\*)?(kill|error|delay:(\d+))$/.exec(item);
    if (match === null) throw new BerthError('invalidArgument', `BERTH_FAILPOINTS: cannot read ${JSON.stringify(item)}`);
    const action = match[3]?.startsWith('delay') === true ? 'delay' : (match[3] as 'kill' | 'error');
    points.set(match[1] ?? '', { skip: Number(match[2] ?? 0), action, ms: Number(match[4] ?? 0) });
  }
  return points;
}
