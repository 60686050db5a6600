import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { archiveName } from '../archive-name.ts';
import { alarmNames, topicAlarmName } from './alarm-names.ts';
import {
  type MappingMetricName,
  METRIC_PERIOD,
  mappingMetric,
  type WatchedMapping,
} from './archive-metrics.ts';
import { createAlarm, createGroupedAlarms, RECURRING } from './stack-alarm.ts';

/** What {@link createMappingAlarms} watches. */
export interface MappingAlarmsProps {
  /** Mappings with event metrics. @default - none, and no alarms */
  readonly measuredMappings?: readonly WatchedMapping[];
  /** Whether Lambda validates the records with a schema registry. @default false */
  readonly validated?: boolean;
}

const { LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
const { SAMPLE_COUNT, SUM } = cloudwatch.Stats;

/** Periods without a poll before the alarm: more than the 90 seconds for which an update may interrupt polls. */
const SILENT_PERIODS = 3;

/**
 * Creates the alarms of single event source mappings, in the order of the runbook. They rest on event metrics,
 * which the documentation describes for Kafka without naming a mode; an archive in on-demand mode has none.
 */
export function createMappingAlarms(
  scope: Construct,
  { measuredMappings: mappings = [], validated = false }: MappingAlarmsProps,
): cloudwatch.Alarm[] {
  const sums = (name: MappingMetricName): cloudwatch.Metric[] =>
    mappings.map((mapping) => mappingMetric(mapping, name, SUM));
  const common = {
    threshold: 1,
    ...RECURRING,
    // Lambda emits metrics of errors only when an error happened.
    treatMissingData: NOT_BREACHING,
  };
  return [
    ...createPollAlarms(scope, mappings),
    ...createGroupedAlarms(scope, 'PollingErrors', {
      ...common,
      name: alarmNames.pollingErrors,
      severity: 'low',
      description: 'Polls of a topic keep failing, and Lambda repeats them',
      firstStep:
        'If no-polls or lag-growing is also in ALARM, start there; otherwise find the topic on the dashboard',
      label: 'Failed polls',
      metrics: sums('PollingErrorCount'),
    }),
    ...createGroupedAlarms(scope, 'CommitErrors', {
      ...common,
      name: alarmNames.commitErrors,
      severity: 'low',
      description:
        'Lambda cannot commit the offsets of archived records, and will read those records again',
      firstStep: 'Find the topic on the dashboard, and check access to its consumer group',
      label: 'Failed commits',
      metrics: sums('CommitErrorCount'),
    }),
    ...createGroupedAlarms(scope, 'SchemaRegistryErrors', {
      ...common,
      name: alarmNames.schemaRegistryErrors,
      severity: 'high',
      description:
        'Lambda cannot fetch a schema from the registry, or cannot deserialize records with it, and does not pass these records to the function',
      firstStep: 'Find the topic on the dashboard, and check access to the registry',
      label: 'Registry errors',
      metrics: validated ? sums('SchemaRegistryErrorCount') : [],
    }),
  ];
}

/**
 * An empty poll counts as 0 events, so only a mapping that does not poll emits nothing, whatever the traffic.
 *
 * One alarm for each mapping: it costs as much as one for ten, names the topic, and leaves missing data to the
 * alarm. A sum hides one silent mapping, and FILL is documented for gaps in a series, not for a series that does
 * not exist. ASSUMED: a mapping polls while it retries a batch. Otherwise the alarm fires with function-errors.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function createPollAlarms(
  scope: Construct,
  mappings: readonly WatchedMapping[],
): cloudwatch.Alarm[] {
  const minutes = SILENT_PERIODS * METRIC_PERIOD.toMinutes();
  return mappings.map((mapping) =>
    createAlarm(scope, `NoPolls-${mapping.topic}`, {
      name: alarmNames.noPolls,
      alarmName: topicAlarmName(archiveName(scope), alarmNames.noPolls, mapping.topic),
      severity: 'high',
      description: `Lambda has not polled the topic ${mapping.topic} for ${minutes} minutes`,
      firstStep: 'Check the state of its event source mapping and its last processing result',
      metric: mappingMetric(mapping, 'PolledEventCount', SAMPLE_COUNT),
      threshold: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: SILENT_PERIODS,
      // Missing data is the signal. A new alarm therefore fires until the first poll.
      treatMissingData: BREACHING,
    }),
  );
}
