import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { beforeAll, expect, it } from 'vitest';
import { alarmNames } from '../../lib/alarm-names.ts';
import { FailedBatches } from '../../lib/failed-batches.ts';
import { ReplayAlarms } from '../../lib/replay-alarms.ts';
import { bareStack, type Resource, resourcesOf, SYNTH_TIMEOUT_MS } from './synthesize.ts';

let template: Template;

beforeAll(() => {
  const stack = bareStack();
  const archiveFunction = new lambda.Function(stack, 'Archive', {
    runtime: lambda.Runtime.NODEJS_24_X,
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
  });
  const failedBatches = new FailedBatches(stack, 'FailedBatches', {
    replayDelay: Duration.seconds(60),
    replayVisibility: Duration.hours(1),
    replayTries: 7,
    replayedRetention: Duration.days(30),
  });
  new ReplayAlarms(stack, 'ReplayAlarms', { failedBatches, archiveFunction });
  template = Template.fromStack(stack);
}, SYNTH_TIMEOUT_MS);

const alarms = (): readonly Resource['Properties'][] =>
  Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties,
  );

const alarm = (name: string): Resource['Properties'] | undefined =>
  alarms().find(({ AlarmName }) => AlarmName === name);

const queueName = (id: string) => ({ 'Fn::GetAtt': [id, 'QueueName'] });

it('has a name of the stack and a section of the runbook for each', () => {
  const expected = Object.values(alarmNames).map((name) => [
    `Stack-${name}`,
    expect.stringMatching(new RegExp(`\\. docs/runbook\\.md#${name}$`)),
  ]);
  expect(alarms().map((each) => [each.AlarmName, each.AlarmDescription])).toEqual(expected);
});

it('tells of the first dead letter, and goes on while nobody touches the queue', () => {
  expect(alarm('Stack-dead-letter')).toEqual({
    AlarmName: 'Stack-dead-letter',
    AlarmDescription: expect.any(String),
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: queueName('FailedBatchesDeadLetterQueueF82B3E85') }],
    Statistic: 'Maximum',
    Period: 300,
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    TreatMissingData: 'ignore',
  });
});

it('tells of a failed batch that waits for over an hour', () => {
  expect(alarm('Stack-failed-batch-waiting')).toEqual({
    AlarmName: 'Stack-failed-batch-waiting',
    AlarmDescription: expect.any(String),
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: queueName('FailedBatchesReplayQueueF336E480') }],
    Statistic: 'Maximum',
    Period: 300,
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 3600,
    TreatMissingData: 'notBreaching',
  });
});

it('tells of a batch that Lambda dropped', () => {
  const [functionId] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function'));
  expect(alarm('Stack-destination-delivery-failed')).toEqual({
    AlarmName: 'Stack-destination-delivery-failed',
    AlarmDescription: expect.any(String),
    Namespace: 'AWS/Lambda',
    MetricName: 'DestinationDeliveryFailures',
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: functionId } }],
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    TreatMissingData: 'notBreaching',
  });
});
