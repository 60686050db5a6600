import { z } from 'zod';
import { DashboardError } from '../errors.ts';
import {
  type AlarmRule,
  type Comparison,
  comparisons,
  missingData,
} from '../metrics/alarm-state.ts';
import type { MetricId } from '../metrics/metric-data.ts';
import { readAs } from './read.ts';

/** A metric that an alarm watches, or that its expression names. */
export interface WatchedMetric {
  /** @default - it is what the alarm watches itself */
  readonly id: string | undefined;
  readonly metric: MetricId;
  readonly statistic: string;
}

/** An alarm, as the template has it. */
export interface AlarmDefinition {
  readonly name: string;
  readonly rule: AlarmRule;
  readonly metrics: readonly WatchedMetric[];
  /** Over the metrics. @default - their one is watched as it is */
  readonly expression: string | undefined;
}

const rule = {
  AlarmName: z.string(),
  ComparisonOperator: z.enum(Object.keys(comparisons) as [Comparison, ...Comparison[]]),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number().optional(),
  TreatMissingData: z.enum(missingData).default('missing'),
  // Of no effect on the state.
  ...{ AlarmDescription: z.unknown(), AlarmActions: z.unknown(), OKActions: z.unknown() },
  Tags: z.unknown(),
};

const metric = {
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
};

const ofMetric = z.strictObject({
  ...{ ...rule, ...metric, Period: z.number(), Statistic: z.string() },
});

const metricStat = z.strictObject({
  Id: z.string(),
  ReturnData: z.literal(false),
  MetricStat: z.strictObject({
    Metric: z.strictObject(metric),
    Period: z.number(),
    Stat: z.string(),
  }),
});

const expression = z.strictObject({
  Id: z.string(),
  Expression: z.string(),
  Label: z.string(),
  ReturnData: z.literal(true),
});

const ofExpression = z.strictObject({
  ...rule,
  Metrics: z.array(z.union([expression, metricStat])),
});

/**
 * Reads the properties of an alarm, with all of its names resolved.
 *
 * @throws {DashboardError} naming the alarm, for anything that would change its state and is not known here
 */
export function parseAlarm(properties: Readonly<Record<string, unknown>>): AlarmDefinition {
  const what = `the alarm '${properties.AlarmName}'`;
  if (properties.Metrics === undefined) {
    const alarm = readAs(ofMetric, properties, what);
    const watched = { id: undefined, metric: metricIdOf(alarm), statistic: alarm.Statistic };
    return { ...definition(alarm, alarm.Period), metrics: [watched], expression: undefined };
  }
  const alarm = readAs(ofExpression, properties, what);
  const stats = alarm.Metrics.flatMap((each) => ('MetricStat' in each ? [each] : []));
  const expressions = alarm.Metrics.flatMap((each) => ('Expression' in each ? [each] : []));
  const periods = new Set(stats.map(({ MetricStat }) => MetricStat.Period));
  const [period, ...more] = periods;
  if (expressions.length !== 1 || period === undefined || more.length > 0) {
    throw new DashboardError(`${what} is not one expression over metrics of one period`);
  }
  const metrics = stats.map(({ Id: id, MetricStat: { Metric, Stat: statistic } }) => ({
    ...{ id, statistic, metric: metricIdOf(Metric) },
  }));
  return { ...definition(alarm, period), metrics, expression: expressions[0]?.Expression };
}

function definition(
  alarm: Pick<
    z.output<typeof ofMetric>,
    | 'AlarmName'
    | 'ComparisonOperator'
    | 'DatapointsToAlarm'
    | 'EvaluationPeriods'
    | 'Threshold'
    | 'TreatMissingData'
  >,
  period: number,
): Pick<AlarmDefinition, 'name' | 'rule'> {
  const { EvaluationPeriods: evaluationPeriods } = alarm;
  return {
    name: alarm.AlarmName,
    rule: {
      ...{ period, evaluationPeriods, threshold: alarm.Threshold },
      comparison: alarm.ComparisonOperator,
      datapointsToAlarm: alarm.DatapointsToAlarm ?? evaluationPeriods,
      treatMissingData: alarm.TreatMissingData,
    },
  };
}

function metricIdOf(given: {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}): MetricId {
  const { Dimensions, MetricName: name, Namespace: namespace } = given;
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return { namespace, name, dimensions };
}
