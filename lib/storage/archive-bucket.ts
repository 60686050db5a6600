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
 * Locks new objects. CloudFormation's documentation asks for `objectLockEnabled` whenever a configuration is
 * applied, and updates both without replacing the bucket:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-objectlockconfiguration.html
 *
 * ASSUMED: it enables Object Lock on an existing bucket too, as S3 does for one that keeps versions:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
 */
function lock(bucket: s3.Bucket, time: Duration): void {
  const resource = cfnBucketOf(bucket);
  resource.objectLockEnabled = true;
  resource.objectLockConfiguration = {
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
