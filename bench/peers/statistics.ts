/** A sample's middle and ends, in its own unit. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The value that a share of a sample is at or below, by the nearest rank; NaN for an empty sample.
 *
 * @param share 0 to 1
 */
export function quantile(sample: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(sample).sort();
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}

/** The middle value, or the mean of the two that are; NaN for an empty sample. */
export function median(sample: readonly number[]): number {
  const sorted = Float64Array.from(sample).sort();
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** Median, least and most; NaN for an empty sample. */
export function spreadOf(sample: readonly number[]): Spread {
  if (sample.length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  return { median: median(sample), min: Math.min(...sample), max: Math.max(...sample) };
}
