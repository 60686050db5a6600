/** Several measurements of one thing, all in the same unit: the middle, and how far they are from it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The measurement that a share of a sample is at or below, by the nearest rank; NaN for an empty sample.
 *
 * @param share 0 to 1
 */
export function quantile(sample: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(sample).sort();
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}

/** The middle of a sample, or the mean of the two that are; NaN for an empty sample. */
export function median(sample: readonly number[]): number {
  const sorted = Float64Array.from(sample).sort();
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** The median and the middle half of a sample; NaN for an empty one. */
export function spreadOf(sample: readonly number[]): Spread {
  return { median: median(sample), low: quantile(sample, 0.25), high: quantile(sample, 0.75) };
}

/** The median and both ends of a sample, for one of a few measurements; NaN for an empty one. */
export function rangeOf(sample: readonly number[]): Spread {
  return { median: median(sample), low: quantile(sample, 0), high: quantile(sample, 1) };
}

/** `1,234.5 (1,198.0–1,301.5)`; the middle alone where what is around it looks the same. */
export function showSpread({ median, low, high }: Spread, digits: number): string {
  const shown = (value: number) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const isAlike = shown(low) === shown(high);
  return isAlike ? shown(median) : `${shown(median)} (${shown(low)}–${shown(high)})`;
}

/** What a job gives, and its milliseconds by the clock on the wall. */
export async function timed<Result>(
  job: () => Result | Promise<Result>,
): Promise<[result: Result, milliseconds: number]> {
  const started = performance.now();
  const result = await job();
  return [result, performance.now() - started];
}

/** Milliseconds of a job, by the clock on the wall. */
export async function timeOf(job: () => unknown): Promise<number> {
  const [, milliseconds] = await timed(job);
  return milliseconds;
}

/** Milliseconds of CPU of a job, of all threads of this process. */
export async function cpuOf(job: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await job();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
