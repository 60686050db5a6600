import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { contractId } from '../archive-name.ts';

/** What a {@link createPrivateBucket} takes. */
export interface PrivateBucketProps {
  /** Part of the contract: another id would make CloudFormation begin a new, empty bucket. */
  readonly logicalId: string;
  /** Besides the one that drops unfinished uploads. @default - none */
  readonly lifecycleRules?: readonly s3.LifecycleRule[];
  /** @default - the key of S3 */
  readonly encryptionKey?: kms.IKey;
  /** For a log of every request. @default - no log */
  readonly accessLogs?: s3.IBucket;
}

/**
 * Makes a bucket, `Bucket` in its scope: private, encrypted, versioned, and kept with its policy when the
 * stack is deleted.
 */
export function createPrivateBucket(
  scope: Construct,
  { logicalId, lifecycleRules = [], encryptionKey, accessLogs }: PrivateBucketProps,
): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Bucket', {
    ...(encryptionKey === undefined
      ? { encryption: s3.BucketEncryption.S3_MANAGED }
      : // One data key for many objects: a hundredth of the requests to KMS.
        { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
    ...(accessLogs !== undefined && {
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: `${logicalId}/`,
    }),
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    // Nothing here overwrites; versions are for what other hands delete or overwrite.
    versioned: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      {
        id: 'AbortIncompleteMultipartUploads',
        // The functions make none; whoever copies into the bucket by hand may.
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
      ...lifecycleRules,
    ],
  });
  // Kept with the bucket, so that it does not become readable without TLS.
  bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
  cfnBucketOf(bucket).overrideLogicalId(contractId(scope, logicalId));
  return bucket;
}

/** Makes a bucket for records: {@link createPrivateBucket}, of which the settings say whether requests are logged. */
export function createKeptBucket(scope: Construct, props: PrivateBucketProps): s3.Bucket {
  const bucket = createPrivateBucket(scope, props);
  if (props.accessLogs === undefined) {
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Server access logs are a setting, accessLogDays: they cost, and who reads the bucket is also seen in CloudTrail data events where they are on',
    });
  }
  return bucket;
}

/** The resource of a bucket, for what the construct has no property for. */
export function cfnBucketOf(bucket: s3.Bucket): s3.CfnBucket {
  const resource = bucket.node.defaultChild;
  if (resource instanceof s3.CfnBucket) return resource;
  throw new Error(`not a bucket of this stack: '${bucket.node.path}'`);
}
