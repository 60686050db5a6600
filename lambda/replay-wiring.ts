import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRIC_NAMESPACE } from './contract.ts';
import { isQueueEvent } from './core/failed-batch/queue-event.ts';
import { type CreateDelivery, wireDelivery } from './delivery-wiring.ts';
import { replayEnvironment } from './environment.ts';
import type { InvocationContext, LogContext } from './invocation.ts';
import { systemClock as clock } from './io/clock.ts';
import { createReplayTelemetry } from './io/replay-telemetry.ts';
import { createS3FailedBatchStore } from './io/s3-failed-batch-store.ts';
import { createSnsClient, createSnsNotifier } from './io/sns-notifier.ts';
import { createSqsClient, createSqsReplayQueue } from './io/sqs-replay-queue.ts';
import { createReplayCommand } from './replay-command.ts';
import { createReplayHandler } from './replay-handler.ts';

/** Wires the replay function: it handles messages of its queue, and commands by direct invocation. */
export function wireReplay(createDelivery: CreateDelivery) {
  const { random } = Math;
  const settings = replayEnvironment.decode(process.env);
  const telemetry = createReplayTelemetry(
    new Logger(),
    new Metrics({ namespace: METRIC_NAMESPACE }),
  );
  const { delivery, s3 } = wireDelivery(createDelivery, settings, telemetry);
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
