import type { Duration, Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import {
  auditMetricNames,
  CLASS_DIMENSION,
  METRIC_DIMENSION,
  metricNames,
  REASON_DIMENSION,
  replayMetricNames,
} from '../../lambda/contract.ts';
import { archiveName } from '../archive-name.ts';
import type { FailedBatches } from '../storage/failed-batches.ts';
import {
  droppedBatches,
  type MappingMetricName,
  METRIC_PERIOD,
  type MetricSearch,
  mappingMetric,
  offsetLag,
  searchMetrics,
  type WatchedMapping,
} from './archive-metrics.ts';
import type { WatchedAudit } from './audit-alarms.ts';
import type { WatchedStream } from './stream-alarms.ts';

/** What {@link createDashboard} shows. */
export interface DashboardProps {
  readonly alarms: readonly cloudwatch.IAlarm[];
  readonly archiveFunction: lambda.IFunction;
  readonly replayFunction: lambda.IFunction;
  /** Memory of each function. */
  readonly memory: Size;
  readonly failedBatches: Pick<FailedBatches, 'deadLetterQueue' | 'replayQueue'>;
  /** Mappings in provisioned mode. @default - none */
  readonly provisionedMappings?: readonly WatchedMapping[];
  /** Mappings with event metrics. @default - none */
  readonly measuredMappings?: readonly WatchedMapping[];
  /** Whether Lambda validates the records with a schema registry. @default false */
  readonly validated?: boolean;
  /** @default - no audit */
  readonly audit?: WatchedAudit;
  /** @default - none, the functions put the objects */
  readonly stream?: WatchedStream;
  /** Timeout of the archive function, shown as a line. */
  readonly timeout: Duration;
  /** Age up to which records may be archived without an alarm, shown as a line. */
  readonly dataAgeTarget: Duration;
}

const { MAXIMUM, SUM } = cloudwatch.Stats;
const ROW_WIDTH = 24;
const ROW_HEIGHT = 6;
const MIB_PER_GIB = 1024;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const ALARMS_PER_WIDGET = 100;

/** Creates the dashboard, named after the stack. Each row answers one question. */
export function createDashboard(scope: Construct, props: DashboardProps): cloudwatch.Dashboard {
  const service = archiveName(scope);
  const byTopic = (search: Omit<MetricSearch, 'service'>): cloudwatch.MathExpression =>
    new cloudwatch.MathExpression({
      expression: searchMetrics({ service, ...search }),
      label: (search.dimensions ?? [METRIC_DIMENSION])
        .map((dimension) => `\${PROP('Dim.${dimension}')}`)
        .join(' '),
      period: METRIC_PERIOD,
    });
  const total = (label: string, names: MetricSearch['names']): cloudwatch.MathExpression =>
    new cloudwatch.MathExpression({
      expression: `SUM(${searchMetrics({ service, names, statistic: SUM })})`,
      label,
      period: METRIC_PERIOD,
    });
  return new cloudwatch.Dashboard(scope, 'Dashboard', {
    dashboardName: service,
    // Sums cover five minutes at any time range.
    periodOverride: cloudwatch.PeriodOverride.INHERIT,
    widgets: [
      healthRow(props),
      lagRow(props, byTopic),
      throughputRow(byTopic, total),
      failureRow(props),
      failedBatchRow(props, { byTopic, total }),
      ...auditRows(props, byTopic),
      ...mappingRows(props),
      ...streamRows(props),
      costRow(props, total),
    ],
  });
}

type ByTopic = (search: Omit<MetricSearch, 'service'>) => cloudwatch.IMetric;
type Total = (label: string, names: MetricSearch['names']) => cloudwatch.IMetric;

/** Graphs side by side that fill the row. */
function graphs(...all: readonly cloudwatch.GraphWidgetProps[]): cloudwatch.IWidget[] {
  const width = ROW_WIDTH / all.length;
  return all.map((each) => new cloudwatch.GraphWidget({ width, height: ROW_HEIGHT, ...each }));
}

function healthRow({ alarms }: DashboardProps): cloudwatch.IWidget[] {
  const title = 'Is it healthy?';
  const count = Math.ceil(alarms.length / ALARMS_PER_WIDGET);
  return Array.from({ length: count }, (_, index) => {
    const some = alarms.slice(index * ALARMS_PER_WIDGET, (index + 1) * ALARMS_PER_WIDGET);
    return new cloudwatch.AlarmStatusWidget({ title, alarms: some, width: ROW_WIDTH });
  });
}

function lagRow(
  { archiveFunction, dataAgeTarget, measuredMappings = [] }: DashboardProps,
  byTopic: ByTopic,
): cloudwatch.IWidget[] {
  return graphs(
    {
      title: 'How far behind: records',
      left:
        measuredMappings.length > 0
          ? byMapping(measuredMappings, 'MaxOffsetLag', MAXIMUM)
          : [offsetLag(archiveFunction, { label: 'the topic furthest behind' })],
    },
    {
      title: 'How far behind: milliseconds, by topic',
      left: [byTopic({ names: [metricNames.oldestRecordAge], statistic: MAXIMUM })],
      leftAnnotations: [{ value: dataAgeTarget.toMilliseconds(), label: 'dataAgeTargetSeconds' }],
    },
  );
}

function throughputRow(byTopic: ByTopic, total: Total): cloudwatch.IWidget[] {
  return graphs(
    {
      title: 'Throughput: records, by topic',
      left: [byTopic({ names: [metricNames.records], statistic: SUM })],
    },
    {
      title: 'Throughput: bytes',
      left: [
        total('from Kafka', [metricNames.bytesIn]),
        total('stored, compressed', [metricNames.bytesStored]),
      ],
    },
  );
}

function failureRow({
  archiveFunction,
  replayFunction,
  timeout,
}: DashboardProps): cloudwatch.IWidget[] {
  const options = { statistic: SUM, period: METRIC_PERIOD };
  return graphs(
    {
      title: 'Failures: errors and throttles',
      left: [
        archiveFunction.metricErrors({ ...options, label: 'archive errors' }),
        archiveFunction.metricThrottles({ ...options, label: 'archive throttles' }),
        replayFunction.metricErrors({ ...options, label: 'replay errors' }),
        replayFunction.metricThrottles({ ...options, label: 'replay throttles' }),
        droppedBatches(archiveFunction, { label: 'dropped batches' }),
      ],
    },
    {
      title: 'Failures: longest invocation, milliseconds',
      left: [archiveFunction, replayFunction].map((each, index) =>
        each.metricDuration({
          ...{ statistic: MAXIMUM, period: METRIC_PERIOD },
          label: index === 0 ? 'archive' : 'replay',
        }),
      ),
      leftAnnotations: [{ value: timeout.toMilliseconds(), label: 'timeoutSeconds' }],
    },
  );
}

function failedBatchRow(
  { failedBatches: { deadLetterQueue, replayQueue } }: DashboardProps,
  { byTopic, total }: { readonly byTopic: ByTopic; readonly total: Total },
): cloudwatch.IWidget[] {
  const options = { statistic: MAXIMUM, period: METRIC_PERIOD };
  const names = [replayMetricNames.deadLetters];
  return graphs(
    {
      title: 'Failed batches: waiting',
      left: [
        replayQueue.metricApproximateNumberOfMessagesVisible({
          ...options,
          label: 'visible',
        }),
        replayQueue.metricApproximateNumberOfMessagesDelayed({ ...options, label: 'delayed' }),
        replayQueue.metricApproximateNumberOfMessagesNotVisible({ ...options, label: 'in flight' }),
        deadLetterQueue.metricApproximateNumberOfMessagesVisible({
          ...options,
          label: 'dead letters',
        }),
      ],
    },
    {
      title: 'Failed batches: outcome',
      left: [
        total('replayed', [replayMetricNames.replayedBatches]),
        byTopic({ names, statistic: SUM, dimensions: [REASON_DIMENSION] }),
      ],
    },
    {
      title: 'Failures: objects',
      left: [
        total('not stored', [metricNames.failedObjects]),
        total('key conflicts', [metricNames.keyConflicts]),
      ],
    },
  );
}

/** The row of the audit, whose graphs have a point for each audit. */
function auditRows({ audit }: DashboardProps, byTopic: ByTopic): cloudwatch.IWidget[][] {
  if (audit === undefined) return [];
  const { auditAge, auditLag, conflictingOffsets, holes, lostRecords, unexplainedOffsets } =
    auditMetricNames;
  const latest = (...names: MetricSearch['names']) => byTopic({ names, statistic: MAXIMUM });
  return [
    graphs(
      {
        title: 'Proven through: records behind, by topic',
        left: [latest(auditLag)],
      },
      {
        title: 'Proven through: milliseconds between audits, by topic',
        left: [latest(auditAge)],
        leftAnnotations: [{ value: audit.every.toMilliseconds(), label: 'auditEvery' }],
      },
      {
        title: 'Missing offsets, by topic and class',
        left: [
          byTopic({
            ...{ names: [holes], statistic: MAXIMUM },
            dimensions: [METRIC_DIMENSION, CLASS_DIMENSION],
          }),
        ],
      },
      {
        title: 'Lost, unexplained or conflicting, by topic',
        left: [latest(lostRecords, unexplainedOffsets, conflictingOffsets)],
      },
    ),
  ];
}

/** Returns a metric of each mapping, labelled with its topic and, in a graph of several metrics, a name. */
function byMapping(
  mappings: readonly WatchedMapping[],
  name: MappingMetricName,
  statistic: string,
  suffix = '',
): cloudwatch.IMetric[] {
  return mappings.map((each) => mappingMetric(each, name, statistic, `${each.topic}${suffix}`));
}

/** Rows for mappings in provisioned mode. */
function mappingRows({
  measuredMappings = [],
  provisionedMappings = [],
  validated = false,
}: DashboardProps): cloudwatch.IWidget[][] {
  const pollers = graphs(
    {
      title: 'Pollers: provisioned, by topic',
      left: byMapping(provisionedMappings, 'ProvisionedPollers', MAXIMUM),
    },
    {
      title: 'Pollers: event poller units, by topic',
      left: byMapping(provisionedMappings, 'EventPollerUnit', SUM),
    },
  );
  const events = graphs(
    {
      title: 'Events: in failed invocations, by topic',
      left: byMapping(measuredMappings, 'FailedInvokeEventCount', SUM),
    },
    {
      title: 'Events: dropped, by topic',
      left: byMapping(measuredMappings, 'DroppedEventCount', SUM),
    },
    {
      title: 'Events: errors, by topic',
      left: [
        ...byMapping(measuredMappings, 'PollingErrorCount', SUM, ' poll'),
        ...byMapping(measuredMappings, 'CommitErrorCount', SUM, ' commit'),
        ...byMapping(
          measuredMappings,
          'OnFailureDestinationDeliveryErrorCount',
          SUM,
          ' on-failure destination',
        ),
        ...(validated
          ? byMapping(measuredMappings, 'SchemaRegistryErrorCount', SUM, ' schema registry')
          : []),
      ],
    },
  );
  return [
    ...(provisionedMappings.length > 0 ? [pollers] : []),
    ...(measuredMappings.length > 0 ? [events] : []),
  ];
}

/** The row of the delivery stream. */
function streamRows({ stream: watched }: DashboardProps): cloudwatch.IWidget[][] {
  if (watched === undefined) return [];
  const metric = (name: string, statistic: string, label: string): cloudwatch.IMetric =>
    watched.stream.metric(name, { statistic, label, period: METRIC_PERIOD });
  return [
    graphs(
      {
        title: 'Stream: age of records, seconds',
        left: [metric('DeliveryToS3.DataFreshness', MAXIMUM, 'oldest')],
      },
      {
        title: 'Stream: bytes',
        left: [
          metric('IncomingBytes', SUM, 'received'),
          metric('DeliveryToS3.Bytes', SUM, 'delivered'),
        ],
      },
      {
        title: 'Stream: throttled records',
        left: [metric('ThrottledRecords', SUM, 'throttled')],
      },
    ),
  ];
}

function costRow(
  { archiveFunction, replayFunction, memory }: DashboardProps,
  total: Total,
): cloudwatch.IWidget[] {
  const options = { statistic: SUM, period: METRIC_PERIOD };
  const { alreadyStored, objects } = metricNames;
  const { replayAlreadyStored, replayedObjects } = replayMetricNames;
  return graphs(
    {
      title: 'Cost: invocations',
      left: [
        archiveFunction.metricInvocations({ ...options, label: 'archive' }),
        replayFunction.metricInvocations({ ...options, label: 'replay' }),
      ],
    },
    {
      title: 'Cost: GB-seconds',
      left: [
        gibibyteSeconds('archive', archiveFunction, memory),
        gibibyteSeconds('replay', replayFunction, memory),
      ],
    },
    {
      title: 'Cost: PUT requests',
      // S3 also charges for a PUT whose key already exists.
      left: [
        total('archive', [objects, alreadyStored]),
        total('replay', [replayedObjects, replayAlreadyStored]),
      ],
    },
  );
}

/** The unit that Lambda charges for. Its GB has 1024 MB. */
function gibibyteSeconds(label: string, each: lambda.IFunction, memory: Size): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: `${label} / 1000 * ${memory.toMebibytes() / MIB_PER_GIB}`,
    label,
    // Ids of metrics are unique in a graph, so the two cannot both be 'duration'.
    usingMetrics: { [label]: each.metricDuration({ statistic: SUM, period: METRIC_PERIOD }) },
    period: METRIC_PERIOD,
  });
}
