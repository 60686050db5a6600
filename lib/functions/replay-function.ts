import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import {
  type ReplayEnvironment,
  replayEnvironment,
  type StoreEnvironment,
} from '../../lambda/environment.ts';
import { archiveName, contractId, operatorFlags } from '../archive-name.ts';
import { FAILED_BATCH_BUCKET_LOGICAL_ID, type FailedBatches } from '../storage/failed-batches.ts';
import { BundledFunction, type StoreFunctionProps } from './bundled-function.ts';

/** Props of a {@link ReplayFunction}: its environment and its resources. */
export interface ReplayFunctionProps
  extends StoreFunctionProps,
    Omit<StoreEnvironment, 'archiveBucket' | 'deliveryStream' | 'serviceName'>,
    Pick<ReplayEnvironment, 'replayTries' | 'replayRetrySeconds'> {
  readonly failedBatches: FailedBatches;
  /** The topic that is notified of dead letters. */
  readonly alarmTopic: sns.ITopic;
  /** The log group of the archive function. */
  readonly archiveLogGroup: logs.ILogGroup;
  /** The maximum number of failed batches per invocation. */
  readonly batchSize: number;
  /** The maximum number of concurrent invocations, at least 2. */
  readonly maxConcurrency: number;
}

/** The replay Lambda with its role and log group, and the event source mapping that feeds it. */
export class ReplayFunction extends BundledFunction {
  constructor(scope: Construct, id: string, props: ReplayFunctionProps) {
    const { failedBatches } = props;
    const { bucket, replayQueue, deadLetterQueue } = failedBatches;
    super(scope, id, {
      entry: props.stream === undefined ? 'replay' : 'replay-firehose',
      description: 'Replays failed batches from the failed-batch bucket into the archive',
      roleDescription: 'Replay function: reads failed batches, writes its log and its objects',
      memory: props.memory,
      timeout: props.timeout,
      encryptionKey: props.encryptionKey,
      tracing: props.tracing,
      enrich: props.enrich,
      environment: replayEnvironment.encode({
        ...props,
        archiveBucket: props.bucket.bucketName,
        deliveryStream: props.stream?.deliveryStreamName,
        failedBatchBucket: bucket.bucketName,
        replayQueueUrl: replayQueue.queueUrl,
        deadLetterQueueUrl: deadLetterQueue.queueUrl,
        alarmTopicArn: props.alarmTopic.topicArn,
        archiveLogGroup: props.archiveLogGroup.logGroupName,
        // The same as the archive function's, whose metrics have other names.
        serviceName: archiveName(scope),
        operatorFlags: operatorFlags(scope),
      }),
    });
    this.allowStoring(props);
    this.allowReplaying(failedBatches);
    this.allowNotifying(props.alarmTopic);
    new lambda.EventSourceMapping(this, 'Mapping', {
      // Not a version: it always returns partial responses, and commands invoke it by name.
      target: this.function,
      eventSourceArn: replayQueue.queueArn,
      batchSize: props.batchSize,
      maxConcurrency: props.maxConcurrency,
      reportBatchItemFailures: true,
      // No batching window: a failed batch has waited long enough.
    });
  }

  private allowReplaying({ bucket, replayQueue, deadLetterQueue }: FailedBatches): void {
    const statements = [
      // For commands, and so that S3 answers 404 instead of 403 for a missing key.
      { actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
      {
        actions: [
          's3:GetObject',
          's3:GetObjectVersion',
          's3:GetObjectTagging',
          's3:PutObjectTagging',
          's3:PutObjectVersionTagging',
        ],
        resources: [bucket.arnForObjects('*')],
      },
      {
        actions: [
          // Lambda needs these three to read a queue. Not grantConsumeMessages, which also grants GetQueueUrl:
          // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-lambda-function-trigger.html
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          // The function itself delays failed replays, and enqueues failed batches for commands.
          'sqs:ChangeMessageVisibility',
          'sqs:SendMessage',
        ],
        resources: [replayQueue.queueArn],
      },
      { actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] },
    ];
    for (const statement of statements) this.role.addToPolicy(new iam.PolicyStatement(statement));
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${contractId(this, FAILED_BATCH_BUCKET_LOGICAL_ID)}.Arn>/*]`,
      reason: 'Lambda chooses the keys of failed batches, and does not document them',
    });
  }

  private allowNotifying({ masterKey, topicArn }: sns.ITopic): void {
    this.role.addToPolicy(
      new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topicArn] }),
    );
    // The key of a given topic is not known here: docs/configure.md#notifications says what it must allow.
    if (masterKey === undefined) return;
    this.role.addToPolicy(
      new iam.PolicyStatement({
        // SNS uses the key on behalf of the publisher, for this topic:
        // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html and, for the condition,
        // https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-iam-policy.html
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [masterKey.keyArn],
        conditions: { StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': topicArn } },
      }),
    );
  }
}
