import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  type metricNames,
  type REASON_DIMENSION,
  type replayMetricNames,
  type stackMetricNames,
} from '../../lambda/contract.ts';

/** Of every alarm and graph, unless it says otherwise: no shorter than a batch may wait to fill by default. */
export const METRIC_PERIOD = Duration.minutes(5);

/** The name of one of the functions' metrics. */
export type MetricName =
  | (typeof metricNames)[keyof typeof metricNames]
  | (typeof replayMetricNames)[keyof typeof replayMetricNames];

/** A metric of a stack over all topics: one of those that are emitted without the topic, too. */
export function stackMetric(
  service: string,
  metricName: (typeof stackMetricNames)[number],
  statistic: string,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service },
    statistic,
    period: METRIC_PERIOD,
  });
}

/** A metric of one topic. */
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
 * Records that wait in the topic of the function's mappings that is furthest behind. ASSUMED: emitted with
 * the name of the function alone, where that topic is the maximum; which dimensions it has is not documented.
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
 * Batches that Lambda could not put into the failed-batch bucket. ASSUMED: emitted with the name of the
 * function alone, as for asynchronous invocations; which dimensions it has for an event source mapping is
 * not documented.
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

/** An event source mapping that is watched. */
export interface WatchedMapping {
  readonly topic: string;
  /** Its UUID. */
  readonly mappingId: string;
}

/** Metrics of an event source mapping that Lambda makes where it is asked to, or in provisioned mode. */
export type MappingMetricName =
  | 'DroppedEventCount'
  | 'EventPollerUnit'
  | 'FailedInvokeEventCount'
  | 'ProvisionedPollers';

/**
 * A metric of one event source mapping.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function mappingMetric(
  { topic, mappingId }: WatchedMapping,
  metricName: MappingMetricName,
  statistic: string,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { EventSourceMappingUUID: mappingId },
    label: topic,
    statistic,
    period: METRIC_PERIOD,
  });
}

/** What a {@link searchMetrics} looks for. */
export interface MetricSearch {
  readonly service: string;
  readonly names: readonly MetricName[];
  readonly statistic: string;
  /** The dimension besides `service`. @default - the topic */
  readonly dimension?: typeof METRIC_DIMENSION | typeof REASON_DIMENSION;
}

/**
 * A search for the metrics of all topics, for graphs; alarms cannot search.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function searchMetrics({
  service,
  names,
  statistic,
  dimension = METRIC_DIMENSION,
}: MetricSearch): string {
  const isNamed = names.map((name) => `MetricName="${name}"`).join(' OR ');
  const schema = `{${METRIC_NAMESPACE},service,${dimension}}`;
  return `SEARCH('${schema} service="${service}" (${isNamed})', '${statistic}')`;
}
