import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  metricNames,
  REASON_DIMENSION,
  replayMetricNames,
  stackMetricNames,
} from '../../../lambda/contract.ts';
import { resourcesOf, SYNTH_TIMEOUT_MS, synthesize } from '../synthesize.ts';
import { alarmsOf, dashboardOf, idOf } from './monitoring-fixture.ts';

const { deadLetters, replayRetries, ...replayedByTopic } = replayMetricNames;

/** Every metric that is published, by its namespace and the names of its dimensions. */
const published: Readonly<Record<string, readonly string[]>> = {
  // The functions emit these.
  [`${METRIC_NAMESPACE} service`]: [...stackMetricNames, replayRetries],
  [`${METRIC_NAMESPACE} service,${METRIC_DIMENSION}`]: [
    ...Object.values(metricNames),
    ...Object.values(replayedByTopic),
  ],
  [`${METRIC_NAMESPACE} service,${REASON_DIMENSION}`]: [deadLetters],
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  'AWS/Lambda FunctionName': [
    ...['Duration', 'Errors', 'Invocations', 'Throttles'],
    // ASSUMED: the dimensions of these two are not documented for event source mappings.
    ...['OffsetLag', 'DestinationDeliveryFailures'],
  ],
  'AWS/Lambda EventSourceMappingUUID': [
    ...['DroppedEventCount', 'FailedInvokeEventCount'],
    ...['EventPollerUnit', 'ProvisionedPollers'],
  ],
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
  'AWS/SQS QueueName': [
    ...['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesDelayed'],
    ...['ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesVisible'],
  ],
  // https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
  'AWS/Firehose DeliveryStreamName': [
    ...['DeliveryToS3.Bytes', 'DeliveryToS3.DataFreshness', 'DeliveryToS3.Success'],
    ...['IncomingBytes', 'PartitionCountExceeded', 'ThrottledRecords'],
  ],
};

/** The type of resource that gives each dimension of AWS its value. */
const resourceTypes: Readonly<Record<string, string>> = {
  FunctionName: 'AWS::Lambda::Function',
  EventSourceMappingUUID: 'AWS::Lambda::EventSourceMapping',
  QueueName: 'AWS::SQS::Queue',
  DeliveryStreamName: 'AWS::KinesisFirehose::DeliveryStream',
};

const topics = ['orders', 'payments'];

/** A metric of an alarm or a graph; a dimension that CloudFormation fills in has its logical id. */
interface UsedMetric {
  readonly usedBy: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

let template: Template;

beforeAll(() => {
  ({ template } = synthesize({
    ...{ topics: topics.join(', '), provisionedPollers: {}, expectedTrafficMinutes: 15 },
    delivery: 'firehose',
  }));
}, SYNTH_TIMEOUT_MS);

interface AlarmMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** The metrics of every alarm. */
function metricsOfAlarms(): UsedMetric[] {
  return alarmsOf(template).flatMap(({ AlarmName, Metrics, ...alarm }) => {
    const several = Metrics as readonly {
      readonly MetricStat?: { readonly Metric: AlarmMetric };
    }[];
    const metrics: AlarmMetric[] =
      Metrics === undefined
        ? [Object(alarm)]
        : several.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
    expect(metrics).not.toEqual([]);
    return metrics.map(({ Namespace, MetricName, Dimensions = [] }) => ({
      ...{ usedBy: String(AlarmName), namespace: Namespace, name: MetricName },
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, idOf(Value)])),
    }));
  });
}

const SEARCH =
  /SEARCH\('\{(?<namespace>\w+),(?<names>[\w,]+)\} service="(?<service>\w+)" \((?<filter>[^)]+)\)', '\w+'\)/g;

/** The metrics of every graph: those that it names, and those that it searches for. */
function metricsOfGraphs(): UsedMetric[] {
  const graphs = dashboardOf(template).widgets.filter(({ type }) => type === 'metric');
  return graphs.flatMap(({ properties: { title, metrics = [] } }) => {
    const used = metrics.flatMap((row) => {
      const texts = row.filter((part) => typeof part === 'string');
      const [namespace = '', name = '', ...pairs] = texts;
      if (texts.length > 0) {
        const dimensions: Record<string, string> = {};
        for (let at = 0; at < pairs.length; at += 2)
          dimensions[pairs[at] ?? ''] = pairs[at + 1] ?? '';
        return [{ usedBy: title, namespace, name, dimensions }];
      }
      return searched(title, String(Object(row[0]).expression));
    });
    expect(used).not.toEqual([]);
    return used;
  });
}

function searched(usedBy: string, expression: string): UsedMetric[] {
  const searches = [...expression.matchAll(SEARCH)];
  expect(searches).toHaveLength(expression.split('SEARCH(').length - 1);
  return searches.flatMap(({ groups = {} }) => {
    const { namespace = '', names = '', service = '', filter = '' } = groups;
    const dimensions = Object.fromEntries(
      names.split(',').map((name) => [name, name === 'service' ? service : 'any']),
    );
    return [...filter.matchAll(/MetricName="(\w+)"/g)].map(([, name = '']) => ({
      ...{ usedBy, namespace, name, dimensions },
    }));
  });
}

/** Whether a dimension can have a value in this stack. */
function isPublished([dimension, value]: [string, string]): boolean {
  const type = resourceTypes[dimension];
  if (type !== undefined) return value in resourcesOf(template, type);
  if (dimension === 'service') return value === 'KafkaArchive';
  return value === 'any' || (dimension === METRIC_DIMENSION && topics.includes(value));
}

describe('every metric exists, with dimensions that are published', () => {
  const unknown = (used: readonly UsedMetric[]) =>
    used.filter(({ namespace, name, dimensions }) => {
      const names = published[`${namespace} ${Object.keys(dimensions).join(',')}`] ?? [];
      return !names.includes(name) || !Object.entries(dimensions).every(isPublished);
    });

  it('in alarms', () => {
    const used = metricsOfAlarms();
    expect(used).toHaveLength(alarmsOf(template).length + 1);
    expect(unknown(used)).toEqual([]);
  });

  it('in graphs of the dashboard', () => {
    const used = metricsOfGraphs();
    expect(used.length).toBeGreaterThanOrEqual(40);
    expect(unknown(used)).toEqual([]);
  });

  it('under the service that the functions emit', () => {
    const services = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).flatMap(
      ({ Properties: { Environment } }) =>
        Object(Environment).Variables?.POWERTOOLS_SERVICE_NAME ?? [],
    );
    expect(services).toEqual(['KafkaArchive', 'KafkaArchive']);
  });
});
