import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMessages, METRIC_DIMENSION, metricNames, stackMetricNames } from '../contract.ts';
import { MOST_NAMED } from '../core/bounded-text.ts';
import type { ArchiverError } from '../core/errors.ts';
import type { BatchSummary, Telemetry } from '../core/ports.ts';
import { sourceStack } from './source-stack.ts';

/** Each metric with its unit and the field of the summary that holds its value. */
const metrics = [
  [metricNames.records, MetricUnit.Count, 'records'],
  [metricNames.bytesIn, MetricUnit.Bytes, 'bytesIn'],
  [metricNames.bytesStored, MetricUnit.Bytes, 'bytesStored'],
  [metricNames.objects, MetricUnit.Count, 'objects'],
  [metricNames.alreadyStored, MetricUnit.Count, 'alreadyStored'],
  [metricNames.keyConflicts, MetricUnit.Count, 'keyConflicts'],
  [metricNames.invalidTimestamps, MetricUnit.Count, 'invalidTimestamps'],
  [metricNames.failedObjects, MetricUnit.Count, 'failedObjects'],
  [metricNames.streamRecords, MetricUnit.Count, 'streamRecords'],
  [metricNames.streamRejections, MetricUnit.Count, 'streamRejections'],
  [metricNames.encodeMilliseconds, MetricUnit.Milliseconds, 'encodeMilliseconds'],
  [metricNames.storeMilliseconds, MetricUnit.Milliseconds, 'storeMilliseconds'],
  [metricNames.oldestRecordAge, MetricUnit.Milliseconds, 'oldestRecordAge'],
] as const satisfies (readonly [string, string, keyof BatchSummary])[];

const stackMetrics = metrics.filter(([name]) => stackMetricNames.some((each) => each === name));

/**
 * Writes one structured log line for each invocation (and at level debug one for each object), and the
 * metrics in embedded metric format, in one line by topic and one without:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createTelemetry(logger: Logger, emf: Metrics): Telemetry {
  const emit = (chosen: readonly (typeof metrics)[number][], summary: BatchSummary) => {
    for (const [name, unit, figure] of chosen) {
      const value = summary[figure];
      if (value !== undefined) emf.addMetric(name, unit, value);
    }
    emf.publishStoredMetrics();
  };
  return {
    objectStored: (summary) => logger.debug('object stored', { ...summary }),

    batchDone(summary, failures) {
      // A batch without records has no topic, so its metrics have no topic either.
      if (summary.topic !== undefined) {
        emit(stackMetrics, summary);
        emf.addDimension(METRIC_DIMENSION, summary.topic);
      }
      emit(metrics, summary);
      if (failures.length === 0) {
        logger.info(logMessages.batchArchived, { ...summary });
      } else {
        const described = failures.slice(0, MOST_NAMED).map(describeError);
        const more = failures.length - described.length;
        const all = { failures: described, ...(more > 0 && { moreFailures: more }) };
        logger.error(logMessages.batchNotArchived, { ...summary, ...all });
      }
    },

    batchRefused: (requestId, error) =>
      logger.error(logMessages.batchRefused, { requestId, ...describeError(error) }),
  };
}

/** Returns the fields of an error for a log line. A defect has its stack, which `toArchiverError` has redacted. */
export function describeError({ code, retryable, message, stack = '' }: ArchiverError) {
  const isDefect = code === 'UNEXPECTED';
  return { code, retryable, reason: message, ...(isDefect && { stack: sourceStack(stack) }) };
}
