import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';
import type { FailedBatches } from '../storage/failed-batches.ts';
import { alarmNames, droppedEventsAlarmName } from './alarm-names.ts';
import {
  droppedBatches,
  METRIC_PERIOD,
  mappingMetric,
  type WatchedMapping,
} from './archive-metrics.ts';
import { createAlarm } from './stack-alarm.ts';

/** What {@link createFailedBatchAlarms} watches. */
export interface FailedBatchAlarmsProps {
  readonly archiveFunction: lambda.IFunction;
  readonly replayFunction: lambda.IFunction;
  readonly failedBatches: Pick<FailedBatches, 'deadLetterQueue' | 'replayQueue'>;
  /** How long a message of the replay queue waits for its first try. */
  readonly replayDelay: Duration;
  /** How long a message waits that had no answer. */
  readonly replayVisibility: Duration;
  /** Mappings with metrics of their events. @default - none has */
  readonly measuredMappings?: readonly WatchedMapping[];
}

const { IGNORE, NOT_BREACHING } = cloudwatch.TreatMissingData;
const { MAXIMUM, SUM } = cloudwatch.Stats;

/** Alarms about failed batches that are not on their way into the archive, in the order of the runbook. */
export function createFailedBatchAlarms(
  scope: Construct,
  props: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  return [
    ...createQueueAlarms(scope, props),
    createDestinationAlarm(scope, props),
    ...createDroppedEventAlarms(scope, props),
    createReplayErrorAlarm(scope, props),
  ];
}

function createQueueAlarms(
  scope: Construct,
  { failedBatches, replayDelay, replayVisibility }: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  const { deadLetterQueue, replayQueue } = failedBatches;
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
  // Two tries without an answer are no news: a third is awaited by then, and of those that had three SQS
  // no longer tells the age.
  const patience = Math.max(
    Duration.hours(1).toSeconds(),
    replayDelay.toSeconds() + 2 * replayVisibility.toSeconds(),
  );
  const failedBatchWaiting = createAlarm(scope, 'FailedBatchWaiting', {
    name: alarmNames.failedBatchWaiting,
    severity: 'high',
    description: `A failed batch has been waiting for its replay for more than ${Math.floor(patience / 60)} minutes`,
    // Of messages that were received less than three times; those that are tried in vain end in the
    // dead-letter queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    metric: replayQueue.metricApproximateAgeOfOldestMessage({
      statistic: MAXIMUM,
      period: METRIC_PERIOD,
    }),
    threshold: patience,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // There is no age while there is no message.
    treatMissingData: NOT_BREACHING,
  });
  return [deadLetter, failedBatchWaiting];
}

function createDestinationAlarm(
  scope: Construct,
  { archiveFunction }: FailedBatchAlarmsProps,
): cloudwatch.Alarm {
  return createAlarm(scope, 'DestinationDeliveryFailed', {
    name: alarmNames.destinationDeliveryFailed,
    severity: 'critical',
    description:
      'A batch was neither archived nor kept: Lambda could not put it into the failed-batch bucket and dropped it',
    metric: droppedBatches(archiveFunction),
    threshold: 1,
    // Lambda counts failures only, not that there are none.
    treatMissingData: NOT_BREACHING,
  });
}

/** Most metrics of an alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const METRICS_OF_ALARM = 10;

/** Ten mappings an alarm. */
function createDroppedEventAlarms(
  scope: Construct,
  { measuredMappings: mappings = [] }: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  const count = Math.ceil(mappings.length / METRICS_OF_ALARM);
  return Array.from({ length: count }, (_, number) => {
    const some = mappings.slice(number * METRICS_OF_ALARM, (number + 1) * METRICS_OF_ALARM);
    return createAlarm(scope, `DroppedEvents${number === 0 ? '' : number + 1}`, {
      name: alarmNames.droppedEvents,
      alarmName: droppedEventsAlarmName(archiveName(scope), number),
      severity: 'critical',
      description: 'Lambda dropped records that were neither archived nor kept',
      metric: new cloudwatch.MathExpression({
        expression: 'SUM(METRICS())',
        label: 'Records that were dropped',
        usingMetrics: Object.fromEntries(
          some.map((mapping, index) => [
            `m${index}`,
            mappingMetric(mapping, 'DroppedEventCount', SUM),
          ]),
        ),
        period: METRIC_PERIOD,
      }),
      threshold: 1,
      // A mapping without records has none that it could drop.
      treatMissingData: NOT_BREACHING,
    });
  });
}

function createReplayErrorAlarm(
  scope: Construct,
  { replayFunction }: FailedBatchAlarmsProps,
): cloudwatch.Alarm {
  return createAlarm(scope, 'ReplayFunctionErrors', {
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
}
