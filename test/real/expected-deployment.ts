import type { FunctionName } from './deployed-functions.ts';
import { account, queueArn, region, stackName } from './deployed-stack.ts';
import type { Permission, StackView } from './stack-view.ts';

/** The cluster that the stack reads. */
export const clusterArn = `arn:aws:kafka:${region}:${account}:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3`;

const kafkaArn = (kind: 'topic' | 'group', name: string) =>
  `${clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;

const keyArn = (id: string) => `arn:aws:kms:${region}:${account}:key/${id}`;

/** How a bucket is encrypted. */
export const BucketEncryption = [
  { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
];

/** The lifecycle rule of every bucket. */
const abortsUploads = {
  ID: 'AbortIncompleteMultipartUploads',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
};

const removesMarkers = {
  ID: 'RemoveExpiredDeleteMarkers',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  Expiration: { ExpiredObjectDeleteMarker: true },
};

/** The lifecycle rules of the archive bucket. */
export const keepsArchived = [
  abortsUploads,
  {
    ID: 'ArchivedObjects',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: 90 },
  },
  removesMarkers,
];

/** The lifecycle rules of the failed-batch bucket. */
export const expiresReplayed = [
  abortsUploads,
  {
    ID: 'ExpireReplayed',
    Status: 'Enabled',
    Filter: { Tag: { Key: 'status', Value: 'replayed' } },
    Expiration: { Days: 30 },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
  },
  removesMarkers,
];

/** A statement that denies what comes without TLS. */
export const tlsOnly = (Action: string, Resource: string | readonly string[]) => ({
  ...{ Action, Resource, Effect: 'Deny', Principal: { AWS: '*' } },
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/** What both buckets have to be, but for their lifecycles and events. */
export function keptBucket(name: string) {
  const everything = [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`];
  return {
    BucketEncryption,
    OwnershipControls: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
    PublicAccessBlockConfiguration: {
      ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
      ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
    },
    VersioningConfiguration: 'Enabled',
    policy: {
      Statement: [
        tlsOnly('s3:*', everything),
        {
          ...tlsOnly('s3:*', everything),
          Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } },
        },
      ],
      Version: '2012-10-17',
    },
  };
}

/** The environment that a function has to have. */
export function variablesOf(view: StackView, name: FunctionName) {
  const store = {
    ...{ ARCHIVE_BUCKET: view.output('ArchiveBucketName'), OBJECT_PREFIX: 'shop/' },
    ...{ COMPRESSION: 'gzip', COMPRESSION_LEVEL: '6', TIME_FOLDER: 'hour', METADATA: '{}' },
    STORAGE_CLASS: 'STANDARD',
    ...{ MAX_PARALLEL_PUTS: '16', NODE_OPTIONS: '--enable-source-maps' },
    ...{ POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_SERVICE_NAME: stackName },
  };
  if (name === 'ArchiveFunction') return { ...store, REPORT_BATCH_ITEM_FAILURES: 'false' };
  return {
    ...store,
    FAILED_BATCH_BUCKET: view.output('FailedBatchBucketName'),
    REPLAY_QUEUE_URL: view.output('ReplayQueueUrl'),
    DEAD_LETTER_QUEUE_URL: view.output('DeadLetterQueueUrl'),
    ...{ REPLAY_TRIES: '10', REPLAY_RETRY_SECONDS: '60' },
    ALARM_TOPIC_ARN: view.output('AlarmTopicArn'),
    ARCHIVE_LOG_GROUP: view.output('ArchiveLogGroupName'),
  };
}

/** What the roles have to allow, and nothing else. */
export function permissions(
  view: StackView,
): Readonly<Record<FunctionName, readonly Permission[]>> {
  const archived = `arn:aws:s3:::${view.output('ArchiveBucketName')}`;
  const failed = `arn:aws:s3:::${view.output('FailedBatchBucketName')}`;
  return {
    ArchiveFunction: [
      [['logs:CreateLogStream', 'logs:PutLogEvents'], [view.logGroupArn('ArchiveLogGroupName')]],
      [['s3:GetObject', 's3:PutObject'], [`${archived}/shop/*`]],
      [
        ['kafka-cluster:Connect', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
        [clusterArn],
      ],
      [
        ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
        [kafkaArn('topic', 'orders'), kafkaArn('topic', 'payments')],
      ],
      [
        ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
        [kafkaArn('group', 'KafkaArchive-orders'), kafkaArn('group', 'KafkaArchive-payments')],
      ],
      [
        [
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeVpcs',
        ],
        ['*'],
      ],
      [['s3:ListBucket'], [failed]],
      [['s3:PutObject'], [`${failed}/*`]],
    ],
    ReplayFunction: [
      [['logs:CreateLogStream', 'logs:PutLogEvents'], [view.logGroupArn('ReplayLogGroupName')]],
      [['s3:GetObject', 's3:PutObject'], [`${archived}/shop/*`]],
      [['s3:ListBucket'], [failed]],
      [
        [
          's3:GetObject',
          's3:GetObjectTagging',
          's3:GetObjectVersion',
          's3:PutObjectTagging',
          's3:PutObjectVersionTagging',
        ],
        [`${failed}/*`],
      ],
      [
        [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        [queueArn(view.output('ReplayQueueUrl'))],
      ],
      [['sqs:SendMessage'], [queueArn(view.output('DeadLetterQueueUrl'))]],
      [['sns:Publish'], [view.output('AlarmTopicArn')]],
      [
        ['kms:Decrypt', 'kms:GenerateDataKey'],
        [keyArn(view.physicalId('MonitoringAlarmTopicKey'))],
      ],
    ],
  };
}
