import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Construct } from 'constructs';
import { alarmNames } from './alarm-names.ts';
import { METRIC_PERIOD } from './archive-metrics.ts';
import { createAlarm, RECURRING } from './stack-alarm.ts';

/** A delivery stream that alarms and the dashboard watch. */
export interface WatchedStream {
  readonly stream: firehose.IDeliveryStream;
  /** How long Firehose buffers records. */
  readonly bufferTime: Duration;
}

/** The time that Firehose can need in addition to the buffer. */
const SLACK = Duration.minutes(15);

const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { NOT_BREACHING } = cloudwatch.TreatMissingData;
const { MAXIMUM, MINIMUM, SUM } = cloudwatch.Stats;

/**
 * Creates the alarms of the delivery stream, in the order of the runbook.
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
 */
export function createStreamAlarms(
  scope: Construct,
  { stream, bufferTime }: WatchedStream,
): cloudwatch.Alarm[] {
  const seconds = bufferTime.toSeconds() + SLACK.toSeconds();
  const metric = (name: string, statistic: string): cloudwatch.Metric =>
    stream.metric(name, { statistic, period: METRIC_PERIOD });
  return [
    createAlarm(scope, 'StreamLate', {
      name: alarmNames.streamLate,
      severity: 'high',
      description: `Records have been waiting in the delivery stream for more than ${seconds} seconds`,
      firstStep:
        'If stream-failed is also in ALARM, start there; otherwise check the traffic of the stream',
      metric: metric('DeliveryToS3.DataFreshness', MAXIMUM),
      threshold: seconds,
      comparisonOperator: GREATER_THAN_THRESHOLD,
      // Without records in the stream, none is late.
      treatMissingData: NOT_BREACHING,
    }),
    createAlarm(scope, 'StreamThrottled', {
      name: alarmNames.streamThrottled,
      severity: 'low',
      description:
        'The delivery stream throttles because its quota is exhausted, and the functions resend the records',
      firstStep: 'Compare the traffic with the quota of the region, and request a higher quota',
      metric: metric('ThrottledRecords', SUM),
      threshold: 1,
      ...RECURRING,
      // Without a record, none was throttled.
      treatMissingData: NOT_BREACHING,
    }),
    createAlarm(scope, 'StreamFailed', {
      name: alarmNames.streamFailed,
      severity: 'high',
      description:
        'The delivery stream cannot put objects into the archive bucket, and drops their records after a day',
      firstStep: "Find the error in the log of the stream, and restore the stream's access",
      metric: metric('DeliveryToS3.Success', MINIMUM),
      threshold: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      ...RECURRING,
      // Without a put, none failed.
      treatMissingData: NOT_BREACHING,
    }),
    createAlarm(scope, 'StreamFolders', {
      name: alarmNames.streamFolders,
      severity: 'high',
      description:
        'Records belong to more folders at a time than the delivery stream can separate. The excess records are in firehose-errors/',
      firstStep: 'Look for a backfill, or for a producer with a wrong clock',
      metric: metric('PartitionCountExceeded', MAXIMUM),
      threshold: 1,
      // Emitted only if the stream derives folders, and only while it receives records.
      treatMissingData: NOT_BREACHING,
    }),
  ];
}
