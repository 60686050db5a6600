import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { auditMetricNames } from '../../lambda/contract.ts';
import { archiveName } from '../archive-name.ts';
import { alarmNames } from './alarm-names.ts';
import { stackMetric, type WatchedFunction } from './archive-metrics.ts';
import { createAlarm } from './stack-alarm.ts';

/** The audit, as alarms and the dashboard watch it. */
export interface WatchedAudit {
  readonly function: WatchedFunction;
  /** Time between two audits, in whole minutes. */
  readonly every: Duration;
  /** Whether no audit is due. */
  readonly isPaused: boolean;
}

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, IGNORE } = cloudwatch.TreatMissingData;
const { MAXIMUM, MINIMUM } = cloudwatch.Stats;

/** The number of audits that must be missing or incomplete in succession. */
const OVERDUE_PERIODS = 3;

/**
 * Creates the alarms of the audit, in the order of the runbook. Each metric has one value for each topic and audit, so
 * the period is the time between two audits: a shorter one would hold only some of the topics.
 */
export function createAuditAlarms(
  scope: Construct,
  { every: period, isPaused }: WatchedAudit,
): cloudwatch.Alarm[] {
  const metric = (name: Parameters<typeof stackMetric>[1], statistic: string) =>
    stackMetric(archiveName(scope), name, statistic, period);
  const found = {
    comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    // Audits do not start to the second, so that a period may miss one.
    evaluationPeriods: 2,
    datapointsToAlarm: 1,
    // What an audit has found stays true until the next one.
    treatMissingData: IGNORE,
  } as const;
  const lost = createAlarm(scope, 'LostRecords', {
    ...found,
    name: alarmNames.lostRecords,
    severity: 'critical',
    description:
      'Records are missing from the archive, or offsets of a topic are missing without an explanation',
    firstStep:
      'Run the saved query audit-findings, which has the ranges and, for each topic, the kafka-archive audit command to run next',
    metric: new cloudwatch.MathExpression({
      ...{ label: 'Lost or unexplained offsets', period },
      expression: 'MAX([lost, unexplained])',
      usingMetrics: {
        lost: metric(auditMetricNames.lostRecords, MAXIMUM),
        unexplained: metric(auditMetricNames.unexplainedOffsets, MAXIMUM),
      },
    }),
  });
  const conflicting = createAlarm(scope, 'ConflictingRecords', {
    ...found,
    name: alarmNames.conflictingRecords,
    severity: 'high',
    description:
      'Different records are stored at the same offsets of a topic, which was probably deleted and created again',
    firstStep:
      'Run the saved query audit-findings, which has the ranges, and kafka-archive audit --topic TOPIC for what the brokers have',
    metric: metric(auditMetricNames.conflictingOffsets, MAXIMUM),
  });
  if (isPaused) return [lost, conflicting];
  const overdue = createAlarm(scope, 'AuditOverdue', {
    name: alarmNames.auditOverdue,
    severity: 'low',
    description: `For ${OVERDUE_PERIODS * period.toMinutes()} minutes, the audit has not audited every topic, so that a lost record would go unnoticed`,
    firstStep:
      'Run the saved query audit-failures, which has the topics and the reasons; without a line, read the log of the function',
    // 0 for each topic that was not audited.
    metric: metric(auditMetricNames.topicsAudited, MINIMUM),
    threshold: 1,
    comparisonOperator: LESS_THAN_THRESHOLD,
    evaluationPeriods: OVERDUE_PERIODS,
    // An audit that does not run emits nothing. A new alarm therefore fires until the first audit.
    treatMissingData: BREACHING,
  });
  return [lost, conflicting, overdue];
}
