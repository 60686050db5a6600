/**
 * The commands that docs/runbook.md and docs/operate.md tell an operator to run, each with the calls that IAM
 * authorizes for it. The operator policy allows these calls and no others, except those left out on purpose.
 *
 * @module
 */

/** What a call acts on; `account` for actions without resource-level permissions. */
export type ResourceKind =
  | 'account'
  | 'alarm topic'
  | 'alarms'
  | 'archive bucket'
  | 'archive function'
  | 'archive log'
  | 'archived objects'
  | 'audit function'
  | 'audit log'
  | 'check log'
  | 'cluster'
  | 'consumer groups'
  | 'dashboard'
  | 'dead-letter queue'
  | 'delivery stream'
  | 'derived bucket'
  | 'encryption key'
  | 'failed batches'
  | 'failed-batch bucket'
  | 'healed batches'
  | 'hour records'
  | 'ledgers'
  | 'mappings'
  | 'replay function'
  | 'replay log'
  | 'replay queue'
  | 'stack'
  | 'stream log'
  | 'topics';

/** One call of a command. */
export interface Call {
  /** The action in a policy, such as `s3:GetObject`. */
  readonly action: string;
  readonly on: ResourceKind;
  /** Whether the operator policy leaves it out on purpose, as docs/security.md says. */
  readonly isLeftOut: boolean;
}

const calls =
  (isLeftOut: boolean) =>
  (on: ResourceKind, ...actions: readonly string[]): readonly Call[] =>
    actions.map((action) => ({ action, on, isLeftOut }));
const allowed = calls(false);
const leftOut = calls(true);

const stack = allowed('stack', 'cloudformation:DescribeStacks');
/** Without `s3:ListBucket`, S3 answers 403 in place of 404 for a key that does not exist. */
const entries = [
  ...allowed('failed-batch bucket', 's3:ListBucket'),
  ...allowed('failed batches', 's3:GetObject', 's3:GetObjectTagging'),
];
const archivedRecords = [
  ...stack,
  ...allowed('archive bucket', 's3:ListBucket'),
  ...leftOut('archived objects', 's3:GetObject'),
];
const deadLetters = allowed(
  'dead-letter queue',
  ...['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
);

/** What finds a mapping, and with it the consumer group of a topic. */
const mapping = [
  ...allowed('mappings', 'lambda:GetEventSourceMapping'),
  ...allowed('account', 'lambda:ListEventSourceMappings'),
];
/** The audit's own data: without `s3:ListBucket`, a missing ledger would be an error. */
const audited = [
  ...allowed('derived bucket', 's3:ListBucket'),
  ...allowed('ledgers', 's3:GetObject', 's3:PutObject'),
];

/** What reads a topic of a deployed archive from the brokers, and writes failed batches. */
const ofTopic = [
  ...stack,
  ...entries,
  ...mapping,
  // The settings of the archive.
  ...allowed('archive function', 'lambda:GetFunctionConfiguration'),
  ...allowed('audit function', 'lambda:GetFunctionConfiguration'),
  ...allowed('healed batches', 's3:PutObject'),
  ...leftOut('cluster', 'kafka-cluster:Connect'),
  ...leftOut('topics', 'kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'),
  ...leftOut('topics', 'kafka-cluster:DescribeTopicDynamicConfiguration'),
  ...leftOut('consumer groups', 'kafka-cluster:DescribeGroup'),
];

/** The calls of each command: `aws SERVICE OPERATION`, or `kafka-archive COMMAND`. */
export const runbookCommands: Readonly<Record<string, readonly Call[]>> = {
  'kafka-archive audit': [
    ...archivedRecords,
    ...audited,
    ...ofTopic,
    ...allowed('hour records', 's3:GetObject', 's3:PutObject'),
  ],
  'kafka-archive backfill': ofTopic,
  'kafka-archive cat': archivedRecords,
  'kafka-archive fetch': ofTopic,
  'kafka-archive find': archivedRecords,
  'kafka-archive ls': [...stack, ...allowed('archive bucket', 's3:ListBucket')],
  'kafka-archive status': [
    ...stack,
    ...entries,
    ...allowed('replay queue', 'sqs:GetQueueAttributes'),
    ...allowed(
      'dead-letter queue',
      ...['sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    ),
  ],
  'kafka-archive replay show': [
    ...stack,
    ...entries,
    // The tags are those of the version that it read:
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
    ...allowed('failed batches', 's3:GetObjectVersionTagging'),
  ],
  'kafka-archive replay run': [...stack, ...entries, ...allowed('replay queue', 'sqs:SendMessage')],
  'kafka-archive replay redrive': [
    ...stack,
    // SQS sends with the caller's permissions.
    ...allowed('replay queue', 'sqs:GetQueueAttributes', 'sqs:SendMessage'),
    ...allowed(
      'dead-letter queue',
      ...['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ListMessageMoveTasks'],
      ...['sqs:ReceiveMessage', 'sqs:StartMessageMoveTask'],
    ),
  ],
  'kafka-archive replay dismiss': [
    ...stack,
    ...entries,
    ...allowed('failed batches', 's3:PutObjectTagging'),
    ...deadLetters,
  ],
  'kafka-archive reset': [
    ...stack,
    ...mapping,
    ...allowed('mappings', 'lambda:UpdateEventSourceMapping'),
    // The note of what it skips.
    ...audited,
    ...allowed('archive function', 'lambda:GetFunctionConfiguration'),
    ...leftOut('cluster', 'kafka-cluster:Connect'),
    ...leftOut('topics', 'kafka-cluster:DescribeTopic'),
    ...leftOut('consumer groups', 'kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'),
  ],
  'aws cloudformation delete-stack': leftOut('stack', 'cloudformation:DeleteStack'),
  'aws cloudformation describe-stacks': stack,
  'aws cloudwatch get-metric-statistics': allowed('account', 'cloudwatch:GetMetricStatistics'),
  'aws cloudwatch list-metrics': allowed('account', 'cloudwatch:ListMetrics'),
  'aws cloudwatch set-alarm-state': leftOut('alarms', 'cloudwatch:SetAlarmState'),
  'aws firehose describe-delivery-stream': allowed(
    'delivery stream',
    'firehose:DescribeDeliveryStream',
  ),
  'aws kafka describe-cluster-v2': leftOut('cluster', 'kafka:DescribeClusterV2'),
  'aws kafka get-bootstrap-brokers': leftOut('account', 'kafka:GetBootstrapBrokers'),
  'aws kms describe-key': leftOut('encryption key', 'kms:DescribeKey'),
  'aws kms schedule-key-deletion': leftOut('encryption key', 'kms:ScheduleKeyDeletion'),
  'aws lambda get-account-settings': allowed('account', 'lambda:GetAccountSettings'),
  'aws lambda get-event-source-mapping': allowed('mappings', 'lambda:GetEventSourceMapping'),
  'aws lambda get-function-concurrency': allowed(
    'archive function',
    'lambda:GetFunctionConcurrency',
  ),
  'aws lambda invoke': allowed('replay function', 'lambda:InvokeFunction'),
  'aws lambda list-event-source-mappings': allowed('account', 'lambda:ListEventSourceMappings'),
  'aws lambda put-function-concurrency': leftOut(
    'archive function',
    'lambda:PutFunctionConcurrency',
  ),
  'aws lambda update-event-source-mapping': allowed('mappings', 'lambda:UpdateEventSourceMapping'),
  'aws logs describe-query-definitions': allowed('account', 'logs:DescribeQueryDefinitions'),
  'aws logs filter-log-events': [
    ...allowed('archive log', 'logs:FilterLogEvents'),
    ...allowed('replay log', 'logs:FilterLogEvents'),
    ...allowed('audit log', 'logs:FilterLogEvents'),
    ...allowed('check log', 'logs:FilterLogEvents'),
    ...allowed('stream log', 'logs:FilterLogEvents'),
  ],
  'aws logs get-query-results': allowed('account', 'logs:GetQueryResults'),
  'aws logs start-query': [
    ...allowed('archive log', 'logs:StartQuery'),
    ...allowed('audit log', 'logs:StartQuery'),
    ...allowed('replay log', 'logs:StartQuery'),
  ],
  'aws resourcegroupstaggingapi get-resources': leftOut('account', 'tag:GetResources'),
  // The records of an oversize entry, and entries from the bucket of a deleted stack.
  'aws s3 cp': [
    ...leftOut('archived objects', 's3:PutObject'),
    ...leftOut('failed batches', 's3:PutObject'),
  ],
  'aws s3 ls': allowed('archive bucket', 's3:ListBucket'),
  'aws s3 sync': [
    ...allowed('archive bucket', 's3:ListBucket'),
    ...leftOut('archived objects', 's3:GetObject'),
  ],
  'aws s3api delete-object': leftOut('failed batches', 's3:DeleteObjectVersion'),
  'aws s3api head-object': [
    ...allowed('failed batches', 's3:GetObject'),
    ...leftOut('archived objects', 's3:GetObject'),
  ],
  'aws s3api list-object-versions': allowed('failed-batch bucket', 's3:ListBucketVersions'),
  'aws s3api list-objects-v2': allowed('archive bucket', 's3:ListBucket'),
  'aws service-quotas list-service-quotas': allowed('account', 'servicequotas:ListServiceQuotas'),
  'aws sns list-subscriptions-by-topic': allowed('alarm topic', 'sns:ListSubscriptionsByTopic'),
  'aws sqs delete-message': allowed('dead-letter queue', 'sqs:DeleteMessage'),
  'aws sqs receive-message': allowed('dead-letter queue', 'sqs:ReceiveMessage'),
};

/** The calls with which the console shows the dashboard, which has every alarm with its state. */
export const dashboardCalls: readonly Call[] = [
  ...allowed('account', 'cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'),
  ...allowed('dashboard', 'cloudwatch:GetDashboard'),
];

/** Finds the commands that a page tells to run, each once: the keys of {@link runbookCommands}. */
export function commandsOf(page: string): readonly string[] {
  const found = page.matchAll(
    /\baws [a-z0-9-]+ [a-z][a-z0-9-]+|\bkafka-archive (?:replay )?[a-z]+/g,
  );
  return [...new Set([...found].map(([command]) => command))];
}
