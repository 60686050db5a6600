import { DashboardError } from '../errors.ts';

/** A metric: its namespace, its name, and all of its dimensions. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One value of a metric, as it was measured. */
export interface Sample extends MetricId {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly value: number;
}

/** Values by the beginning of their period, in epoch milliseconds, in the order of time. */
export type Points = ReadonlyMap<number, number>;

/** How the values of a period become one. */
export interface Aggregation {
  /** A name that CloudWatch has for it: {@link MetricData.points} lists those known. */
  readonly statistic: string;
  /** Seconds. */
  readonly period: number;
}

const statistics: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Average: (values) => sum(values) / values.length,
  Maximum: (values) => values.reduce((most, each) => Math.max(most, each)),
  Minimum: (values) => values.reduce((least, each) => Math.min(least, each)),
  SampleCount: (values) => values.length,
  Sum: sum,
};

interface StoredMetric {
  readonly id: MetricId;
  readonly samples: Sample[];
}

/** All that was measured, as CloudWatch keeps it: by metric, to be aggregated by period. */
export class MetricData {
  readonly #metrics = new Map<string, StoredMetric>();

  add(sample: Sample): void {
    const { dimensions, name, namespace } = sample;
    const id = { dimensions, name, namespace };
    const key = keyOf(id);
    const metric = this.#metrics.get(key) ?? { id, samples: [] };
    metric.samples.push(sample);
    this.#metrics.set(key, metric);
  }

  /** Every metric that has a value, in the order of namespaces, names and dimensions. */
  metrics(): readonly MetricId[] {
    return [...this.#metrics].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { id }]) => id);
  }

  /**
   * The values of a metric, one a period that has any.
   *
   * @throws {DashboardError} for a statistic other than Average, Maximum, Minimum, SampleCount and Sum
   */
  points(id: MetricId, { period, statistic }: Aggregation): Points {
    const aggregate = statistics[statistic];
    if (aggregate === undefined) throw new DashboardError(`unknown statistic '${statistic}'`);
    const length = period * 1000;
    const periods = Map.groupBy(
      this.#metrics.get(keyOf(id))?.samples ?? [],
      ({ timestamp }) => Math.floor(timestamp / length) * length,
    );
    return new Map(
      [...periods]
        .sort(([a], [b]) => a - b)
        .map(([start, samples]) => [start, aggregate(samples.map(({ value }) => value))]),
    );
  }
}

function keyOf({ dimensions, name, namespace }: MetricId): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
