import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { CreateDelivery } from './archive-wiring.ts';
import { METRIC_NAMESPACE } from './contract.ts';
import { isQueueEvent } from './core/failed-batch/queue-event.ts';
import { enrich } from './enrich.ts';
import type { InvocationContext, LogContext } from './invocation.ts';
import { systemClock } from './io/clock.ts';
import { createReplayTelemetry } from './io/replay-telemetry.ts';
import { createS3FailedBatchStore } from './io/s3-failed-batch-store.ts';
import { createS3Client, createS3ObjectStore } from './io/s3-object-store.ts';
import { readReplaySettings } from './io/settings.ts';
import { createSnsClient, createSnsNotifier } from './io/sns-notifier.ts';
import { createSqsClient, createSqsReplayQueue } from './io/sqs-replay-queue.ts';
import { createReplayCommand } from './replay-command.ts';
import { createReplayHandler } from './replay-handler.ts';

/** The replay function's parts, wired: messages of its queue, or a command by direct invocation. */
export function wireReplay(createDelivery: CreateDelivery) {
  const { random } = Math;
  const settings = readReplaySettings(process.env);
  const clock = systemClock;
  const telemetry = createReplayTelemetry(
    new Logger(),
    new Metrics({ namespace: METRIC_NAMESPACE }),
  );
  const s3 = createS3Client({ ...settings, random });
  const store = createS3ObjectStore(s3, settings);
  const delivery = createDelivery({ store, clock, telemetry, enrich, settings });
  const failedBatches = createS3FailedBatchStore(s3, settings.failedBatchBucket);
  const queue = createSqsReplayQueue(createSqsClient({ maxConnections: 8, random }), settings);
  const { alarmTopicArn } = settings;
  const notifier =
    alarmTopicArn === undefined
      ? undefined
      : createSnsNotifier(createSnsClient({ maxConnections: 8, random }), alarmTopicArn);

  const replay = createReplayHandler({
    ...{ clock, delivery, failedBatches, notifier, queue, random, settings, telemetry },
  });
  const command = createReplayCommand({ clock, failedBatches, requests: queue, telemetry });
  return (event: unknown, context: InvocationContext & LogContext) =>
    isQueueEvent(event) ? replay(event, context) : command(event, context);
}
