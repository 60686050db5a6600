import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRIC_DIMENSION, metricNames } from '../contract.ts';
import type { ArchiverError } from '../core/errors.ts';
import type { BatchSummary, Telemetry } from '../core/ports.ts';

/** Each metric with its unit and the summary's figure for it. */
const metrics = [
  [metricNames.records, MetricUnit.Count, 'records'],
  [metricNames.bytesIn, MetricUnit.Bytes, 'bytesIn'],
  [metricNames.bytesStored, MetricUnit.Bytes, 'bytesStored'],
  [metricNames.objects, MetricUnit.Count, 'objects'],
  [metricNames.alreadyStored, MetricUnit.Count, 'alreadyStored'],
  [metricNames.keyConflicts, MetricUnit.Count, 'keyConflicts'],
  [metricNames.invalidTimestamps, MetricUnit.Count, 'invalidTimestamps'],
  [metricNames.failedObjects, MetricUnit.Count, 'failedObjects'],
  [metricNames.encodeMilliseconds, MetricUnit.Milliseconds, 'encodeMilliseconds'],
  [metricNames.storeMilliseconds, MetricUnit.Milliseconds, 'storeMilliseconds'],
] as const satisfies (readonly [string, string, keyof BatchSummary])[];

/**
 * Writes one structured log line for each invocation (and at debug one for each object), and the
 * metrics as one embedded-metric-format line:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createTelemetry(logger: Logger, emf: Metrics): Telemetry {
  return {
    objectStored: (summary) => logger.debug('object stored', { ...summary }),

    batchDone(summary, failures) {
      if (summary.topic !== undefined) emf.addDimension(METRIC_DIMENSION, summary.topic);
      for (const [name, unit, figure] of metrics) emf.addMetric(name, unit, summary[figure]);
      emf.publishStoredMetrics();
      if (failures.length === 0) logger.info('batch archived', { ...summary });
      else
        logger.error('batch not archived', { ...summary, failures: failures.map(describeError) });
    },

    batchRefused: (requestId, error) =>
      logger.error('batch refused', { requestId, ...describeError(error) }),
  };
}

/** An error as log lines have it. */
export function describeError({ code, retryable, message }: ArchiverError) {
  return { code, retryable, reason: message };
}
