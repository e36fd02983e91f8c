import type { Contender } from './engines.ts';

/** How much work one sample is. */
export interface Scale {
  readonly rounds: number;
  readonly starts: number;
  readonly execs: number;
  readonly parallel: number;
  readonly listed: number;
  readonly idle: number;
  /** MB of 80-byte lines, of 2-byte lines, and through standard input. */
  readonly lines: number;
  readonly shortLines: number;
  readonly input: number;
  readonly imageFiles: number;
}

/** One row of the report. `sample` measures one engine once; `prepare` runs once per engine before the first round. */
export interface Case {
  readonly name: string;
  readonly unit: 'ms' | 's' | 'per s' | 'MiB' | 'MB/s';
  readonly better: 'less' | 'more';
  readonly rounds?: number;
  prepare?(contender: Contender): Promise<void>;
  sample(contender: Contender): Promise<number>;
  cleanUp?(contender: Contender): Promise<void>;
}

/** Milliseconds of `work`, as the median of `times` runs. */
export async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work();
    samples.push(performance.now() - start);
  }
  return samples.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
}

export async function removeAll({ engine }: Contender): Promise<void> {
  const ids = (await engine.mustDocker(['ps', '-aq'])).split('\n').filter((id) => id !== '');
  if (ids.length > 0) await engine.mustDocker(['rm', '-f', ...ids]);
}
