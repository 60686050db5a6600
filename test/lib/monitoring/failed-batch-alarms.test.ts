import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import { atOnce, fromOne, ids, monitoredTemplate, watchedBy } from './monitoring-fixture.ts';

let template: Template;

beforeAll(() => {
  template = monitoredTemplate();
}, SYNTH_TIMEOUT_MS);

const ofQueue = (id: string) => [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }];
const ofFunction = (id: string) => [{ Name: 'FunctionName', Value: { Ref: id } }];

describe('alarms about failed batches', () => {
  it('tell of the first dead letter, and go on while nobody touches the queue', () => {
    expect(watchedBy(template, 'Stack-dead-letter')).toEqual({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: ofQueue(ids.deadLetterQueue),
      Statistic: 'Maximum',
      ...atOnce,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      TreatMissingData: 'ignore',
    });
  });

  it('tell of a failed batch that waits for over an hour', () => {
    expect(watchedBy(template, 'Stack-failed-batch-waiting')).toEqual({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: ofQueue(ids.replayQueue),
      Statistic: 'Maximum',
      ...atOnce,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 3600,
      TreatMissingData: 'notBreaching',
    });
  });

  it('wait for two tries that may have no answer, where those take longer', () => {
    const slow = monitoredTemplate(() => ({
      replayDelay: Duration.minutes(15),
      replayVisibility: Duration.hours(12),
    }));
    const { Threshold } = watchedBy(slow, 'Stack-failed-batch-waiting');
    expect(Threshold).toBe(15 * 60 + 2 * 12 * 3600);
  });

  it('tell of records that mappings dropped, ten mappings an alarm', () => {
    const measured = (count: number) =>
      monitoredTemplate(() => ({
        measuredMappings: Array.from({ length: count }, (_, index) => ({
          topic: `topic-${index}`,
          mappingId: `mapping-${index}`,
        })),
      }));
    const eleven = measured(11);
    const metricsOf = (name: string) => {
      const { Metrics, ...watched } = watchedBy(eleven, name);
      const [sum, ...others] = Metrics as Record<string, unknown>[];
      expect(sum).toMatchObject({ Expression: 'SUM(METRICS())', ReturnData: true });
      expect(watched).toEqual({ EvaluationPeriods: 1, ...fromOne });
      return others.map(({ MetricStat }) => MetricStat);
    };
    const metric = (index: number) => ({
      Metric: {
        Namespace: 'AWS/Lambda',
        MetricName: 'DroppedEventCount',
        Dimensions: [{ Name: 'EventSourceMappingUUID', Value: `mapping-${index}` }],
      },
      Period: 300,
      Stat: 'Sum',
    });
    expect(metricsOf('Stack-dropped-events')).toEqual(
      Array.from({ length: 10 }, (_, index) => metric(index)),
    );
    expect(metricsOf('Stack-dropped-events-2')).toEqual([metric(10)]);
    expect(() => watchedBy(measured(10), 'Stack-dropped-events-2')).toThrow('no alarm');
    expect(() => watchedBy(template, 'Stack-dropped-events')).toThrow('no alarm');
  });

  it('tell of a batch that Lambda dropped', () => {
    expect(watchedBy(template, 'Stack-destination-delivery-failed')).toEqual({
      Namespace: 'AWS/Lambda',
      MetricName: 'DestinationDeliveryFailures',
      Dimensions: ofFunction(ids.archive),
      Statistic: 'Sum',
      ...atOnce,
      ...fromOne,
    });
  });

  it('tell of the first replay that ends without an answer', () => {
    expect(watchedBy(template, 'Stack-replay-function-errors')).toEqual({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: ofFunction(ids.replay),
      Statistic: 'Sum',
      ...atOnce,
      ...fromOne,
    });
  });
});
