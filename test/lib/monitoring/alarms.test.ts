import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Resource, SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import {
  alarmsOf,
  ids,
  monitoredTemplate,
  watchedAudit,
  watchedStream,
} from './monitoring-fixture.ts';

let template: Template;
let plain: Template;

beforeAll(() => {
  template = monitoredTemplate((stack) => ({
    audit: watchedAudit(stack),
    stream: watchedStream(stack),
    expectedTraffic: Duration.minutes(45),
    ...{ measuredMappings: mappings(11), validated: true },
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
const ofMapping = (id: string) => ({
  Namespace: 'AWS/Lambda',
  Dimensions: [{ Name: 'EventSourceMappingUUID', Value: id }],
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
/** What one of the last two audits has found. */
const found = { Period: 7200, EvaluationPeriods: 2, DatapointsToAlarm: 1 };

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
      'conflicting-records',
      {
        ...{ ...ofStack, ...maximum('ConflictingOffsets'), ...found, ...from(1) },
        TreatMissingData: 'ignore',
      },
    ],
    [
      'audit-overdue',
      {
        // 0 for each topic that was not audited, and nothing from an audit that does not run.
        ...{ ...ofStack, MetricName: 'TopicsAudited', Statistic: 'Minimum' },
        ...{ Period: 7200, EvaluationPeriods: 3, ...below(1), TreatMissingData: 'breaching' },
      },
    ],
    [
      'replay-function-errors',
      { ...ofFunction(ids.replay), ...sum('Errors'), ...once, ...from(1) },
    ],
  ])('fires by its rules: %s', (name, rules) => {
    expect(rulesOf(template, `Stack-${name}`)).toEqual(rules);
  });

  it('fires when more than one batch waits and the lag has grown for half an hour', () => {
    const { Metrics, ...rules } = rulesOf(plain, 'Stack-lag-growing');
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

  it('fires for records that an audit has found lost, or offsets that it cannot explain', () => {
    const { Metrics, ...rules } = rulesOf(template, 'Stack-lost-records');
    const member = (Id: string, MetricName: string) => ({
      ...{ Id, ReturnData: false },
      MetricStat: { Metric: { ...ofStack, MetricName }, Period: 7200, Stat: 'Maximum' },
    });
    expect(Metrics).toEqual([
      {
        ...{ Expression: 'MAX([lost, unexplained])', Id: 'expr_1', ReturnData: true },
        Label: 'Lost or unexplained offsets',
      },
      member('lost', 'LostRecords'),
      member('unexplained', 'UnexplainedOffsets'),
    ]);
    const { Period, ...twoAudits } = found;
    expect(rules).toEqual({ ...twoAudits, ...from(1), TreatMissingData: 'ignore' });
  });

  it('waits for no audit while the audit is paused', () => {
    const paused = monitoredTemplate((stack) => ({
      audit: { ...watchedAudit(stack), isPaused: true },
    }));
    const names = alarmsOf(paused).map(({ AlarmName }) => AlarmName);
    expect(names).toEqual(
      expect.arrayContaining(['Stack-lost-records', 'Stack-conflicting-records']),
    );
    expect(names).not.toContain('Stack-audit-overdue');
  });

  it('fires for a failed delivery that only the metric of the function counts', () => {
    expect(rulesOf(plain, 'Stack-destination-delivery-failed')).toEqual({
      ...{ ...ofFunction(ids.archive), ...sum('DestinationDeliveryFailures'), ...once, ...from(1) },
    });
  });

  it('fires for a mapping without a single poll, even an empty one, in three periods', () => {
    const { Metrics, ...rules } = rulesOf(template, 'Stack-no-polls-topic-10');
    expect(Metrics).toEqual([
      {
        ...{ Id: 'm1', Label: 'topic-10', ReturnData: true },
        MetricStat: {
          Metric: { ...ofMapping('mapping-10'), MetricName: 'PolledEventCount' },
          ...{ Period: 300, Stat: 'SampleCount' },
        },
      },
    ]);
    expect(rules).toEqual({ EvaluationPeriods: 3, ...below(1), TreatMissingData: 'breaching' });
  });

  const growing = (id: string) => `IF(${id} > 500 AND DIFF(${id}) > 0, 1, 0)`;
  const twoOfThree = { EvaluationPeriods: 3, DatapointsToAlarm: 2, ...from(1) };
  const atOnce = { EvaluationPeriods: 1, ...from(1) };
  const total = 'SUM(METRICS())';

  it.each<[name: string, metric: string, stat: string, first: string, second: string, object]>([
    [
      ...(['lag-growing', 'MaxOffsetLag', 'Maximum'] as const),
      `MAX([${Array.from({ length: 10 }, (_, index) => growing(`m${index}`)).join(', ')}])`,
      ...([`MAX([${growing('m0')}])`] as const),
      { EvaluationPeriods: 6, DatapointsToAlarm: 5, ...from(1) },
    ],
    ['polling-errors', 'PollingErrorCount', 'Sum', total, total, twoOfThree],
    ['commit-errors', 'CommitErrorCount', 'Sum', total, total, twoOfThree],
    ['schema-registry-errors', 'SchemaRegistryErrorCount', 'Sum', total, total, twoOfThree],
    [
      ...(['destination-delivery-failed', 'OnFailureDestinationDeliveryErrorCount'] as const),
      ...(['Sum', total, total, atOnce] as const),
    ],
    ['dropped-events', 'DroppedEventCount', 'Sum', total, total, atOnce],
  ])('fires for one of ten mappings: %s', (name, metric, stat, first, second, rules) => {
    const watched = [`Stack-${name}`, `Stack-${name}-2`].map((each) => {
      const { Metrics, ...others } = rulesOf(template, each);
      expect(others).toEqual(rules);
      const [{ Expression, ReturnData } = {}, ...members] = Metrics as Record<string, unknown>[];
      expect(ReturnData).toBe(true);
      return { Expression, members: members.map(({ MetricStat }) => MetricStat) };
    });
    const members = [
      // The metric of the function is the first, where it is one.
      ...(name === 'destination-delivery-failed'
        ? [{ ...ofFunction(ids.archive), MetricName: 'DestinationDeliveryFailures' }]
        : []),
      ...mappings(11).map(({ mappingId }) => ({ ...ofMapping(mappingId), MetricName: metric })),
    ].map((Metric) => ({ Metric, Period: 300, Stat: stat }));
    expect(watched).toEqual([
      { Expression: first, members: members.slice(0, 10) },
      { Expression: second, members: members.slice(10) },
    ]);
  });

  it('exists only if there is something to watch', () => {
    const optional =
      /stream|no-records|dropped|polls|polling|commit|registry|audit|lost|conflicting/;
    const namesIn = (from: Template) => alarmsOf(from).map(({ AlarmName }) => String(AlarmName));
    expect(namesIn(plain).filter((name) => optional.test(name))).toEqual([]);
    const ten = monitoredTemplate(() => ({ measuredMappings: mappings(10) }));
    expect(namesIn(ten).filter((name) => optional.test(name))).toEqual([
      ...mappings(10).map(({ topic }) => `Stack-no-polls-${topic}`),
      ...['polling-errors', 'commit-errors', 'dropped-events'].map((name) => `Stack-${name}`),
    ]);
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
