import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type { Construct } from 'constructs';
import { alarmNames } from './alarm-names.ts';
import { METRIC_PERIOD } from './archive-metrics.ts';
import { createAlarm, RECURRING } from './stack-alarm.ts';

/** A delivery stream that is watched. */
export interface WatchedStream {
  readonly stream: firehose.IDeliveryStream;
  /** How long records wait for their object. */
  readonly bufferTime: Duration;
}

/** What Firehose may take beyond the time that it buffers. */
const SLACK = Duration.minutes(15);

const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { NOT_BREACHING } = cloudwatch.TreatMissingData;
const { MAXIMUM, MINIMUM, SUM } = cloudwatch.Stats;

/**
 * Alarms about the way through the delivery stream, in the order of the runbook.
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
      description: `Records have been in the delivery stream for more than ${seconds} seconds`,
      metric: metric('DeliveryToS3.DataFreshness', MAXIMUM),
      threshold: seconds,
      comparisonOperator: GREATER_THAN_THRESHOLD,
      // Without records in the stream, none is old.
      treatMissingData: NOT_BREACHING,
    }),
    createAlarm(scope, 'StreamThrottled', {
      name: alarmNames.streamThrottled,
      severity: 'low',
      description:
        'The delivery stream refuses records, since its quota is used up; they are sent again',
      metric: metric('ThrottledRecords', SUM),
      threshold: 1,
      ...RECURRING,
      // Without a record, none was refused.
      treatMissingData: NOT_BREACHING,
    }),
    createAlarm(scope, 'StreamFailed', {
      name: alarmNames.streamFailed,
      severity: 'high',
      description:
        'The delivery stream cannot put objects into the archive bucket; it drops them after a day',
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
        'Records are for more folders at a time than the delivery stream keeps apart; those beyond are in firehose-errors/',
      metric: metric('PartitionCountExceeded', MAXIMUM),
      threshold: 1,
      // Emitted where the stream makes folders, and is given records.
      treatMissingData: NOT_BREACHING,
    }),
  ];
}
