import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Part of the contract: another id would make CloudFormation begin a new, empty bucket. */
export const ARCHIVE_BUCKET_LOGICAL_ID = 'ArchiveBucket';

/** The bucket that holds the archive: private, versioned, and kept when the stack is deleted. */
export class ArchiveBucket extends Construct {
  public readonly bucket: s3.IBucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);

    const bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // The archiver never overwrites; versions are for what other hands delete or overwrite.
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          id: 'AbortIncompleteMultipartUploads',
          // The archiver makes none; whoever copies into the bucket by hand may.
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });
    // Kept with the bucket, so that it does not become readable without TLS.
    bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const resource = bucket.node.defaultChild;
    if (resource instanceof s3.CfnBucket) resource.overrideLogicalId(ARCHIVE_BUCKET_LOGICAL_ID);

    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Server access logs need a second bucket whose retention is the account owner to decide; who reads the archive is seen in CloudTrail data events where they are on',
    });
    this.bucket = bucket;
  }
}
