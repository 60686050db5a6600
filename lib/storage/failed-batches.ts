import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';
import { failedBatchTags, REPLAYED } from '../../lambda/contract.ts';
import { MAX_RETENTION_SECONDS } from '../settings/function-settings.ts';
import { cfnBucketOf, createKeptBucket, KEPT, type PrivateBucketProps } from './kept-bucket.ts';

/** Part of the contract: with another id, CloudFormation would create a new, empty bucket. */
export const FAILED_BATCH_BUCKET_LOGICAL_ID = 'FailedBatchBucket';

/** Props of {@link FailedBatches}. */
export interface FailedBatchesProps
  extends Pick<PrivateBucketProps, 'encryptionKey' | 'accessLogs'> {
  /** The delay before the first replay of a failed batch, at most 15 minutes. */
  readonly replayDelay: Duration;
  /** How long a replay may take before SQS redelivers its message. */
  readonly replayVisibility: Duration;
  /** The number of attempts after which SQS moves a message to the dead-letter queue. */
  readonly replayTries: number;
  /** The age at which replayed failed batches expire, in whole days; others never expire. */
  readonly replayedRetention: Duration;
}

const LONGEST_RETENTION = Duration.seconds(MAX_RETENTION_SECONDS);

/**
 * Keeps the batches that Lambda gives up, with all their records, until they are replayed: a bucket that holds
 * them, a replay queue to which S3 sends a message for each, and a dead-letter queue for those that could not
 * be replayed.
 */
export class FailedBatches extends Construct {
  public readonly bucket: s3.IBucket;
  public readonly replayQueue: sqs.IQueue;
  public readonly deadLetterQueue: sqs.IQueue;

  constructor(scope: Construct, id: string, props: FailedBatchesProps) {
    super(scope, id);

    const { accessLogs, encryptionKey } = props;
    const deadLetterQueue = this.createDeadLetterQueue(encryptionKey);
    const replayQueue = new sqs.Queue(this, 'ReplayQueue', {
      ...queueProps(encryptionKey),
      deliveryDelay: props.replayDelay,
      visibilityTimeout: props.replayVisibility,
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: props.replayTries },
      // Its messages only point to failed batches, and the retained bucket shows which are not replayed.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const bucket = createKeptBucket(this, {
      ...{ accessLogs, encryptionKey },
      logicalId: FAILED_BATCH_BUCKET_LOGICAL_ID,
      lifecycleRules: lifecycleRules(props.replayedRetention),
    });
    announce(bucket, replayQueue, allowAnnouncing(replayQueue));
    this.bucket = bucket;
    this.replayQueue = replayQueue;
    this.deadLetterQueue = deadLetterQueue;
  }

  /**
   * Retained when the stack is deleted: without the log, only its messages say why a batch was not replayed. It
   * costs nothing and is empty after two weeks.
   */
  private createDeadLetterQueue(encryptionKey?: kms.IKey): sqs.Queue {
    const queue = new sqs.Queue(this, 'DeadLetterQueue', {
      ...queueProps(encryptionKey),
      removalPolicy: KEPT,
    });
    const policy = queue.node.tryFindChild('Policy');
    // Retained with the queue, which would otherwise accept requests without TLS.
    if (policy instanceof sqs.QueuePolicy) policy.applyRemovalPolicy(KEPT);
    return queue;
  }
}

function queueProps(encryptionMasterKey: kms.IKey | undefined): sqs.QueueProps {
  return {
    ...(encryptionMasterKey === undefined
      ? { encryption: sqs.QueueEncryption.SQS_MANAGED }
      : { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey }),
    enforceSSL: true,
    retentionPeriod: LONGEST_RETENTION,
  };
}

/**
 * Days count from a batch's failure, not from its replay: S3 considers an object's age and its tags, but not
 * when a tag was set. No rule applies to failed batches without the tag.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
function lifecycleRules(replayedRetention: Duration): s3.LifecycleRule[] {
  return [
    {
      id: 'ExpireReplayed',
      tagFilters: { [failedBatchTags.status]: REPLAYED },
      // In a versioned bucket, an expired object only gets a delete marker…
      expiration: replayedRetention,
      // …and is deleted a day later, as are replayed versions that were overwritten.
      noncurrentVersionExpiration: Duration.days(1),
    },
    {
      id: 'RemoveExpiredDeleteMarkers',
      // A separate rule, since S3 does not allow tags here. It removes markers without any version left.
      expiredObjectDeleteMarker: true,
    },
  ];
}

/**
 * Allows S3 to send messages for buckets in the stack's account.
 *
 * S3 checks that it may send to the queue while the bucket is being created, so the bucket depends on this
 * policy, which therefore cannot refer to the bucket's ARN. A fixed bucket name would break that cycle, but
 * would also prevent a deleted stack from being deployed again, since the bucket is retained; and how
 * CloudFormation shortens long names is not documented. The function rejects messages about other buckets.
 */
function allowAnnouncing(queue: sqs.Queue): IDependable | undefined {
  const stack = Stack.of(queue);
  const { policyDependable } = queue.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: {
          'aws:SourceArn': stack.formatArn({
            ...{ service: 's3', region: '', account: '', resource: '*' },
          }),
        },
      },
    }),
  );
  return policyDependable;
}

/**
 * Makes S3 send a message for each new object, whatever its key, since the keys of failed batches are not
 * documented for Kafka. `bucket.addEventNotification` would deploy a function that may change the notifications
 * of every bucket.
 */
function announce(bucket: s3.Bucket, queue: sqs.Queue, permission: IDependable | undefined): void {
  const resource = cfnBucketOf(bucket);
  resource.notificationConfiguration = {
    queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queue.queueArn }],
  };
  if (permission !== undefined) resource.node.addDependency(permission);
}
