import {
  Annotations,
  type Duration,
  RemovalPolicy,
  type Size,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type Compression, STREAM_ERRORS_PREFIX } from '../../lambda/contract.ts';
import { contractId } from '../archive-name.ts';
import { isPartitioned } from '../settings/delivery-settings.ts';
import { ARCHIVE_BUCKET_LOGICAL_ID } from './archive-bucket.ts';
import { keyStatement } from './encryption-key.ts';
import { type StreamFolders, streamPrefixes, timeKeys } from './stream-prefix.ts';

/** Props of an {@link ArchiveDeliveryStream}. */
export interface ArchiveDeliveryStreamProps extends StreamFolders {
  readonly bucket: s3.IBucket;
  readonly compression: Compression;
  /** The size of an object, before compression. */
  readonly bufferSize: Size;
  /** How long records are buffered. */
  readonly bufferTime: Duration;
  /** The key that encrypts the bucket. @default - the key of S3 */
  readonly encryptionKey?: kms.IKey;
  /** Whether Object Lock protects new objects of the bucket. */
  readonly isLocked: boolean;
}

/**
 * A jq query for the time in a record line, in UTC, formatted for `dt` or `hour`. Firehose runs it with jq 1.6
 * (https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html). It accepts the
 * same range as `isFolderTimestamp` in lambda/core/object/object-key.ts, and leads records without a usable timestamp
 * to the same folder as `folderOf` there.
 */
const TIME_QUERY = (format: string, undated: string): string =>
  // In parentheses, since jq 1.6 does not accept a bare 'if' as the value of a field.
  `(if ((.timestamp | type) == "number") and .timestamp >= 946684800000 and .timestamp < 253402300800000 then (.timestamp / 1000 | floor | strftime("${format}")) else "${undated}" end)`;

/** For each partition key, the query that extracts it from a record line. */
export const partitionQueries = {
  topic: '.topic',
  dt: TIME_QUERY('%Y-%m-%d', '1970-01-01'),
  hour: TIME_QUERY('%H', '00'),
} as const;

/**
 * A Firehose delivery stream that writes record lines to objects in the folders of the archive. Each object
 * combines many batches and is named by its time of delivery; readers read it like any other object.
 */
export class ArchiveDeliveryStream extends Construct {
  public readonly stream: firehose.DeliveryStream;
  /** The log of the objects that could not be put. */
  public readonly logGroup: logs.ILogGroup;

  constructor(scope: Construct, id: string, props: ArchiveDeliveryStreamProps) {
    super(scope, id);

    this.logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.createRole(props);
    const policy = role.node.tryFindChild('DefaultPolicy');
    this.stream = new firehose.DeliveryStream(this, 'Stream', {
      // Records stay in the stream for minutes, or for up to a day while S3 is unavailable.
      encryption: firehose.StreamEncryption.awsOwnedKey(),
      destination: new firehose.S3Bucket(props.bucket, {
        ...objectProps(props),
        // Without the CDK's grants, which would let the role delete objects.
        role: role.withoutPolicyUpdates(),
        loggingConfig: new firehose.EnableLogging(this.logGroup),
      }),
    });
    // Firehose checks its permissions when the stream is created.
    if (policy !== undefined) this.stream.node.addDependency(policy);
    if (props.isLocked) this.warnOfLock();
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html says which PUTs need a checksum. */
  private warnOfLock(): void {
    Annotations.of(this).addWarningV2(
      'msk-s3-archiver:lockedDelivery',
      "objectLockDays with delivery 'firehose': S3 refuses objects for a locked bucket that are sent without a checksum, AWS does not document that Firehose sends one, and Firehose drops what S3 refuses for a day; deploy with a topic that you can lose first, and see that objects arrive: docs/security.md#object-lock",
    );
  }

  /** https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3 */
  private createRole({
    bucket,
    encryptionKey,
    objectPrefix,
  }: ArchiveDeliveryStreamProps): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      // Without conditions, as in https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#firehose-assume-role:
      // Firehose documents no condition key that its requests have. Only principals that may pass the role
      // can let a stream use it, and those are in this account.
      assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com'),
      description: 'Delivery stream: writes its objects and its log',
    });
    const statements = [
      {
        actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        resources: [
          bucket.arnForObjects(`${objectPrefix}*`),
          bucket.arnForObjects(`${STREAM_ERRORS_PREFIX}${objectPrefix}*`),
        ],
      },
      {
        actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        resources: [bucket.bucketArn],
      },
      { actions: ['logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] },
    ];
    for (const statement of statements) role.addToPolicy(new iam.PolicyStatement(statement));
    if (encryptionKey !== undefined) role.addToPolicy(keyStatement(stack, encryptionKey));
    for (const prefix of [objectPrefix, `${STREAM_ERRORS_PREFIX}${objectPrefix}`]) {
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${contractId(this, ARCHIVE_BUCKET_LOGICAL_ID)}.Arn>/${prefix}*]`,
        reason: 'Firehose chooses the keys under the prefix',
      });
    }
    return role;
  }
}

/** The format and the keys of the objects. */
function objectProps(props: ArchiveDeliveryStreamProps): firehose.S3BucketProps {
  const { compression, timeFolder } = props;
  const { prefix, errorPrefix } = streamPrefixes(props);
  const shared = {
    bufferingSize: props.bufferSize,
    bufferingInterval: props.bufferTime,
    compression:
      compression === 'gzip' ? firehose.Compression.GZIP : firehose.Compression.UNCOMPRESSED,
    fileExtension: compression === 'gzip' ? '.jsonl.gz' : '.jsonl',
    dataOutputPrefix: prefix,
    errorOutputPrefix: errorPrefix,
  };
  if (!isPartitioned(props)) return shared;
  const keys: readonly string[] = ['topic', ...timeKeys[timeFolder]];
  const queries = Object.entries(partitionQueries).filter(([key]) => keys.includes(key));
  return {
    ...shared,
    dynamicPartitioning: { enabled: true },
    processors: [
      // A chunk holds several lines. Each is inspected separately, and its line break is restored.
      firehose.RecordDeAggregationProcessor.delimited('\n'),
      firehose.MetadataExtractionProcessor.jq16(Object.fromEntries(queries)),
      new firehose.AppendDelimiterToRecordProcessor(),
    ],
  };
}
