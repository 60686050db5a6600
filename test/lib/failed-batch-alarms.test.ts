import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { atOnce, fromOne, ids, monitoredTemplate, watchedBy } from './monitoring-fixture.ts';
import { SYNTH_TIMEOUT_MS } from './synthesize.ts';

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
