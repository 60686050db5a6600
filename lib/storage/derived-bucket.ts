import { Duration } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { cfnBucketOf, createKeptBucket, type PrivateBucketProps } from './kept-bucket.ts';

/** Part of the contract: with another id, CloudFormation would create a new, empty bucket. */
export const DERIVED_BUCKET_LOGICAL_ID = 'DerivedBucket';

/** How long replaced ledgers and hour records can be restored, in days. */
const NONCURRENT_DAYS = 30;

/**
 * The bucket for what is derived from the archive: ledgers and notes below `audit/`, hour records below `hours/`. It is
 * separate, so that no lifecycle rule, Object Lock or listing of the archive meets derived data. It is retained when
 * the stack is deleted, since a ledger explains what the brokers have forgotten.
 */
export class DerivedBucket extends Construct {
  public readonly bucket: s3.IBucket;

  constructor(
    scope: Construct,
    id: string,
    { accessLogs, encryptionKey }: Pick<PrivateBucketProps, 'encryptionKey' | 'accessLogs'>,
  ) {
    super(scope, id);

    const bucket = createKeptBucket(this, {
      ...{ accessLogs, encryptionKey },
      logicalId: DERIVED_BUCKET_LOGICAL_ID,
      lifecycleRules: [
        {
          id: 'ExpireReplaced',
          noncurrentVersionExpiration: Duration.days(NONCURRENT_DAYS),
          expiredObjectDeleteMarker: true,
        },
      ],
    });
    // EventBridge receives an event for each hour record. The construct's own property would deploy a function that
    // may change the notifications of every bucket.
    cfnBucketOf(bucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
    this.bucket = bucket;
  }
}
