import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  logMessages,
  METRIC_DIMENSION,
  metricNames,
  replayMetricNames as names,
  REASON_DIMENSION,
} from '../contract.ts';
import type { ReplayFailure, ReplayTelemetry } from '../core/ports.ts';
import { describeError } from './telemetry.ts';

/** Writes a structured log line and embedded metrics for each message of the replay queue. */
export function createReplayTelemetry(logger: Logger, emf: Metrics): ReplayTelemetry {
  const emit = (metrics: Readonly<Record<string, number>>) => {
    for (const [name, value] of Object.entries(metrics))
      emf.addMetric(name, MetricUnit.Count, value);
    emf.publishStoredMetrics();
  };
  return {
    objectStored: (summary) => logger.debug('object stored', { ...summary }),

    batchReplayed(summary) {
      if (summary.topic !== undefined) {
        // Without the topic as well, as the archive function emits it.
        emit({ [metricNames.keyConflicts]: summary.keyConflicts });
        emf.addDimension(METRIC_DIMENSION, summary.topic);
      }
      emit({
        [names.replayedBatches]: 1,
        [names.replayedRecords]: summary.records,
        [names.replayedObjects]: summary.objects,
        [names.replayAlreadyStored]: summary.alreadyStored,
        [metricNames.keyConflicts]: summary.keyConflicts,
      });
      logger.info(logMessages.batchReplayed, { ...summary });
    },

    batchDelayed(failure, seconds) {
      emit({ [names.replayRetries]: 1 });
      logger.warn(logMessages.batchDelayed, {
        ...describe(failure),
        ...(seconds !== undefined && { againInSeconds: seconds }),
      });
    },

    batchDied(failure) {
      emf.addDimension(REASON_DIMENSION, failure.error.code);
      emit({ [names.deadLetters]: 1 });
      logger.error(logMessages.batchDied, describe(failure));
    },

    notificationFailed({ failedBatch, messageId, requestId }, error) {
      logger.warn('dead letter without a notification', {
        ...{ requestId, messageId, failedBatch },
        ...describeError(error),
      });
    },

    messageIgnored: (requestId, messageId) =>
      logger.info('message without a failed batch', { requestId, messageId }),

    commandDone: (requestId, result) => logger.info('replay command', { requestId, ...result }),
  };
}

function describe({ error, ...failure }: ReplayFailure) {
  return { ...failure, ...describeError(error) };
}
