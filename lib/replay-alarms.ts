import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { alarmNames } from './alarm-names.ts';
import type { FailedBatches } from './failed-batches.ts';

/** What {@link ReplayAlarms} watch. */
export interface ReplayAlarmsProps {
  readonly failedBatches: FailedBatches;
  readonly archiveFunction: lambda.IFunction;
}

interface AlarmProps {
  readonly name: (typeof alarmNames)[keyof typeof alarmNames];
  readonly description: string;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** @default - the threshold or more */
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;
  readonly treatMissingData: cloudwatch.TreatMissingData;
}

const PERIOD = Duration.minutes(5);

/**
 * Alarms about failed batches that are not on their way into the archive. They have no actions yet: who
 * is told is for a topic that the stack does not have.
 */
export class ReplayAlarms extends Construct {
  constructor(scope: Construct, id: string, { failedBatches, archiveFunction }: ReplayAlarmsProps) {
    super(scope, id);

    const { deadLetterQueue, replayQueue } = failedBatches;
    this.add('DeadLetter', {
      name: alarmNames.deadLetter,
      description: 'A failed batch cannot be replayed; it waits in the dead-letter queue',
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        statistic: cloudwatch.Stats.MAXIMUM,
        period: PERIOD,
      }),
      threshold: 1,
      // SQS sends no metrics of a queue that nobody touches: what was there is there still, and a
      // quiet weekend must not end the alarm.
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
    this.add('FailedBatchWaiting', {
      name: alarmNames.failedBatchWaiting,
      description: 'A failed batch has been waiting for its replay for more than an hour',
      // Of messages that were received less than three times; those that are tried in vain end in the
      // dead-letter queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
      metric: replayQueue.metricApproximateAgeOfOldestMessage({
        statistic: cloudwatch.Stats.MAXIMUM,
        period: PERIOD,
      }),
      threshold: Duration.hours(1).toSeconds(),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      // There is no age while there is no message.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    this.add('DestinationDeliveryFailed', {
      name: alarmNames.destinationDeliveryFailed,
      description:
        'A batch was neither archived nor kept: Lambda could not put it into the failed-batch bucket and dropped it',
      // ASSUMED: emitted with the name of the function alone, as for asynchronous invocations; which
      // dimensions it has for an event source mapping is not documented.
      metric: archiveFunction.metric('DestinationDeliveryFailures', {
        statistic: cloudwatch.Stats.SUM,
        period: PERIOD,
      }),
      threshold: 1,
      // Lambda counts failures only, not that there are none.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  private add(id: string, { name, description, ...watched }: AlarmProps): void {
    new cloudwatch.Alarm(this, id, {
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      ...watched,
      alarmName: `${Stack.of(this).stackName}-${name}`,
      alarmDescription: `${description}. docs/runbook.md#${name}`,
      evaluationPeriods: 1,
    });
  }
}
