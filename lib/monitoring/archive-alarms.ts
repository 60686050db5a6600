import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { DEADLINE_MARGIN_MS, metricNames } from '../../lambda/contract.ts';
import { archiveName } from '../archive-name.ts';
import { alarmNames, noRecordsAlarmName } from './alarm-names.ts';
import { METRIC_PERIOD, offsetLag, stackMetric, topicMetric } from './archive-metrics.ts';
import { createAlarm, RECURRING } from './stack-alarm.ts';

/** What {@link createArchiveAlarms} watches, and when it tells. */
export interface ArchiveAlarmsProps {
  readonly archiveFunction: lambda.IFunction;
  /** Of the archive function. */
  readonly timeout: Duration;
  readonly topics: readonly string[];
  /** Most records in one invocation. */
  readonly batchSize: number;
  /** Age that records may have when they are archived. */
  readonly dataAgeTarget: Duration;
  /** Time in which every topic has records, in whole minutes. @default - topics may be quiet */
  readonly expectedTraffic?: Duration;
}

/** Part of an invocation's time above which it is near its end. */
const NEAR = 0.8;

const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
const { MAXIMUM, SUM } = cloudwatch.Stats;

/**
 * Alarms about the way from the topics into the archive, in the order of the runbook.
 *
 * One alarm each, whatever the number of topics, over a metric of the function or of the stack: an alarm
 * for each topic would cost as much as fifty metrics at fifty topics, its name would be no section of
 * the runbook, and which topic it is about the dashboard shows. Records are the exception: a sum hides the
 * one topic in which nothing comes any more.
 */
export function createArchiveAlarms(
  scope: Construct,
  props: ArchiveAlarmsProps,
): cloudwatch.Alarm[] {
  return [
    createLagAlarm(scope, props),
    createAgeAlarm(scope, props),
    ...createTrafficAlarms(scope, props),
    createErrorAlarm(scope, props),
    createTimeoutAlarm(scope, props),
    createThrottleAlarm(scope, props),
    createConflictAlarm(scope),
  ];
}

function createLagAlarm(
  scope: Construct,
  { archiveFunction, batchSize }: ArchiveAlarmsProps,
): cloudwatch.Alarm {
  return createAlarm(scope, 'LagGrowing', {
    name: alarmNames.lagGrowing,
    severity: 'high',
    description: `For half an hour, more than ${batchSize} records have been waiting in a topic, and more each time`,
    // One batch may always be waiting; the lag of a topic that keeps up goes up and down below that.
    metric: new cloudwatch.MathExpression({
      expression: `IF(lag > ${batchSize} AND DIFF(lag) > 0, 1, 0)`,
      label: 'The lag is more than a batch, and grows',
      usingMetrics: { lag: offsetLag(archiveFunction) },
      period: METRIC_PERIOD,
    }),
    threshold: 1,
    evaluationPeriods: 6,
    // Producers pause, too; and the first of the differences in a range has nothing before it.
    datapointsToAlarm: 5,
    // Lambda tells of the lag while the function is given records, and so of none where there are none.
    treatMissingData: NOT_BREACHING,
  });
}

function createAgeAlarm(scope: Construct, { dataAgeTarget }: ArchiveAlarmsProps): cloudwatch.Alarm {
  return createAlarm(scope, 'DataAge', {
    name: alarmNames.dataAge,
    severity: 'high',
    description: `Records are more than ${dataAgeTarget.toSeconds()} seconds old when they are archived`,
    metric: stackMetric(archiveName(scope), metricNames.oldestRecordAge, MAXIMUM),
    threshold: dataAgeTarget.toMilliseconds(),
    comparisonOperator: GREATER_THAN_THRESHOLD,
    ...RECURRING,
    // Without a batch there is nothing that has an age. Where there should be batches, no-records tells.
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
      alarmName: noRecordsAlarmName(service, topic),
      severity: 'high',
      description: `Nothing of the topic ${topic} was archived for ${minutes} minutes`,
      metric: topicMetric({ service, topic }, metricNames.records, {
        statistic: SUM,
        // Minute by minute, so that the time is as it was set.
        period: Duration.minutes(1),
      }),
      threshold: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: minutes,
      // No data is what it is about: a mapping that has stopped invokes nothing, which then emits nothing.
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
      'Batches fail again and again; each is tried again, and then kept as a failed batch',
    metric: archiveFunction.metricErrors({ statistic: SUM, period: METRIC_PERIOD }),
    threshold: 1,
    ...RECURRING,
    // Lambda emits it, also as 0, with each invocation: without one, nothing failed.
    treatMissingData: NOT_BREACHING,
  });
}

function createTimeoutAlarm(
  scope: Construct,
  { archiveFunction, timeout }: ArchiveAlarmsProps,
): cloudwatch.Alarm {
  const margin = DEADLINE_MARGIN_MS / 1000;
  const end = `uploads are given up, which is ${margin} seconds before the timeout of ${timeout.toSeconds()} seconds`;
  return createAlarm(scope, 'NearTimeout', {
    name: alarmNames.nearTimeout,
    severity: 'low',
    description: `Invocations take more than ${NEAR * 100} % of the time until ${end}`,
    metric: archiveFunction.metricDuration({ statistic: MAXIMUM, period: METRIC_PERIOD }),
    // Not of the timeout: one of 25 seconds or less would end its invocations before that.
    threshold: NEAR * (timeout.toMilliseconds() - DEADLINE_MARGIN_MS),
    comparisonOperator: GREATER_THAN_THRESHOLD,
    ...RECURRING,
    // Without an invocation, none took long.
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
      'Lambda refuses invocations, since the concurrency is used up; it tries them again',
    metric: archiveFunction.metricThrottles({ statistic: SUM, period: METRIC_PERIOD }),
    threshold: 1,
    ...RECURRING,
    // Without a request for an invocation, none was refused.
    treatMissingData: NOT_BREACHING,
  });
}

function createConflictAlarm(scope: Construct): cloudwatch.Alarm {
  return createAlarm(scope, 'KeyConflict', {
    name: alarmNames.keyConflict,
    severity: 'low',
    description:
      'The key of an object held another body; both are kept, the new one under a marked key',
    // Of the archive function and of the replay function.
    metric: stackMetric(archiveName(scope), metricNames.keyConflicts, SUM),
    threshold: 1,
    // Emitted as 0 with each batch: without one, nothing met.
    treatMissingData: NOT_BREACHING,
  });
}
