import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  auditMetricNames,
  auditStackMetricNames,
  CLASS_DIMENSION,
  catalogMetricNames,
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  metricNames,
  REASON_DIMENSION,
  replayMetricNames,
  stackMetricNames,
} from '../../../lambda/contract.ts';
import { alarmNames } from '../../../lib/monitoring/alarm-names.ts';
import { type Resource, resourcesOf, SYNTH_TIMEOUT_MS, synthesize } from '../synthesize.ts';
import { type DocumentedMetrics, documentedMetrics } from './documented-metrics.ts';
import { alarmsOf, dashboardOf, idOf } from './monitoring-fixture.ts';

const { deadLetters, replayRetries, ...replayedByTopic } = replayMetricNames;
const { holes, ...auditedByTopic } = auditMetricNames;

type Published = Pick<
  DocumentedMetrics,
  'namespace' | 'dimensions' | 'names' | 'elsewhere' | 'assumed' | 'statistics'
>;

/** Every metric that is published: those of AWS, and those that the functions emit. */
const published: readonly Published[] = [
  ...documentedMetrics,
  ...[
    {
      dimensions: ['service'],
      names: [
        ...[...stackMetricNames, ...auditStackMetricNames],
        ...[replayRetries, catalogMetricNames.uncoveredFolders],
      ],
    },
    {
      dimensions: ['service', METRIC_DIMENSION],
      names: [metricNames, replayedByTopic, auditedByTopic].flatMap((each) =>
        Object.values<string>(each),
      ),
    },
    { dimensions: ['service', REASON_DIMENSION], names: [deadLetters] },
    { dimensions: ['service', METRIC_DIMENSION, CLASS_DIMENSION], names: [holes] },
  ].map((own) => ({ namespace: METRIC_NAMESPACE, ...own })),
];

/** The type of resource that gives each dimension of AWS its value. */
const resourceTypes: Readonly<Record<string, string>> = {
  FunctionName: 'AWS::Lambda::Function',
  EventSourceMappingUUID: 'AWS::Lambda::EventSourceMapping',
  QueueName: 'AWS::SQS::Queue',
  DeliveryStreamName: 'AWS::KinesisFirehose::DeliveryStream',
};

const topics = ['orders', 'payments'];
const registry = 'arn:aws:glue:eu-west-1:111122223333:registry/shop';

/** A metric of an alarm or a graph; a dimension that CloudFormation fills in has its logical id. */
interface UsedMetric {
  readonly usedBy: string;
  readonly namespace: string;
  readonly name: string;
  readonly statistic: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface AlarmMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** The metrics of every alarm, alone or in an expression. */
function metricsOfAlarms(template: Template): UsedMetric[] {
  return alarmsOf(template).flatMap(({ AlarmName, Metrics, ...alarm }) => {
    const several = Metrics as readonly {
      readonly MetricStat?: { readonly Metric: AlarmMetric; readonly Stat: string };
    }[];
    const metrics: (AlarmMetric & { readonly Statistic: string })[] =
      Metrics === undefined
        ? [Object(alarm)]
        : several.flatMap(({ MetricStat }) =>
            MetricStat === undefined ? [] : { ...MetricStat.Metric, Statistic: MetricStat.Stat },
          );
    expect(metrics).not.toEqual([]);
    return metrics.map(({ Namespace, MetricName, Statistic, Dimensions = [] }) => ({
      ...{ usedBy: String(AlarmName), namespace: Namespace, name: MetricName },
      statistic: Statistic,
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, idOf(Value)])),
    }));
  });
}

const SEARCH =
  /SEARCH\('\{(?<namespace>\w+),(?<names>[\w,]+)\} service="(?<service>\w+)" \((?<filter>[^)]+)\)', '(?<statistic>\w+)'\)/g;

/** The metrics of every graph: those that it names, and those that it searches for. */
function metricsOfGraphs(template: Template): UsedMetric[] {
  const graphs = dashboardOf(template).widgets.filter(({ type }) => type === 'metric');
  return graphs.flatMap(({ properties: { title, metrics = [] } }) => {
    const used = metrics.flatMap((row) => {
      const texts = row.filter((part) => typeof part === 'string');
      const options = Object(row.at(-1));
      if (texts.length === 0) return searched(title, String(options.expression));
      const [namespace = '', name = '', ...pairs] = texts;
      const dimensions: Record<string, string> = {};
      for (let at = 0; at < pairs.length; at += 2)
        dimensions[pairs[at] ?? ''] = pairs[at + 1] ?? '';
      // Average is what a graph shows unless its row has another statistic.
      const { stat: statistic = 'Average' } = options;
      return [{ usedBy: title, namespace, name, statistic, dimensions }];
    });
    expect(used).not.toEqual([]);
    return used;
  });
}

function searched(usedBy: string, expression: string): UsedMetric[] {
  const searches = [...expression.matchAll(SEARCH)];
  expect(searches).toHaveLength(expression.split('SEARCH(').length - 1);
  return searches.flatMap(({ groups = {} }) => {
    const { namespace = '', names = '', service = '', filter = '', statistic = '' } = groups;
    const dimensions = Object.fromEntries(
      names.split(',').map((name) => [name, name === 'service' ? service : 'any']),
    );
    return [...filter.matchAll(/MetricName="(\w+)"/g)].map(([, name = '']) => ({
      ...{ usedBy, namespace, name, statistic, dimensions },
    }));
  });
}

/** Whether a dimension can have a value in this stack. */
function isPossible(template: Template, [dimension, value]: [string, string]): boolean {
  const type = resourceTypes[dimension];
  if (type !== undefined) return value in resourcesOf(template, type);
  if (dimension === 'service') return value === 'KafkaArchive';
  return value === 'any' || (dimension === METRIC_DIMENSION && topics.includes(value));
}

/** Why a metric has no data, or undefined if it is published. */
function problemOf(template: Template, used: UsedMetric): string | undefined {
  const { namespace, name, statistic, dimensions } = used;
  const set = published.find(
    (each) =>
      each.namespace === namespace && each.dimensions.join() === Object.keys(dimensions).join(),
  );
  if (set === undefined) return 'no metrics with these dimensions';
  if (![...set.names, ...(set.assumed ?? [])].includes(name)) {
    return set.elsewhere?.includes(name) ? 'only of other event sources' : 'unknown name';
  }
  const { [name]: prescribed = statistic } = set.statistics ?? {};
  if (statistic !== prescribed) return `the statistic must be ${prescribed}`;
  return Object.entries(dimensions).every((each) => isPossible(template, each))
    ? undefined
    : 'unknown value of a dimension';
}

/** Every metric of alarms and graphs that has no data, with the reason. */
function problems(template: Template): string[] {
  return [...metricsOfAlarms(template), ...metricsOfGraphs(template)].flatMap((used) => {
    const problem = problemOf(template, used);
    return problem === undefined ? [] : `${used.usedBy}: ${used.name}: ${problem}`;
  });
}

/** Templates that together have every alarm and every graph. */
let everything: Template;
let onDemand: Template;

beforeAll(() => {
  ({ template: everything } = synthesize({
    ...{ topics: topics.join(', '), provisionedPollers: {}, expectedTrafficMinutes: 15 },
    ...{ delivery: 'firehose', schemaRegistry: { uri: registry, validate: ['VALUE'] } },
    ...{ audit: true, subnetIds: 'subnet-11111111', securityGroupIds: 'sg-22222222' },
  }));
  ({ template: onDemand } = synthesize({ topics: topics.join(', ') }));
}, 2 * SYNTH_TIMEOUT_MS);

describe('every metric of alarms and graphs exists, with dimensions that are published', () => {
  it('in a stack that has every alarm', () => {
    const names = Object.values(alarmNames);
    const missing = names.filter((name) =>
      alarmsOf(everything).every(
        ({ AlarmDescription }) => !`${AlarmDescription}`.endsWith(`#${name}`),
      ),
    );
    expect(missing).toEqual([]);
    expect(metricsOfGraphs(everything).length).toBeGreaterThanOrEqual(40);
    expect(problems(everything)).toEqual([]);
  });

  it('in on-demand mode, where nothing rests on event metrics', () => {
    expect(problems(onDemand)).toEqual([]);
    const used = [...metricsOfAlarms(onDemand), ...metricsOfGraphs(onDemand)];
    expect(used.filter(({ dimensions }) => 'EventSourceMappingUUID' in dimensions)).toEqual([]);
  });

  it('under the service that the functions emit', () => {
    const services = Object.values(resourcesOf(everything, 'AWS::Lambda::Function')).flatMap(
      ({ Properties: { Environment } }) =>
        Object(Environment).Variables?.POWERTOOLS_SERVICE_NAME ?? [],
    );
    // Archive, replay, check of the catalog and audit.
    expect(services).toEqual(Array.from({ length: 4 }, () => 'KafkaArchive'));
  });

  it.each<[alarm: string, planted: Record<string, unknown>, problem: string]>([
    ['throttled', { MetricName: 'Throttle' }, 'Throttle: unknown name'],
    ['throttled', { MetricName: 'IteratorAge' }, 'IteratorAge: only of other event sources'],
    ['throttled', { Statistic: 'Average' }, 'Throttles: the statistic must be Sum'],
    ['throttled', { Namespace: 'AWS/Kafka' }, 'Throttles: no metrics with these dimensions'],
    ['throttled', { Dimensions: [] }, 'Throttles: no metrics with these dimensions'],
    [
      'throttled',
      { Dimensions: [{ Name: 'FunctionName', Value: 'other' }] },
      'Throttles: unknown value of a dimension',
    ],
    [
      'throttled',
      { MetricName: 'DeletedEventCount', Dimensions: [{ Name: 'EventSourceMappingUUID' }] },
      'DeletedEventCount: only of other event sources',
    ],
  ])('and a mistake in an alarm is found: %s with %j', (alarm, planted, problem) => {
    const resources = structuredClone(onDemand.toJSON().Resources);
    const [one] = Object.values<Resource>(resources).filter(
      ({ Properties }) => Properties?.AlarmName === `KafkaArchive-${alarm}`,
    );
    Object.assign(one?.Properties ?? {}, planted);
    expect(problems(Template.fromJSON({ Resources: resources }))).toEqual([
      `KafkaArchive-${alarm}: ${problem}`,
    ]);
  });

  it.each([
    ['"MetricName":"OffsetLag"', 'KafkaArchive-lag-growing: Lag: unknown name'],
    [
      'MetricName=\\\\\\"OldestRecordAge',
      'How far behind: milliseconds, by topic: Lag: unknown name',
    ],
    ['\\"DestinationDeliveryFailures', 'Failures: errors and throttles: Lag: unknown name'],
  ])('and a mistake in an expression or a graph is found: %s', (text, problem) => {
    const planted = JSON.stringify(onDemand.toJSON()).replace(
      text,
      text.replace(/\w+(?="?$)/, 'Lag'),
    );
    expect(problems(Template.fromJSON(JSON.parse(planted)))).toEqual([problem]);
  });

  it('and a mapping of another stack is found', () => {
    const [mapping] = Object.keys(resourcesOf(everything, 'AWS::Lambda::EventSourceMapping'));
    const { [String(mapping)]: removed, ...Resources } = everything.toJSON().Resources;
    const found = problems(Template.fromJSON({ Resources }));
    expect(found).toContain(
      'KafkaArchive-no-polls-orders: PolledEventCount: unknown value of a dimension',
    );
  });
});
