import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import {
  type auditMetricNames,
  type auditStackMetricNames,
  type CLASS_DIMENSION,
  type catalogMetricNames,
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  type metricNames,
  type REASON_DIMENSION,
  type replayMetricNames,
  type stackMetricNames,
} from '../../lambda/contract.ts';

/** The period of alarms and graphs, unless they override it. It covers the default batch window. */
export const METRIC_PERIOD = Duration.minutes(5);

/** A function that alarms and the dashboard watch. */
export interface WatchedFunction {
  readonly function: lambda.IFunction;
  readonly logGroup: logs.ILogGroup;
}

/** The name of a metric that the functions emit. */
export type MetricName =
  | (typeof auditMetricNames)[keyof typeof auditMetricNames]
  | (typeof metricNames)[keyof typeof metricNames]
  | (typeof replayMetricNames)[keyof typeof replayMetricNames];

/** The name of a metric that the catalog check emits. */
type CatalogMetricName = (typeof catalogMetricNames)[keyof typeof catalogMetricNames];

/** Returns a metric of a stack over all topics, which must be one that is also emitted without the topic. */
export function stackMetric(
  service: string,
  metricName:
    | (typeof stackMetricNames)[number]
    | (typeof auditStackMetricNames)[number]
    | CatalogMetricName,
  statistic: string,
  period: Duration = METRIC_PERIOD,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service },
    statistic,
    period,
  });
}

/** Returns a metric of one topic. */
export function topicMetric(
  { service, topic }: { readonly service: string; readonly topic: string },
  metricName: MetricName,
  options: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service, [METRIC_DIMENSION]: topic },
    ...options,
  });
}

/**
 * Returns the number of records that wait in the topic that is furthest behind. ASSUMED: Lambda emits it with
 * only the name of the function, and the maximum is that topic. Its dimensions are not documented.
 */
export function offsetLag(
  archiveFunction: lambda.IFunction,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return archiveFunction.metric('OffsetLag', {
    statistic: cloudwatch.Stats.MAXIMUM,
    period: METRIC_PERIOD,
    ...options,
  });
}

/**
 * Returns the number of batches that Lambda could not put into the failed-batch bucket. ASSUMED: Lambda emits
 * it for Kafka, and with only the name of the function, as for asynchronous invocations. The documentation
 * restricts it to DynamoDB and Kinesis in one place and does not in another, and names no dimensions. For a
 * measured mapping, `OnFailureDestinationDeliveryErrorCount` is documented.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function droppedBatches(
  archiveFunction: lambda.IFunction,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return archiveFunction.metric('DestinationDeliveryFailures', {
    statistic: cloudwatch.Stats.SUM,
    period: METRIC_PERIOD,
    ...options,
  });
}

/** An event source mapping that alarms and the dashboard watch. */
export interface WatchedMapping {
  /** The name of the topic. */
  readonly topic: string;
  /** The UUID of the mapping. */
  readonly mappingId: string;
}

/** Metrics of an event source mapping that Lambda emits in provisioned mode, or if event metrics are enabled. */
export type MappingMetricName =
  | 'CommitErrorCount'
  | 'DroppedEventCount'
  | 'EventPollerUnit'
  | 'FailedInvokeEventCount'
  | 'MaxOffsetLag'
  | 'OnFailureDestinationDeliveryErrorCount'
  | 'PolledEventCount'
  | 'PollingErrorCount'
  | 'ProvisionedPollers'
  | 'SchemaRegistryErrorCount';

/**
 * Returns a metric of one event source mapping, labelled with its topic by default.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
 */
export function mappingMetric(
  { topic, mappingId }: WatchedMapping,
  metricName: MappingMetricName,
  statistic: string,
  label: string = topic,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { EventSourceMappingUUID: mappingId },
    label,
    statistic,
    period: METRIC_PERIOD,
  });
}

/** What {@link searchMetrics} searches for. */
export interface MetricSearch {
  readonly service: string;
  readonly names: readonly MetricName[];
  readonly statistic: string;
  /** The dimensions besides `service`. @default - the topic */
  readonly dimensions?: readonly (
    | typeof METRIC_DIMENSION
    | typeof REASON_DIMENSION
    | typeof CLASS_DIMENSION
  )[];
}

/**
 * Returns a search expression for the metrics of all topics. Graphs can search, alarms cannot.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function searchMetrics({
  service,
  names,
  statistic,
  dimensions = [METRIC_DIMENSION],
}: MetricSearch): string {
  const isNamed = names.map((name) => `MetricName="${name}"`).join(' OR ');
  const schema = `{${[METRIC_NAMESPACE, 'service', ...dimensions].join()}}`;
  return `SEARCH('${schema} service="${service}" (${isNamed})', '${statistic}')`;
}
