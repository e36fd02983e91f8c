/** Samples of one engine, or ratios of two. */
export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Of at least one sample. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

/** Three significant digits. */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** "median (min–max)". */
export function describe(summary: Summary): string {
  return `${digits(summary.median)} (${digits(summary.min)}–${digits(summary.max)})`;
}
