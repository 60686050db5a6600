import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';
import { type AlarmName, alarmName, groupAlarmName } from './alarm-names.ts';
import { METRIC_PERIOD } from './archive-metrics.ts';

/**
 * How urgent an alarm is: `critical`, records are being lost; `high`, records are missing from the archive
 * until a person acts; `low`, the archive copes, but someone should look.
 */
export type Severity = 'critical' | 'high' | 'low';

/** What {@link createAlarm} needs. */
export interface StackAlarmProps
  extends Pick<
    cloudwatch.AlarmProps,
    'comparisonOperator' | 'datapointsToAlarm' | 'metric' | 'threshold' | 'treatMissingData'
  > {
  /** The section of the runbook. */
  readonly name: AlarmName;
  /** @default - the name of the stack, then the name of the section */
  readonly alarmName?: string;
  readonly severity: Severity;
  /** What happened, without the final full stop. */
  readonly description: string;
  /** What to do first, without the final full stop. */
  readonly firstStep: string;
  /** Required, because what missing data means depends on the metric. */
  readonly treatMissingData: cloudwatch.TreatMissingData;
  /** @default 1 */
  readonly evaluationPeriods?: number;
}

/**
 * Two of three periods. A failure that a retry overcomes is no news, and the delay between two attempts at a
 * batch, which is not documented, can skip a period.
 */
export const RECURRING = { evaluationPeriods: 3, datapointsToAlarm: 2 } as const;

/**
 * Creates an alarm that is named after its section of the runbook. Its description says what happened, what
 * to do first, and where the section is. By default it fires as soon as the metric reaches the threshold.
 */
export function createAlarm(
  scope: Construct,
  id: string,
  { name, severity, description, firstStep, ...watched }: StackAlarmProps,
): cloudwatch.Alarm {
  return new cloudwatch.Alarm(scope, id, {
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    alarmName: alarmName(archiveName(scope), name),
    ...watched,
    alarmDescription: `[${severity}] ${description}. ${firstStep}. Runbook: docs/runbook.md#${name}`,
  });
}

/** The most metrics that an alarm can have: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const METRICS_PER_ALARM = 10;

/** What {@link createGroupedAlarms} needs. */
export interface GroupedAlarmsProps extends Omit<StackAlarmProps, 'alarmName' | 'metric'> {
  /** Metrics with the same period, in the order in which the alarms divide them. */
  readonly metrics: readonly cloudwatch.IMetric[];
  /** What the expression computes. */
  readonly label: string;
  /** Makes one time series of the metrics with these ids. @default - their sum */
  readonly expression?: (ids: readonly string[]) => string;
}

/**
 * Creates one alarm for every ten metrics, and none without a metric. The second alarm has `2` after its id and
 * `-2` after its name, and so on. CloudWatch charges for such an alarm by the metric, so it costs as much as one
 * alarm for each; it saves resources of the stack and messages about the same cause.
 */
export function createGroupedAlarms(
  scope: Construct,
  id: string,
  { metrics, label, expression = () => 'SUM(METRICS())', ...alarm }: GroupedAlarmsProps,
): cloudwatch.Alarm[] {
  const count = Math.ceil(metrics.length / METRICS_PER_ALARM);
  return Array.from({ length: count }, (_, group) => {
    const some = metrics.slice(group * METRICS_PER_ALARM, (group + 1) * METRICS_PER_ALARM);
    const usingMetrics = Object.fromEntries(some.map((metric, index) => [`m${index}`, metric]));
    return createAlarm(scope, `${id}${group === 0 ? '' : group + 1}`, {
      ...alarm,
      alarmName: groupAlarmName(archiveName(scope), alarm.name, group),
      metric: new cloudwatch.MathExpression({
        ...{ label, usingMetrics, period: METRIC_PERIOD },
        expression: expression(Object.keys(usingMetrics)),
      }),
    });
  });
}
