import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FailedBatches } from '../storage/failed-batches.ts';
import { alarmNames } from './alarm-names.ts';
import {
  droppedBatches,
  METRIC_PERIOD,
  mappingMetric,
  type WatchedMapping,
} from './archive-metrics.ts';
import { createAlarm, createGroupedAlarms } from './stack-alarm.ts';

/** What {@link createFailedBatchAlarms} watches. */
export interface FailedBatchAlarmsProps {
  readonly archiveFunction: lambda.IFunction;
  readonly replayFunction: lambda.IFunction;
  readonly failedBatches: Pick<FailedBatches, 'deadLetterQueue' | 'replayQueue'>;
  /** Delay before the first attempt at a message of the replay queue. */
  readonly replayDelay: Duration;
  /** Delay before a message is redelivered after an attempt without an answer. */
  readonly replayVisibility: Duration;
  /** Mappings with event metrics. @default - none */
  readonly measuredMappings?: readonly WatchedMapping[];
}

const { IGNORE, NOT_BREACHING } = cloudwatch.TreatMissingData;
const { MAXIMUM, SUM } = cloudwatch.Stats;

/** Creates the alarms for failed batches that do not reach the archive, in the order of the runbook. */
export function createFailedBatchAlarms(
  scope: Construct,
  props: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  return [
    ...createQueueAlarms(scope, props),
    ...createDestinationAlarms(scope, props),
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
    description: 'A failed batch cannot be replayed and is in the dead-letter queue',
    firstStep:
      'Run kafka-archive status to find its code, and fix that cause before you redrive it',
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: MAXIMUM,
      period: METRIC_PERIOD,
    }),
    threshold: 1,
    // SQS emits no metrics for an inactive queue, which still holds its messages: a quiet weekend must not
    // end the alarm.
    treatMissingData: IGNORE,
  });
  // Two attempts without an answer are no news. The third is due by then, and SQS reports no age for
  // messages that were received three times.
  const patience = Math.max(
    Duration.hours(1).toSeconds(),
    replayDelay.toSeconds() + 2 * replayVisibility.toSeconds(),
  );
  const failedBatchWaiting = createAlarm(scope, 'FailedBatchWaiting', {
    name: alarmNames.failedBatchWaiting,
    severity: 'high',
    description: `A failed batch has been waiting for its replay for more than ${Math.floor(patience / 60)} minutes`,
    firstStep:
      'Check that the trigger of the replay function is enabled, and why its attempts fail',
    // The age covers messages that were received less than three times. The others end in the dead-letter
    // queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    metric: replayQueue.metricApproximateAgeOfOldestMessage({
      statistic: MAXIMUM,
      period: METRIC_PERIOD,
    }),
    threshold: patience,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // Without a message there is no age.
    treatMissingData: NOT_BREACHING,
  });
  return [deadLetter, failedBatchWaiting];
}

/**
 * Without measured mappings, one alarm watches the metric of the function, which Lambda may never emit for
 * Kafka: see {@link droppedBatches}. With them, the alarms watch the documented metric of each as well.
 */
function createDestinationAlarms(
  scope: Construct,
  { archiveFunction, measuredMappings: mappings = [] }: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  const id = 'DestinationDeliveryFailed';
  const ofFunction = droppedBatches(archiveFunction);
  const alarm = {
    name: alarmNames.destinationDeliveryFailed,
    severity: 'critical',
    description:
      'A batch was neither archived nor kept. Lambda could not put it into the failed-batch bucket and dropped it',
    firstStep:
      'Restore access to the failed-batch bucket, then find the offsets of the batch in the log of the archive function',
    threshold: 1,
    // Lambda emits it only when a delivery fails.
    treatMissingData: NOT_BREACHING,
  } as const;
  if (mappings.length === 0) return [createAlarm(scope, id, { ...alarm, metric: ofFunction })];
  return createGroupedAlarms(scope, id, {
    ...alarm,
    label: 'Failed deliveries',
    metrics: [
      ofFunction,
      ...mappings.map((each) => mappingMetric(each, 'OnFailureDestinationDeliveryErrorCount', SUM)),
    ],
  });
}

function createDroppedEventAlarms(
  scope: Construct,
  { measuredMappings: mappings = [] }: FailedBatchAlarmsProps,
): cloudwatch.Alarm[] {
  return createGroupedAlarms(scope, 'DroppedEvents', {
    name: alarmNames.droppedEvents,
    severity: 'critical',
    description: 'Lambda dropped records that were neither archived nor kept',
    firstStep:
      'Find the topic on the dashboard, and check the on-failure destination of its mapping',
    label: 'Dropped records',
    metrics: mappings.map((mapping) => mappingMetric(mapping, 'DroppedEventCount', SUM)),
    threshold: 1,
    // A mapping without records drops none.
    treatMissingData: NOT_BREACHING,
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
      'The replay function ended without an answer. Its messages are redelivered after the visibility timeout',
    firstStep: 'Find out in its log whether it timed out, ran out of memory or could not start',
    // Not RECURRING: the next attempt follows after replayVisibilitySeconds, more than the periods cover.
    metric: replayFunction.metricErrors({ statistic: SUM, period: METRIC_PERIOD }),
    threshold: 1,
    // It is invoked for failed batches only. No data is the normal state.
    treatMissingData: NOT_BREACHING,
  });
}
