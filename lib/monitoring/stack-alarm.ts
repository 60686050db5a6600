import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';
import { type AlarmName, alarmName } from './alarm-names.ts';

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
