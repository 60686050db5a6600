import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { contractId } from '../archive-name.ts';

/**
 * The policy of everything that holds records, or says what became of them: CloudFormation retains it when the
 * stack or the resource is deleted, and deletes it if the deployment that creates it fails. Retained resources
 * of a failed deployment would be left behind without a stack, and S3 does not delete a bucket that already has
 * objects: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/** Props of {@link createPrivateBucket}. */
export interface PrivateBucketProps {
  /** Part of the contract: with another id, CloudFormation would create a new, empty bucket. */
  readonly logicalId: string;
  /** Lifecycle rules, in addition to one that aborts incomplete uploads. @default - none */
  readonly lifecycleRules?: readonly s3.LifecycleRule[];
  /** The key that encrypts the bucket. @default - the key of S3 */
  readonly encryptionKey?: kms.IKey;
  /** The bucket for access logs. @default - no access logs */
  readonly accessLogs?: s3.IBucket;
}

/** Creates a bucket with the id `Bucket`: private, encrypted, versioned, and {@link KEPT} with its policy. */
export function createPrivateBucket(
  scope: Construct,
  { logicalId, lifecycleRules = [], encryptionKey, accessLogs }: PrivateBucketProps,
): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Bucket', {
    ...(encryptionKey === undefined
      ? { encryption: s3.BucketEncryption.S3_MANAGED }
      : // One data key for many objects, which saves 99% of the requests to KMS.
        { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
    ...(accessLogs !== undefined && {
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: `${logicalId}/`,
    }),
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    // Nothing in this project overwrites objects; versions protect them if someone else overwrites or deletes
    // them.
    versioned: true,
    removalPolicy: KEPT,
    lifecycleRules: [
      {
        id: 'AbortIncompleteMultipartUploads',
        // The functions start none, but someone who copies into the bucket by hand may.
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
      ...lifecycleRules,
    ],
  });
  // Retained with the bucket, which would otherwise accept requests without TLS.
  bucket.policy?.applyRemovalPolicy(KEPT);
  cfnBucketOf(bucket).overrideLogicalId(contractId(scope, logicalId));
  return bucket;
}

/** Creates a bucket for records with {@link createPrivateBucket}. Access logs are optional. */
export function createKeptBucket(scope: Construct, props: PrivateBucketProps): s3.Bucket {
  const bucket = createPrivateBucket(scope, props);
  if (props.accessLogs === undefined) {
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Server access logs are optional (accessLogDays), since they are charged; CloudTrail data events, if enabled, also show who reads the bucket',
    });
  }
  return bucket;
}

/** The CloudFormation resource of a bucket, for properties that the construct does not have. */
export function cfnBucketOf(bucket: s3.Bucket): s3.CfnBucket {
  const resource = bucket.node.defaultChild;
  if (resource instanceof s3.CfnBucket) return resource;
  throw new Error(`not a bucket of this stack: '${bucket.node.path}'`);
}
