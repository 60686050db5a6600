import { cpus } from 'node:os';

/** Several measurements of one quantity: their median, and a range around it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The quantile of a sample by the nearest rank; NaN for an empty sample.
 *
 * @param share 0 to 1
 */
export function quantile(sample: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(sample).sort();
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}

/** The median of a sample; NaN for an empty sample. */
export function median(sample: readonly number[]): number {
  const sorted = Float64Array.from(sample).sort();
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** The median and the quartiles of a sample; NaN for an empty sample. */
export function spreadOf(sample: readonly number[]): Spread {
  return { median: median(sample), low: quantile(sample, 0.25), high: quantile(sample, 0.75) };
}

/** The median, the minimum and the maximum of a small sample; NaN for an empty sample. */
export function rangeOf(sample: readonly number[]): Spread {
  return { median: median(sample), low: quantile(sample, 0), high: quantile(sample, 1) };
}

/** `1,234.5 (1,198.0–1,301.5)`, or the median alone if both ends of the range look the same. */
export function showSpread({ median, low, high }: Spread, digits: number): string {
  const shown = (value: number) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const isNarrow = shown(low) === shown(high);
  return isNarrow ? shown(median) : `${shown(median)} (${shown(low)}–${shown(high)})`;
}

/** The result of a job and its wall-clock time in milliseconds. */
export async function timed<Result>(
  job: () => Result | Promise<Result>,
): Promise<[result: Result, milliseconds: number]> {
  const started = performance.now();
  const result = await job();
  return [result, performance.now() - started];
}

/** The wall-clock time of a job in milliseconds. */
export async function timeOf(job: () => unknown): Promise<number> {
  const [, milliseconds] = await timed(job);
  return milliseconds;
}

/** The CPU time of a job in milliseconds, of all threads of this process. */
export async function cpuOf(job: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await job();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The machine on which a run measured, in one line. */
export function machine(): string {
  const [cpu] = cpus();
  const model = cpu?.model.trim() ?? 'unknown CPU';
  return `${model}, ${cpus().length} cores, Node ${process.versions.node}`;
}
