import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DEFAULT_NONCURRENT_VERSION_DAYS, type Transition } from '../settings/storage-settings.ts';
import { cfnBucketOf, createKeptBucket, type PrivateBucketProps } from './kept-bucket.ts';

/** Part of the contract: another id would make CloudFormation begin a new, empty bucket. */
export const ARCHIVE_BUCKET_LOGICAL_ID = 'ArchiveBucket';

/** What an {@link ArchiveBucket} is made of. */
export interface ArchiveBucketProps
  extends Pick<PrivateBucketProps, 'encryptionKey' | 'accessLogs'> {
  /** To colder classes, each later than the one before. @default - none */
  readonly transitions?: readonly Transition[];
  /** Age at which an object expires, in whole days. @default - none does */
  readonly expiration?: Duration;
  /** How long what was deleted or overwritten can be brought back, in whole days. @default - 90 days */
  readonly noncurrentVersionRetention?: Duration;
  /** How long nobody deletes or overwrites a new object, in whole days. @default - not locked */
  readonly objectLock?: Duration;
}

/** The bucket that holds the archive: private, versioned, and kept when the stack is deleted. */
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
 * Not by `objectLockEnabled`, which would make CloudFormation replace a bucket that is there, and go on in
 * an empty one. ASSUMED: that S3 takes the configuration for any versioned bucket by itself, as
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html says of buckets that are there.
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
      // In a bucket with versions an expired object is covered with a delete marker…
      expiration: props.expiration,
      // …and goes when that has been there for so long.
      noncurrentVersionExpiration:
        props.noncurrentVersionRetention ?? Duration.days(DEFAULT_NONCURRENT_VERSION_DAYS),
    },
    // A rule of its own: it cannot be together with an expiration.
    { id: 'RemoveExpiredDeleteMarkers', expiredObjectDeleteMarker: true },
  ];
}
