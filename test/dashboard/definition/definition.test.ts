import { beforeAll, describe, expect, it } from 'vitest';
import { readDefinition, type Template } from '../../../dashboard/definition/definition.ts';
import { SYNTH_TIMEOUT_MS } from '../../lib/synthesize.ts';
import { messageOf } from '../message-of.ts';
import { changed, stackTemplate } from './template.ts';

let template: Template;

beforeAll(() => {
  template = stackTemplate();
}, SYNTH_TIMEOUT_MS);

describe('the definition of the dashboard', () => {
  it('is the one of the template, with logical ids for names', () => {
    const { alarms, name, resources, widgets } = readDefinition(template);
    expect(name).toBe('KafkaArchive');
    expect(Object.keys(template.Resources)).toEqual(
      expect.arrayContaining([...Object.values(resources), ...alarms.keys()]),
    );
    expect(alarms.size).toBe(12);
    const [health, lag] = widgets;
    expect(health).toEqual({
      ...{ type: 'alarm', title: 'Is it healthy?', x: 0, y: 0, width: 24, height: 3 },
      alarms: [...alarms.keys()],
    });
    expect(lag).toEqual({
      ...{ type: 'metric', title: 'How far behind: records', x: 0, y: 3, width: 12, height: 6 },
      thresholds: [],
      rows: [
        {
          ...{ id: undefined, label: 'the topic furthest behind', isVisible: true },
          ...{ period: 300, statistic: 'Maximum' },
          metric: {
            ...{ namespace: 'AWS/Lambda', name: 'OffsetLag' },
            dimensions: { FunctionName: resources.archiveFunction },
          },
        },
      ],
    });
  });

  it('has the rules of alarms, over a metric or an expression', () => {
    const { alarms, resources } = readDefinition(template);
    const byName = new Map([...alarms.values()].map((alarm) => [alarm.name, alarm]));
    expect(byName.get('KafkaArchive-dead-letter')).toEqual({
      name: 'KafkaArchive-dead-letter',
      rule: {
        ...{ comparison: 'GreaterThanOrEqualToThreshold', threshold: 1, period: 300 },
        ...{ evaluationPeriods: 1, datapointsToAlarm: 1, treatMissingData: 'ignore' },
      },
      metrics: [
        {
          id: undefined,
          statistic: 'Maximum',
          metric: {
            ...{ namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible' },
            dimensions: { QueueName: resources.deadLetterQueue },
          },
        },
      ],
      expression: undefined,
    });
    expect(byName.get('KafkaArchive-lag-growing')).toMatchObject({
      rule: { period: 300, evaluationPeriods: 6, datapointsToAlarm: 5 },
      metrics: [{ id: 'lag', statistic: 'Maximum', metric: { name: 'OffsetLag' } }],
      expression: 'IF(lag > 10000 AND DIFF(lag) > 0, 1, 0)',
    });
  });

  it('is refused without a dashboard, or an output that is needed', () => {
    const { Resources } = template;
    const others = Object.entries(Resources).filter(([, { Type }]) => !Type.includes('Dashboard'));
    expect(() => readDefinition({ ...template, Resources: Object.fromEntries(others) })).toThrow(
      'the stack has not exactly one dashboard',
    );
    expect(() => readDefinition({ Resources })).toThrow(
      "the stack has no output 'ArchiveFunctionName'",
    );
  });

  it.each([
    [
      { EvaluateLowSampleCountPercentile: 'ignore' },
      'Unrecognized key: "EvaluateLowSampleCountPercentile"',
    ],
    [{ ComparisonOperator: 'LessThanLowerThreshold' }, 'ComparisonOperator: '],
    [{ TreatMissingData: 'sometimes' }, 'TreatMissingData: '],
  ])('is refused with an alarm that is not known: %o', (change, why) => {
    const strange = changed(template, 'AWS::CloudWatch::Alarm', (alarm) =>
      alarm.AlarmName === 'KafkaArchive-throttled' ? { ...alarm, ...change } : alarm,
    );
    const message = messageOf(() => readDefinition(strange));
    expect(message).toContain(
      "the alarm 'KafkaArchive-throttled' has what the picture does not know",
    );
    expect(message).toContain(why);
  });

  it('is refused with an alarm over two periods', () => {
    const stat = (Id: string, Period: number) => {
      const Metric = { Namespace: 'A', MetricName: 'B', Dimensions: [] };
      return { Id, ReturnData: false, MetricStat: { Metric, Period, Stat: 'Sum' } };
    };
    const sum = { Id: 'sum', Expression: 'a + b', Label: 'sum', ReturnData: true };
    const strange = changed(template, 'AWS::CloudWatch::Alarm', (alarm) =>
      alarm.Metrics === undefined
        ? alarm
        : { ...alarm, Metrics: [sum, stat('a', 60), stat('b', 300)] },
    );
    expect(() => readDefinition(strange)).toThrow(
      "the alarm 'KafkaArchive-lag-growing' is not one expression over metrics of one period",
    );
  });
});
