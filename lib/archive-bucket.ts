import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { createKeptBucket } from './kept-bucket.ts';

/** Part of the contract: another id would make CloudFormation begin a new, empty bucket. */
export const ARCHIVE_BUCKET_LOGICAL_ID = 'ArchiveBucket';

/** The bucket that holds the archive: private, versioned, and kept when the stack is deleted. */
export class ArchiveBucket extends Construct {
  public readonly bucket: s3.IBucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);

    this.bucket = createKeptBucket(this, { logicalId: ARCHIVE_BUCKET_LOGICAL_ID });
  }
}
