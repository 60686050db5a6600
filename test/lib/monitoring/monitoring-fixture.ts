import { Duration, Size, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  Monitoring,
  type MonitoringProps,
  type WatchedFunction,
  type WatchProps,
} from '../../../lib/monitoring/monitoring.ts';
import type { WatchedStream } from '../../../lib/monitoring/stream-alarms.ts';
import { FailedBatches } from '../../../lib/storage/failed-batches.ts';
import { bareStack, type Resource, resourcesOf } from '../synthesize.ts';

/** Logical ids of what is watched. */
export const ids = {
  archive: 'ArchiveDA4CB258',
  archiveLog: 'ArchiveLogDCD57D3D',
  replay: 'Replay994FFC69',
  replayLog: 'ReplayLog349B5E2C',
  deadLetterQueue: 'FailedBatchesDeadLetterQueueF82B3E85',
  replayQueue: 'FailedBatchesReplayQueueF336E480',
} as const;

/** Of an alarm, as {@link watchedBy} has it: two of three periods of five minutes. */
export const recurring = { Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 2 } as const;
/** One period of five minutes. */
export const atOnce = { Period: 300, EvaluationPeriods: 1 } as const;
/** From the first on, and not without data. */
export const fromOne = {
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  Threshold: 1,
  TreatMissingData: 'notBreaching',
} as const;

/** A stack called `Stack` with monitoring, and nothing else but what is watched. */
export function monitoredTemplate(
  change: (stack: Stack) => MonitoringProps & Partial<WatchProps> = () => ({}),
): Template {
  const stack = bareStack();
  const failedBatches = new FailedBatches(stack, 'FailedBatches', {
    replayDelay: Duration.seconds(60),
    replayVisibility: Duration.minutes(20),
    replayTries: 7,
    replayedRetention: Duration.days(30),
  });
  const { alarmSubscriptions, alarmTopic, ...watched } = change(stack);
  const monitoring = new Monitoring(stack, 'Monitoring', { alarmSubscriptions, alarmTopic });
  monitoring.watch({
    archive: watchedFunction(stack, 'Archive'),
    replay: watchedFunction(stack, 'Replay'),
    failedBatches,
    topics: ['orders', 'payments.eu'],
    batchSize: 500,
    timeout: Duration.seconds(120),
    memory: Size.mebibytes(1536),
    dataAgeTarget: Duration.seconds(900),
    replayDelay: Duration.seconds(60),
    replayVisibility: Duration.minutes(20),
    ...watched,
  });
  return Template.fromStack(stack);
}

function watchedFunction(stack: Stack, id: string): WatchedFunction {
  const logGroup = new logs.LogGroup(stack, `${id}Log`);
  const code = lambda.Code.fromInline('exports.handler = async () => {};');
  const runtime = lambda.Runtime.NODEJS_24_X;
  const props = { runtime, code, handler: 'index.handler', logGroup };
  return { function: new lambda.Function(stack, id, props), logGroup };
}

/** A delivery stream, of 600 seconds. */
export function watchedStream(stack: Stack): WatchedStream {
  const stream = firehose.DeliveryStream.fromDeliveryStreamName(stack, 'Stream', 'archive');
  return { stream, bufferTime: Duration.seconds(600) };
}

/** The properties of every alarm, in the order of the template. */
export function alarmsOf(template: Template): readonly Resource['Properties'][] {
  return Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties,
  );
}

/** The properties of an alarm, less those that all have: actions, and what is said of it. */
export function watchedBy(template: Template, name: string): Resource['Properties'] {
  const alarm = alarmsOf(template).find(({ AlarmName }) => AlarmName === name);
  if (alarm === undefined) throw new Error(`no alarm '${name}'`);
  const { AlarmActions, AlarmDescription, AlarmName, OKActions, ...watched } = alarm;
  return watched;
}
