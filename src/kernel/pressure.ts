import { readFileSync } from 'node:fs';

export interface Pressure {
  readonly memory: number;
  readonly io: number;
  readonly cpu: number;
}

/** Pressure stall information of the host: share of the last 10 s in which some task waited, in percent. Undefined where the kernel has none. */
export function readPressure(): Pressure | undefined {
  try {
    return { memory: someAvg10('memory'), io: someAvg10('io'), cpu: someAvg10('cpu') };
  } catch {
    return undefined;
  }
}

function someAvg10(resource: string): number {
  return Number(/^some avg10=([\d.]+)/m.exec(readFileSync(`/proc/pressure/${resource}`, 'utf8'))?.[1] ?? 0);
}
