import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { alarmNames } from './alarm-names.ts';
import { droppedBatches, METRIC_PERIOD } from './archive-metrics.ts';
import type { FailedBatches } from './failed-batches.ts';
import { createAlarm } from './stack-alarm.ts';

/** What {@link createFailedBatchAlarms} watches. */
export interface FailedBatchAlarmsProps {
  readonly archiveFunction: lambda.IFunction;
  readonly replayFunction: lambda.IFunction;
  readonly failedBatches: Pick<FailedBatches, 'deadLetterQueue' | 'replayQueue'>;
}

const { IGNORE, NOT_BREACHING } = cloudwatch.TreatMissingData;
const { MAXIMUM, SUM } = cloudwatch.Stats;

/** Alarms about failed batches that are not on their way into the archive, in the order of the runbook. */
export function createFailedBatchAlarms(
  scope: Construct,
  props: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  return [...createQueueAlarms(scope, props), ...createDeliveryAlarms(scope, props)];
}

function createQueueAlarms(
  scope: Construct,
  { failedBatches: { deadLetterQueue, replayQueue } }: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  const deadLetter = createAlarm(scope, 'DeadLetter', {
    name: alarmNames.deadLetter,
    severity: 'high',
    description: 'A failed batch cannot be replayed; it waits in the dead-letter queue',
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: MAXIMUM,
      period: METRIC_PERIOD,
    }),
    threshold: 1,
    // SQS sends no metrics of a queue that nobody touches: what was there is there still, and a
    // quiet weekend must not end the alarm.
    treatMissingData: IGNORE,
  });
  const failedBatchWaiting = createAlarm(scope, 'FailedBatchWaiting', {
    name: alarmNames.failedBatchWaiting,
    severity: 'high',
    description: 'A failed batch has been waiting for its replay for more than an hour',
    // Of messages that were received less than three times; those that are tried in vain end in the
    // dead-letter queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    metric: replayQueue.metricApproximateAgeOfOldestMessage({
      statistic: MAXIMUM,
      period: METRIC_PERIOD,
    }),
    threshold: Duration.hours(1).toSeconds(),
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // There is no age while there is no message.
    treatMissingData: NOT_BREACHING,
  });
  return [deadLetter, failedBatchWaiting];
}

function createDeliveryAlarms(
  scope: Construct,
  { archiveFunction, replayFunction }: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  const destinationDeliveryFailed = createAlarm(scope, 'DestinationDeliveryFailed', {
    name: alarmNames.destinationDeliveryFailed,
    severity: 'critical',
    description:
      'A batch was neither archived nor kept: Lambda could not put it into the failed-batch bucket and dropped it',
    metric: droppedBatches(archiveFunction),
    threshold: 1,
    // Lambda counts failures only, not that there are none.
    treatMissingData: NOT_BREACHING,
  });
  const replayFunctionErrors = createAlarm(scope, 'ReplayFunctionErrors', {
    name: alarmNames.replayFunctionErrors,
    severity: 'low',
    description:
      'The replay function ended without an answer; its messages come again after a while',
    // Not a recurring one: the next try is replayVisibilitySeconds away, beyond what periods look at.
    metric: replayFunction.metricErrors({ statistic: SUM, period: METRIC_PERIOD }),
    threshold: 1,
    // It is invoked for failed batches alone, and none is as it should be.
    treatMissingData: NOT_BREACHING,
  });
  return [destinationDeliveryFailed, replayFunctionErrors];
}
