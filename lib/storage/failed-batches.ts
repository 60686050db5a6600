import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';
import { failedBatchTags, REPLAYED } from '../../lambda/contract.ts';
import { MAX_RETENTION_SECONDS } from '../settings/function-settings.ts';
import { cfnBucketOf, createKeptBucket, type PrivateBucketProps } from './kept-bucket.ts';

/** Part of the contract: another id would make CloudFormation begin a new, empty bucket. */
export const FAILED_BATCH_BUCKET_LOGICAL_ID = 'FailedBatchBucket';

/** What {@link FailedBatches} are made of. */
export interface FailedBatchesProps
  extends Pick<PrivateBucketProps, 'encryptionKey' | 'accessLogs'> {
  /** How long a new failed batch waits for its first replay, 15 minutes at most. */
  readonly replayDelay: Duration;
  /** How long a replay may take before its message comes again. */
  readonly replayVisibility: Duration;
  /** Tries that a message has before SQS moves it to the dead-letter queue. */
  readonly replayTries: number;
  /** Age at which an entry that was replayed expires, in whole days; one that was not never does. */
  readonly replayedRetention: Duration;
}

const LONGEST_RETENTION = Duration.seconds(MAX_RETENTION_SECONDS);

/**
 * Where batches that were given up are kept whole until they are replayed: a bucket for them, a queue of
 * those to replay, to which S3 sends a message for each, and a queue of those that nothing replays.
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
      // Its messages only point to entries, and the bucket, which is kept, says which are not replayed.
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
   * Kept when the stack is deleted: its messages say why a batch was not replayed, which stands nowhere
   * else once the log is gone. It costs nothing and is empty after two weeks.
   */
  private createDeadLetterQueue(encryptionKey?: kms.IKey): sqs.Queue {
    const queue = new sqs.Queue(this, 'DeadLetterQueue', {
      ...queueProps(encryptionKey),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const policy = queue.node.tryFindChild('Policy');
    // Kept with the queue, so that it does not become readable without TLS.
    if (policy instanceof sqs.QueuePolicy) policy.applyRemovalPolicy(RemovalPolicy.RETAIN);
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
 * Days count from when a batch failed, not from its replay: S3 looks at the age and at the tag, and not
 * at when the tag was set. No rule is about entries without the tag.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
function lifecycleRules(replayedRetention: Duration): s3.LifecycleRule[] {
  return [
    {
      id: 'ExpireReplayed',
      tagFilters: { [failedBatchTags.status]: REPLAYED },
      // In a bucket with versions an expired object is only covered with a delete marker…
      expiration: replayedRetention,
      // …and goes a day later, as do replayed versions that something else came on top of.
      noncurrentVersionExpiration: Duration.days(1),
    },
    {
      id: 'RemoveExpiredDeleteMarkers',
      // Takes no tags, and so is a rule of its own: it is about markers with nothing left under them.
      expiredObjectDeleteMarker: true,
    },
  ];
}

/**
 * Lets S3 send messages for buckets of the stack's account.
 *
 * S3 makes sure that it may send to the queue while the bucket is created, so the bucket depends on this
 * policy, which then cannot depend on the bucket for its ARN. A name that is set would break that
 * cycle, but also keep a deleted stack from being deployed again, since the bucket is kept; and what
 * CloudFormation makes of long names is not documented. The function refuses messages of other buckets.
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
 * Has S3 send a message for each new object, whatever its key: that of a failed batch is not documented
 * for Kafka. Not by `bucket.addEventNotification`, which deploys a function that may change the
 * notifications of every bucket.
 */
function announce(bucket: s3.Bucket, queue: sqs.Queue, permission: IDependable | undefined): void {
  const resource = cfnBucketOf(bucket);
  resource.notificationConfiguration = {
    queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queue.queueArn }],
  };
  if (permission !== undefined) resource.node.addDependency(permission);
}
