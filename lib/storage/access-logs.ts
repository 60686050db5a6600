import { Duration, Validations } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { createPrivateBucket } from './kept-bucket.ts';

/** Props of {@link AccessLogs}. */
export interface AccessLogsProps {
  /** How long logs are kept, in whole days. */
  readonly retention: Duration;
}

/** The bucket for the access logs of the other buckets. */
export class AccessLogs extends Construct {
  public readonly bucket: s3.IBucket;

  constructor(scope: Construct, id: string, { retention }: AccessLogsProps) {
    super(scope, id);

    const bucket = createPrivateBucket(this, {
      logicalId: 'AccessLogBucket',
      lifecycleRules: [
        {
          id: 'ExpireLogs',
          expiration: retention,
          noncurrentVersionExpiration: Duration.days(1),
        },
        { id: 'RemoveExpiredDeleteMarkers', expiredObjectDeleteMarker: true },
      ],
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Logging the requests that write logs would never end',
    });
    this.bucket = bucket;
  }
}
