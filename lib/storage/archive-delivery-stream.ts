import { type Duration, RemovalPolicy, type Size, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Compression, TimeFolder } from '../../lambda/contract.ts';
import { contractId } from '../archive-name.ts';
import { isPartitioned } from '../settings/delivery-settings.ts';
import { ARCHIVE_BUCKET_LOGICAL_ID } from './archive-bucket.ts';
import { keyStatement } from './encryption-key.ts';

/** What an {@link ArchiveDeliveryStream} is made of. */
export interface ArchiveDeliveryStreamProps {
  readonly bucket: s3.IBucket;
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  readonly topics: readonly string[];
  readonly compression: Compression;
  /** Of an object, before compression. */
  readonly bufferSize: Size;
  /** How long records wait for their object. */
  readonly bufferTime: Duration;
  /** Of the bucket. @default - the key of S3 */
  readonly encryptionKey?: kms.IKey;
}

/** In front of the keys of what could not be put where it belongs. Not under the object prefix, which readers read whole. */
export const STREAM_ERRORS_PREFIX = 'firehose-errors/';

/**
 * The time of a record line as `dt` and `hour` have it: in UTC, of the record itself. Firehose runs it with jq 1.6:
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
 * The range is that of `isFolderTimestamp` in lambda/core/object/object-key.ts.
 */
const TIME_QUERY = (format: string, invalid: string): string =>
  // In parentheses: jq 1.6 takes no 'if' for the value of a field without.
  `(if ((.timestamp | type) == "number") and .timestamp >= 946684800000 and .timestamp < 253402300800000 then (.timestamp / 1000 | floor | strftime("${format}")) else "${invalid}" end)`;

/** Of each partition key the query that takes it from a record line. */
export const partitionQueries = {
  topic: '.topic',
  dt: TIME_QUERY('%Y-%m-%d', 'invalid'),
  hour: TIME_QUERY('%H', '00'),
} as const;

/**
 * A delivery stream of Firehose that makes objects of record lines, in the folders of the archive: of many
 * batches each, named by the time of delivery, and read as the others are.
 */
export class ArchiveDeliveryStream extends Construct {
  public readonly stream: firehose.DeliveryStream;

  constructor(scope: Construct, id: string, props: ArchiveDeliveryStreamProps) {
    super(scope, id);

    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.createRole(props, logGroup);
    const policy = role.node.tryFindChild('DefaultPolicy');
    this.stream = new firehose.DeliveryStream(this, 'Stream', {
      // Records are in the stream for minutes, a day at most where S3 takes nothing.
      encryption: firehose.StreamEncryption.awsOwnedKey(),
      destination: new firehose.S3Bucket(props.bucket, {
        ...objectProps(props),
        // Not with the grants of the CDK, which let the role delete objects.
        role: role.withoutPolicyUpdates(),
        loggingConfig: new firehose.EnableLogging(logGroup),
      }),
    });
    // Firehose makes sure of its permissions when the stream is created.
    if (policy !== undefined) this.stream.node.addDependency(policy);
  }

  /** https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3 */
  private createRole(
    { bucket, encryptionKey, objectPrefix }: ArchiveDeliveryStreamProps,
    logGroup: logs.ILogGroup,
  ): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
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
      { actions: ['logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ];
    for (const statement of statements) role.addToPolicy(new iam.PolicyStatement(statement));
    if (encryptionKey !== undefined) role.addToPolicy(keyStatement(stack, encryptionKey));
    for (const prefix of [objectPrefix, `${STREAM_ERRORS_PREFIX}${objectPrefix}`]) {
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${contractId(this, ARCHIVE_BUCKET_LOGICAL_ID)}.Arn>/${prefix}*]`,
        reason: 'Firehose makes the keys under the prefix',
      });
    }
    return role;
  }
}

/** How objects are made, and where they go. */
function objectProps(props: ArchiveDeliveryStreamProps): firehose.S3BucketProps {
  const { compression, objectPrefix, timeFolder, topics } = props;
  const shared = {
    bufferingSize: props.bufferSize,
    bufferingInterval: props.bufferTime,
    compression:
      compression === 'gzip' ? firehose.Compression.GZIP : firehose.Compression.UNCOMPRESSED,
    fileExtension: compression === 'gzip' ? '.jsonl.gz' : '.jsonl',
    errorOutputPrefix: `${STREAM_ERRORS_PREFIX}${objectPrefix}!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
  };
  if (!isPartitioned(props)) {
    return { ...shared, dataOutputPrefix: `${objectPrefix}topic=${topics[0]}/` };
  }
  const keys = { hour: ['dt', 'hour'], day: ['dt'], none: [] }[timeFolder];
  const folders = ['topic', ...keys].map((key) => `${key}=!{partitionKeyFromQuery:${key}}/`);
  const queries = Object.entries(partitionQueries).filter(([key]) =>
    ['topic', ...keys].includes(key),
  );
  return {
    ...shared,
    dataOutputPrefix: `${objectPrefix}${folders.join('')}`,
    dynamicPartitioning: { enabled: true },
    processors: [
      // Lines come packed; each is looked into by itself, and gets back the line break that parts it.
      firehose.RecordDeAggregationProcessor.delimited('\n'),
      firehose.MetadataExtractionProcessor.jq16(Object.fromEntries(queries)),
      new firehose.AppendDelimiterToRecordProcessor(),
    ],
  };
}
