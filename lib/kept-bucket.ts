import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** What a {@link createKeptBucket} takes. */
export interface KeptBucketProps {
  /** Part of the contract: another id would make CloudFormation begin a new, empty bucket. */
  readonly logicalId: string;
  /** Besides the one that drops unfinished uploads. @default - none */
  readonly lifecycleRules?: readonly s3.LifecycleRule[];
}

/**
 * Makes a bucket for records, `Bucket` in its scope: private, encrypted, versioned, and kept with its
 * policy when the stack is deleted.
 */
export function createKeptBucket(
  scope: Construct,
  { logicalId, lifecycleRules = [] }: KeptBucketProps,
): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Bucket', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    // The functions never overwrite; versions are for what other hands delete or overwrite.
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
  cfnBucketOf(bucket).overrideLogicalId(logicalId);

  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Server access logs need another bucket whose retention is the account owner to decide; who reads this one is seen in CloudTrail data events where they are on',
  });
  return bucket;
}

/** The resource of a bucket, for what the construct has no property for. */
export function cfnBucketOf(bucket: s3.Bucket): s3.CfnBucket {
  const resource = bucket.node.defaultChild;
  if (resource instanceof s3.CfnBucket) return resource;
  throw new Error(`not a bucket of this stack: '${bucket.node.path}'`);
}
