import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DEFAULT_NONCURRENT_VERSION_DAYS, type Transition } from '../settings/storage-settings.ts';
import { cfnBucketOf, createKeptBucket, type PrivateBucketProps } from './kept-bucket.ts';

/** Part of the contract: with another id, CloudFormation would create a new, empty bucket. */
export const ARCHIVE_BUCKET_LOGICAL_ID = 'ArchiveBucket';

/** Props of an {@link ArchiveBucket}. */
export interface ArchiveBucketProps
  extends Pick<PrivateBucketProps, 'encryptionKey' | 'accessLogs'> {
  /** Transitions to colder storage classes, each later than the one before. @default - none */
  readonly transitions?: readonly Transition[];
  /** The age at which objects expire, in whole days. @default - objects never expire */
  readonly expiration?: Duration;
  /** How long deleted and overwritten versions can be restored, in whole days. @default - 90 days */
  readonly noncurrentVersionRetention?: Duration;
  /** How long new objects are locked, in whole days. @default - not locked */
  readonly objectLock?: Duration;
}

/** The bucket that holds the archive: private, versioned, and retained when the stack is deleted. */
export class ArchiveBucket extends Construct {
  public readonly bucket: s3.IBucket;

  constructor(scope: Construct, id: string, props: ArchiveBucketProps = {}) {
    super(scope, id);

    const { encryptionKey, accessLogs } = props;
    const bucket = createKeptBucket(this, {
      ...{ encryptionKey, accessLogs },
      logicalId: ARCHIVE_BUCKET_LOGICAL_ID,
      lifecycleRules: lifecycleRules(props),
    });
    if (props.objectLock !== undefined) lock(bucket, props.objectLock);
    this.bucket = bucket;
  }
}

/**
 * Locks new objects. `objectLockEnabled` is not set, since it would make CloudFormation replace an existing
 * bucket with an empty one. ASSUMED: S3 accepts the configuration alone for any versioned bucket, as
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html says about existing buckets.
 */
function lock(bucket: s3.Bucket, time: Duration): void {
  cfnBucketOf(bucket).objectLockConfiguration = {
    objectLockEnabled: 'Enabled',
    rule: { defaultRetention: { mode: 'GOVERNANCE', days: time.toDays() } },
  };
}

function lifecycleRules(props: ArchiveBucketProps): s3.LifecycleRule[] {
  const transitions = (props.transitions ?? []).map(({ name, days }) => ({
    storageClass: new s3.StorageClass(name),
    transitionAfter: Duration.days(days),
  }));
  return [
    {
      id: 'ArchivedObjects',
      ...(transitions.length > 0 && { transitions }),
      // In a versioned bucket, an expired object gets a delete marker…
      expiration: props.expiration,
      // …and is deleted when it has been noncurrent for this long.
      noncurrentVersionExpiration:
        props.noncurrentVersionRetention ?? Duration.days(DEFAULT_NONCURRENT_VERSION_DAYS),
    },
    // A separate rule, since S3 does not allow this together with an expiration.
    { id: 'RemoveExpiredDeleteMarkers', expiredObjectDeleteMarker: true },
  ];
}
