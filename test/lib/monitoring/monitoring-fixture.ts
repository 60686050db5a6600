import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Size, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { WatchedFunction } from '../../../lib/monitoring/archive-metrics.ts';
import type { WatchedAudit } from '../../../lib/monitoring/audit-alarms.ts';
import {
  Monitoring,
  type MonitoringProps,
  type WatchProps,
} from '../../../lib/monitoring/monitoring.ts';
import type { WatchedStream } from '../../../lib/monitoring/stream-alarms.ts';
import { FailedBatches } from '../../../lib/storage/failed-batches.ts';
import { bareStack, propertiesOf, type Resource, resourcesOf } from '../synthesize.ts';

/** Logical ids of the watched resources. */
export const ids = {
  archive: 'ArchiveDA4CB258',
  archiveLog: 'ArchiveLogDCD57D3D',
  replay: 'Replay994FFC69',
  replayLog: 'ReplayLog349B5E2C',
  auditLog: 'AuditLogA5B7094E',
  deadLetterQueue: 'FailedBatchesDeadLetterQueueF82B3E85',
  replayQueue: 'FailedBatchesReplayQueueF336E480',
} as const;

/** A stack named `Stack` that has only monitoring and the resources that it watches. */
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
    catalogCheck: lambda.Function.fromFunctionName(stack, 'Check', 'check'),
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

/** An audit every two hours. */
export function watchedAudit(stack: Stack): WatchedAudit {
  return { function: watchedFunction(stack, 'Audit'), every: Duration.hours(2), isPaused: false };
}

/** A delivery stream that buffers for 600 seconds. */
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

/** A widget of a dashboard. */
export interface Widget {
  readonly type: string;
  readonly x: number;
  readonly width: number;
  readonly properties: {
    readonly title: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: unknown;
  };
}

/** The body of the dashboard, with logical ids in place of the values that CloudFormation fills in. */
export function dashboardOf(template: Template): {
  readonly periodOverride: string;
  readonly widgets: readonly Widget[];
} {
  const { DashboardBody } = propertiesOf(template, 'AWS::CloudWatch::Dashboard');
  const parts: readonly unknown[] = Object(DashboardBody)['Fn::Join'][1];
  return JSON.parse(parts.map(idOf).join(''));
}

/** The logical id that a reference names, or the text that is none. */
export function idOf(value: unknown): string {
  const { Ref, 'Fn::GetAtt': attribute } = Object(value);
  return String(Ref ?? attribute?.[0] ?? value);
}

const docs = join(import.meta.dirname, '../../../docs');

/** The text of every page of the documentation. */
export const documentation = readdirSync(docs)
  .filter((file) => file.endsWith('.md'))
  .map((file) => readFileSync(join(docs, file), 'utf8'))
  .join('\n');
