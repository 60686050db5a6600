import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { DEADLINE_MARGIN_MS, metricNames } from '../../lambda/contract.ts';
import { archiveName } from '../archive-name.ts';
import { alarmNames, topicAlarmName } from './alarm-names.ts';
import {
  METRIC_PERIOD,
  mappingMetric,
  offsetLag,
  stackMetric,
  topicMetric,
  type WatchedMapping,
} from './archive-metrics.ts';
import { createAlarm, createGroupedAlarms, RECURRING } from './stack-alarm.ts';

/** What {@link createArchiveAlarms} watches, and when the alarms fire. */
export interface ArchiveAlarmsProps {
  readonly archiveFunction: lambda.IFunction;
  /** Timeout of the archive function. */
  readonly timeout: Duration;
  readonly topics: readonly string[];
  /** Largest number of records in one invocation. */
  readonly batchSize: number;
  /** Age up to which records may be archived without an alarm. */
  readonly dataAgeTarget: Duration;
  /** Mappings with event metrics. @default - none */
  readonly measuredMappings?: readonly WatchedMapping[];
  /** Time within which every topic receives records, in whole minutes. @default - topics can be quiet */
  readonly expectedTraffic?: Duration;
}

/** The fraction of its time above which an invocation is near its timeout. */
const NEAR = 0.8;

const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
const { MAXIMUM, SUM } = cloudwatch.Stats;

/**
 * Creates the alarms for the way from the topics into the archive, in the order of the runbook.
 *
 * One alarm watches all topics, through a metric of the function or of the stack. An alarm for each topic
 * would cost fifty times as much with fifty topics, and its name would match no section of the runbook; the
 * dashboard shows which topic it is. no-records is the exception, because a sum hides the one topic that
 * stopped.
 */
export function createArchiveAlarms(
  scope: Construct,
  props: ArchiveAlarmsProps,
): cloudwatch.Alarm[] {
  return [
    ...createLagAlarms(scope, props),
    createAgeAlarm(scope, props),
    ...createTrafficAlarms(scope, props),
    createErrorAlarm(scope, props),
    createTimeoutAlarm(scope, props),
    createThrottleAlarm(scope, props),
    createConflictAlarm(scope),
  ];
}

/**
 * Without measured mappings, one alarm watches the lag of the function's topics. With them, the alarms watch the
 * documented lag of each mapping, so that the large, constant lag of one topic does not hide another that grows.
 */
function createLagAlarms(
  scope: Construct,
  { archiveFunction, batchSize, measuredMappings: mappings = [] }: ArchiveAlarmsProps,
): cloudwatch.Alarm[] {
  const id = 'LagGrowing';
  const label = 'The lag is more than one batch and growing';
  // One batch can always be waiting: the lag of a topic that keeps up fluctuates below that.
  const isGrowing = (lag: string) => `IF(${lag} > ${batchSize} AND DIFF(${lag}) > 0, 1, 0)`;
  const alarm = {
    name: alarmNames.lagGrowing,
    severity: 'high',
    description: `For half an hour, more than ${batchSize} records have been waiting in a topic, and the number is growing`,
    firstStep:
      'If function-errors, throttled or near-timeout is also in ALARM, start there; otherwise check that the mapping reads',
    threshold: 1,
    evaluationPeriods: 6,
    // Producers pause, too, and the first difference in a range has no predecessor.
    datapointsToAlarm: 5,
    // Lambda emits the lag only while it reads, so a topic without records may emit none.
    treatMissingData: NOT_BREACHING,
  } as const;
  if (mappings.length > 0) {
    return createGroupedAlarms(scope, id, {
      ...{ ...alarm, label },
      metrics: mappings.map((mapping) => mappingMetric(mapping, 'MaxOffsetLag', MAXIMUM)),
      // ASSUMED: an array may consist of expressions; AWS documents arrays of metrics and of METRICS().
      expression: (lags) => `MAX([${lags.map(isGrowing).join(', ')}])`,
    });
  }
  const metric = new cloudwatch.MathExpression({
    ...{ label, expression: isGrowing('lag'), period: METRIC_PERIOD },
    usingMetrics: { lag: offsetLag(archiveFunction) },
  });
  return [createAlarm(scope, id, { ...alarm, metric })];
}

function createAgeAlarm(scope: Construct, { dataAgeTarget }: ArchiveAlarmsProps): cloudwatch.Alarm {
  return createAlarm(scope, 'DataAge', {
    name: alarmNames.dataAge,
    severity: 'high',
    description: `Records are more than ${dataAgeTarget.toSeconds()} seconds old when they are archived`,
    firstStep: 'Find the topic on the dashboard, and check whether its lag is growing',
    metric: stackMetric(archiveName(scope), metricNames.oldestRecordAge, MAXIMUM),
    threshold: dataAgeTarget.toMilliseconds(),
    comparisonOperator: GREATER_THAN_THRESHOLD,
    ...RECURRING,
    // Without a batch there is no age. no-records reports missing batches.
    treatMissingData: NOT_BREACHING,
  });
}

function createTrafficAlarms(
  scope: Construct,
  { topics, expectedTraffic }: ArchiveAlarmsProps,
): cloudwatch.Alarm[] {
  if (expectedTraffic === undefined) return [];
  const service = archiveName(scope);
  const minutes = expectedTraffic.toMinutes();
  return topics.map((topic) =>
    createAlarm(scope, `NoRecords-${topic}`, {
      name: alarmNames.noRecords,
      alarmName: topicAlarmName(service, alarmNames.noRecords, topic),
      severity: 'high',
      description: `No record of the topic ${topic} was archived for ${minutes} minutes`,
      firstStep:
        'Check that producers write to the topic and that its event source mapping is enabled',
      metric: topicMetric({ service, topic }, metricNames.records, {
        statistic: SUM,
        // One minute, so that the time is exactly the setting.
        period: Duration.minutes(1),
      }),
      threshold: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: minutes,
      // Missing data is the signal: a stopped mapping emits nothing. A new alarm therefore fires until the
      // first record is archived.
      treatMissingData: BREACHING,
    }),
  );
}

function createErrorAlarm(
  scope: Construct,
  { archiveFunction }: ArchiveAlarmsProps,
): cloudwatch.Alarm {
  return createAlarm(scope, 'FunctionErrors', {
    name: alarmNames.functionErrors,
    severity: 'low',
    description:
      'Invocations of the archive function keep failing. Lambda retries their batches, then keeps them as failed batches',
    firstStep: 'Run the saved query failures-by-code to find the error code',
    metric: archiveFunction.metricErrors({ statistic: SUM, period: METRIC_PERIOD }),
    threshold: 1,
    ...RECURRING,
    // Lambda emits it with each invocation, also as 0. Without an invocation nothing failed.
    treatMissingData: NOT_BREACHING,
  });
}

function createTimeoutAlarm(
  scope: Construct,
  { archiveFunction, timeout }: ArchiveAlarmsProps,
): cloudwatch.Alarm {
  const margin = DEADLINE_MARGIN_MS / 1000;
  const end = `uploads are aborted, which is ${margin} seconds before the timeout of ${timeout.toSeconds()} seconds`;
  return createAlarm(scope, 'NearTimeout', {
    name: alarmNames.nearTimeout,
    severity: 'low',
    description: `Invocations of the archive function take more than ${NEAR * 100} % of the time until ${end}`,
    firstStep: 'Run the saved query slowest-batches to see whether encoding or storing is slow',
    metric: archiveFunction.metricDuration({ statistic: MAXIMUM, period: METRIC_PERIOD }),
    // Not a fraction of the timeout: with 25 seconds or less, uploads are aborted before 80 % of it.
    threshold: NEAR * (timeout.toMilliseconds() - DEADLINE_MARGIN_MS),
    comparisonOperator: GREATER_THAN_THRESHOLD,
    ...RECURRING,
    // Without an invocation, none was slow.
    treatMissingData: NOT_BREACHING,
  });
}

function createThrottleAlarm(
  scope: Construct,
  { archiveFunction }: ArchiveAlarmsProps,
): cloudwatch.Alarm {
  return createAlarm(scope, 'Throttled', {
    name: alarmNames.throttled,
    severity: 'low',
    description:
      'Lambda throttles the archive function because no concurrency is left, and retries the invocations',
    firstStep: 'Compare the concurrency in use with the limits of the account and of the function',
    metric: archiveFunction.metricThrottles({ statistic: SUM, period: METRIC_PERIOD }),
    threshold: 1,
    ...RECURRING,
    // Without an attempt to invoke, none was throttled.
    treatMissingData: NOT_BREACHING,
  });
}

function createConflictAlarm(scope: Construct): cloudwatch.Alarm {
  return createAlarm(scope, 'KeyConflict', {
    name: alarmNames.keyConflict,
    severity: 'low',
    description:
      'The key of an object held another body: its topic was deleted and created again, or settings changed between two attempts. Both objects are kept, the new one under a marked key',
    firstStep: 'List the objects with marked keys and compare their metadata',
    // Emitted by the archive function and by the replay function.
    metric: stackMetric(archiveName(scope), metricNames.keyConflicts, SUM),
    threshold: 1,
    // Emitted as 0 with each batch. Without a batch there is no conflict.
    treatMissingData: NOT_BREACHING,
  });
}
