/** Several measurements of one thing: their median and the middle half of them, all in the same unit. */
export interface Spread {
  readonly median: number;
  /** A quarter of the measurements are lower. */
  readonly low: number;
  /** A quarter of the measurements are higher. */
  readonly high: number;
}

/** The measurement that `share` (0 to 1) of a sample is below; NaN where there is none. */
export function quantile(sample: readonly number[], share: number): number {
  return [...sample].sort((a, b) => a - b)[Math.floor((sample.length - 1) * share)] ?? Number.NaN;
}

/** The middle of a sample; NaN where there is none. */
export function median(sample: readonly number[]): number {
  return quantile(sample, 0.5);
}

/** A sample in three numbers. */
export function spreadOf(sample: readonly number[]): Spread {
  return {
    median: quantile(sample, 0.5),
    low: quantile(sample, 0.25),
    high: quantile(sample, 0.75),
  };
}

/** `median (low–high)`, with so many digits after the point. */
export function showSpread({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
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
