import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';
import { type AlarmName, alarmName } from './alarm-names.ts';

/**
 * How soon an alarm wants a person: `critical`, records are being lost; `high`, records are not in the
 * archive, and will not be without somebody; `low`, the archive copes, and something should be looked at.
 */
export type Severity = 'critical' | 'high' | 'low';

/** What {@link createAlarm} takes. */
export interface StackAlarmProps
  extends Pick<
    cloudwatch.AlarmProps,
    'comparisonOperator' | 'datapointsToAlarm' | 'metric' | 'threshold' | 'treatMissingData'
  > {
  /** Its section of the runbook. */
  readonly name: AlarmName;
  /** @default - that of the section, after the name of the stack */
  readonly alarmName?: string;
  readonly severity: Severity;
  /** What has happened, without a full stop. */
  readonly description: string;
  /** There is none that does for all: what no data means depends on the metric. */
  readonly treatMissingData: cloudwatch.TreatMissingData;
  /** @default 1 */
  readonly evaluationPeriods?: number;
}

/**
 * Two of three periods: what a retry gets past is no news, and the time between two tries of a batch,
 * which is not documented, may leave a period out.
 */
export const RECURRING = { evaluationPeriods: 3, datapointsToAlarm: 2 } as const;

/**
 * An alarm of the stack: by the name of its section of the runbook, which its description points to.
 * Unless told otherwise, it tells as soon as the metric is at the threshold or above.
 */
export function createAlarm(
  scope: Construct,
  id: string,
  { name, severity, description, ...watched }: StackAlarmProps,
): cloudwatch.Alarm {
  return new cloudwatch.Alarm(scope, id, {
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    alarmName: alarmName(archiveName(scope), name),
    ...watched,
    alarmDescription: `[${severity}] ${description}. docs/runbook.md#${name}`,
  });
}
