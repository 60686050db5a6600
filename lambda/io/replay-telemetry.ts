import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  METRIC_DIMENSION,
  metricNames,
  replayMetricNames as names,
  REASON_DIMENSION,
} from '../contract.ts';
import type { ReplayFailure, ReplayTelemetry } from '../core/ports.ts';
import { describeError } from './telemetry.ts';

/** Writes a structured log line and an embedded-metric line for each message of the replay queue. */
export function createReplayTelemetry(logger: Logger, emf: Metrics): ReplayTelemetry {
  const emit = (metrics: Readonly<Record<string, number>>) => {
    for (const [name, value] of Object.entries(metrics))
      emf.addMetric(name, MetricUnit.Count, value);
    emf.publishStoredMetrics();
  };
  return {
    objectStored: (summary) => logger.debug('object stored', { ...summary }),

    batchReplayed(summary) {
      if (summary.topic !== undefined) emf.addDimension(METRIC_DIMENSION, summary.topic);
      emit({
        [names.replayedBatches]: 1,
        [names.replayedRecords]: summary.records,
        [names.replayedObjects]: summary.objects,
        [names.replayAlreadyStored]: summary.alreadyStored,
        [metricNames.keyConflicts]: summary.keyConflicts,
      });
      logger.info('failed batch replayed', { ...summary });
    },

    batchDelayed(failure, seconds) {
      emit({ [names.replayRetries]: 1 });
      logger.warn('failed batch not replayed, tried again', {
        ...describe(failure),
        ...(seconds !== undefined && { againInSeconds: seconds }),
      });
    },

    batchDied(failure) {
      emf.addDimension(REASON_DIMENSION, failure.error.code);
      emit({ [names.deadLetters]: 1 });
      logger.error('failed batch not replayed, in the dead-letter queue', describe(failure));
    },

    messageIgnored: (requestId, messageId) =>
      logger.info('message without a failed batch', { requestId, messageId }),

    commandDone: (requestId, result) => logger.info('replay command', { requestId, ...result }),
  };
}

function describe({ error, ...failure }: ReplayFailure) {
  return { ...failure, ...describeError(error) };
}
