import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Resource, SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import { alarmsOf, ids, monitoredTemplate, watchedStream } from './monitoring-fixture.ts';

let template: Template;
let plain: Template;

beforeAll(() => {
  template = monitoredTemplate((stack) => ({
    stream: watchedStream(stack),
    expectedTraffic: Duration.minutes(45),
    measuredMappings: mappings(11),
  }));
  plain = monitoredTemplate(() => ({ timeout: Duration.seconds(10) }));
}, SYNTH_TIMEOUT_MS);

const mappings = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    topic: `topic-${index}`,
    mappingId: `mapping-${index}`,
  }));

/** The properties of an alarm, without its name, description and actions. */
function rulesOf(from: Template, name: string): Resource['Properties'] {
  const alarm = alarmsOf(from).find(({ AlarmName }) => AlarmName === name);
  if (alarm === undefined) throw new Error(`no alarm '${name}'`);
  const { AlarmActions, AlarmDescription, AlarmName, OKActions, ...rules } = alarm;
  return rules;
}

const ofFunction = (id: string) => ({
  Namespace: 'AWS/Lambda',
  Dimensions: [{ Name: 'FunctionName', Value: { Ref: id } }],
});
const service = { Name: 'service', Value: 'Stack' };
const ofStack = { Namespace: 'MskS3Archiver', Dimensions: [service] };
const ofQueue = (id: string) => ({
  Namespace: 'AWS/SQS',
  Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
});
const ofStream = {
  Namespace: 'AWS/Firehose',
  Dimensions: [{ Name: 'DeliveryStreamName', Value: 'archive' }],
};

const sum = (MetricName: string) => ({ MetricName, Statistic: 'Sum' });
const maximum = (MetricName: string) => ({ MetricName, Statistic: 'Maximum' });
/** Two of three periods of five minutes, and one of one. */
const recurring = { Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 2 };
const once = { Period: 300, EvaluationPeriods: 1 };

const from = (Threshold: number) => ({
  ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold },
  TreatMissingData: 'notBreaching',
});
const above = (Threshold: number) => ({
  ...{ ComparisonOperator: 'GreaterThanThreshold', Threshold },
  TreatMissingData: 'notBreaching',
});
const below = (Threshold: number) => ({
  ...{ ComparisonOperator: 'LessThanThreshold', Threshold },
  TreatMissingData: 'notBreaching',
});
const noRecords = (topic: string) => ({
  ...{ Namespace: 'MskS3Archiver', Dimensions: [service, { Name: 'topic', Value: topic }] },
  ...{ ...sum('Records'), Period: 60, EvaluationPeriods: 45 },
  ...{ ...below(1), TreatMissingData: 'breaching' },
});

describe('an alarm', () => {
  it.each<[name: string, rules: object]>([
    ['data-age', { ...ofStack, ...maximum('OldestRecordAge'), ...recurring, ...above(900_000) }],
    ['no-records-orders', noRecords('orders')],
    ['no-records-payments.eu', noRecords('payments.eu')],
    ['function-errors', { ...ofFunction(ids.archive), ...sum('Errors'), ...recurring, ...from(1) }],
    // 80 % of the time until uploads are aborted, five seconds before the timeout.
    [
      'near-timeout',
      { ...ofFunction(ids.archive), ...maximum('Duration'), ...recurring, ...above(92_000) },
    ],
    ['throttled', { ...ofFunction(ids.archive), ...sum('Throttles'), ...recurring, ...from(1) }],
    ['key-conflict', { ...ofStack, ...sum('KeyConflicts'), ...once, ...from(1) }],
    [
      'stream-late',
      { ...ofStream, ...maximum('DeliveryToS3.DataFreshness'), ...once, ...above(1500) },
    ],
    ['stream-throttled', { ...ofStream, ...sum('ThrottledRecords'), ...recurring, ...from(1) }],
    [
      'stream-failed',
      {
        ...{ ...ofStream, MetricName: 'DeliveryToS3.Success', Statistic: 'Minimum' },
        ...{ ...recurring, ...below(1) },
      },
    ],
    ['stream-folders', { ...ofStream, ...maximum('PartitionCountExceeded'), ...once, ...from(1) }],
    [
      'dead-letter',
      {
        ...ofQueue(ids.deadLetterQueue),
        ...{ ...maximum('ApproximateNumberOfMessagesVisible'), ...once, ...from(1) },
        // SQS emits nothing for an inactive queue, which still has its messages.
        TreatMissingData: 'ignore',
      },
    ],
    [
      'failed-batch-waiting',
      {
        ...ofQueue(ids.replayQueue),
        ...{ ...maximum('ApproximateAgeOfOldestMessage'), ...once, ...above(3600) },
      },
    ],
    [
      'destination-delivery-failed',
      { ...ofFunction(ids.archive), ...sum('DestinationDeliveryFailures'), ...once, ...from(1) },
    ],
    [
      'replay-function-errors',
      { ...ofFunction(ids.replay), ...sum('Errors'), ...once, ...from(1) },
    ],
  ])('fires by its rules: %s', (name, rules) => {
    expect(rulesOf(template, `Stack-${name}`)).toEqual(rules);
  });

  it('fires when more than one batch waits and the lag has grown for half an hour', () => {
    const { Metrics, ...rules } = rulesOf(template, 'Stack-lag-growing');
    expect(Metrics).toEqual([
      expect.objectContaining({
        ...{ Expression: 'IF(lag > 500 AND DIFF(lag) > 0, 1, 0)', ReturnData: true },
      }),
      {
        Id: 'lag',
        MetricStat: {
          Metric: { ...ofFunction(ids.archive), MetricName: 'OffsetLag' },
          ...{ Period: 300, Stat: 'Maximum' },
        },
        ReturnData: false,
      },
    ]);
    expect(rules).toEqual({ EvaluationPeriods: 6, DatapointsToAlarm: 5, ...from(1) });
  });

  it('fires when one of ten mappings drops events', () => {
    const droppedBy = (name: string) => {
      const { Metrics, ...rules } = rulesOf(template, name);
      const [total, ...others] = Metrics as Record<string, unknown>[];
      expect(total).toMatchObject({ Expression: 'SUM(METRICS())', ReturnData: true });
      expect(rules).toEqual({ EvaluationPeriods: 1, ...from(1) });
      return others.map(({ MetricStat }) => MetricStat);
    };
    const metrics = mappings(11).map(({ mappingId }) => ({
      Metric: {
        ...{ Namespace: 'AWS/Lambda', MetricName: 'DroppedEventCount' },
        Dimensions: [{ Name: 'EventSourceMappingUUID', Value: mappingId }],
      },
      ...{ Period: 300, Stat: 'Sum' },
    }));
    expect(droppedBy('Stack-dropped-events')).toEqual(metrics.slice(0, 10));
    expect(droppedBy('Stack-dropped-events-2')).toEqual(metrics.slice(10));
  });

  it('exists only if there is something to watch', () => {
    const names = alarmsOf(plain).map(({ AlarmName }) => String(AlarmName));
    expect(names.filter((name) => /stream|no-records|dropped/.test(name))).toEqual([]);
    const ten = alarmsOf(monitoredTemplate(() => ({ measuredMappings: mappings(10) })));
    expect(ten.filter(({ AlarmName }) => /dropped/.test(String(AlarmName)))).toHaveLength(1);
  });

  it('follows a short timeout, and a long delay of replays', () => {
    expect(rulesOf(plain, 'Stack-near-timeout').Threshold).toBe(4000);
    const slow = monitoredTemplate(() => ({
      replayDelay: Duration.minutes(15),
      replayVisibility: Duration.hours(12),
    }));
    const { Threshold } = rulesOf(slow, 'Stack-failed-batch-waiting');
    expect(Threshold).toBe(15 * 60 + 2 * 12 * 3600);
  });
});
