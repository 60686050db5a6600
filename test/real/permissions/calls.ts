import { HEAL_PREFIX } from '../../../lambda/contract.ts';
import {
  dashboardCalls,
  type Call as OperatorCall,
  type ResourceKind,
  runbookCommands,
} from '../../lib/runbook-commands.ts';
import { clusterArn } from '../../lib/settings-fixture.ts';
import { ACCOUNT, type Deployment, type NamedPolicy, REGION } from './deployment.ts';
import type { Caller, Context, Row } from './simulate.ts';

/** The objects of each archive in these tests begin with this. */
export const PREFIX = 'shop/';

const OTHER_ACCOUNT = '444455556666';
const ELSEWHERE: Context = {
  'aws:ResourceAccount': OTHER_ACCOUNT,
  's3:ResourceAccount': OTHER_ACCOUNT,
};
const WITHOUT_TLS: Context = { 'aws:SecureTransport': 'false' };
const OLD_TLS: Context = { 's3:TlsVersion': '1.1' };

const arn = (service: string, resource: string, account = ACCOUNT): string =>
  `arn:aws:${service}:${REGION}:${account}:${resource}`;

/** A request that a service makes with the caller's credentials. */
const via = (service: string): Context => ({
  'kms:ViaService': `${service}.${REGION}.amazonaws.com`,
});

/** SNS encrypts the messages of a topic in its name. */
const forTopic = (topicArn: string): Context => ({
  'kms:EncryptionContext:aws:sns:topicArn': topicArn,
});

/** The resource on whose behalf a service calls. */
const from = (sourceArn: string, account = ACCOUNT): Context => ({
  'aws:SourceArn': sourceArn,
  'aws:SourceAccount': account,
});

const everything: NamedPolicy = {
  name: 'everything',
  policy: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  },
};

const service = (name: string, may: Row[], mayNot: Row[]): Caller => ({
  ...{ name, principal: name, policies: [], may, mayNot },
});

/** Commands have calls in common. */
const unique = (rows: readonly Row[]): Row[] => [
  ...new Map(rows.map((row) => [JSON.stringify(row), row])).values(),
];

/** The names of a deployed archive that calls refer to. */
export type Archive = ReturnType<typeof archiveIn>;

/** Looks up the resources of a deployed archive. */
export function archiveIn(deployment: Deployment) {
  const roleOf = (prefix: string) => deployment.arnOf('AWS::IAM::Role', prefix);
  const bucket = (prefix: string) => deployment.arnOf('AWS::S3::Bucket', prefix);
  const role = (prefix: string) => {
    const principal = roleOf(prefix);
    return { principal, policies: deployment.identityPolicies(principal) };
  };
  const functionOf = (prefix: string) => deployment.arnOf('AWS::Lambda::Function', prefix);
  const logsOf = (prefix: string) =>
    deployment.arnOf('AWS::Logs::LogGroup', prefix).replace(/:\*$/, '');
  return {
    deployment,
    archiver: role('ArchiveFunctionRole'),
    replayer: role('ReplayFunctionRole'),
    operator: {
      principal: `arn:aws:iam::${ACCOUNT}:role/on-call`,
      policies: deployment.unattachedPolicies('OperatorPolicy'),
    },
    reader: {
      principal: `arn:aws:iam::${ACCOUNT}:role/analyst`,
      policies: deployment.unattachedPolicies('ReaderPolicy'),
    },
    /** The delivery role, its log group and the stream, in a stack with a stream. */
    role,
    logsOf,
    archiveBucket: bucket('ArchiveBucket'),
    archived: `${bucket('ArchiveBucket')}/${PREFIX}topic=orders/dt=2026-11-24/p3.100-149.jsonl.gz`,
    failedBatchBucket: bucket('FailedBatchBucket'),
    entry: `${bucket('FailedBatchBucket')}/aws/lambda/a/orders-3/b`,
    archiveFunction: functionOf('ArchiveFunction'),
    replayFunction: functionOf('ReplayFunction'),
    archiveLogs: logsOf('ArchiveFunction'),
    replayLogs: logsOf('ReplayFunction'),
    replayQueue: deployment.arnOf('AWS::SQS::Queue', 'FailedBatchesReplayQueue'),
    deadLetterQueue: deployment.arnOf('AWS::SQS::Queue', 'FailedBatchesDeadLetterQueue'),
    alarmTopic: deployment.arnOf('AWS::SNS::Topic', 'MonitoringAlarmTopic'),
    alarmTopicKey: deployment.arnOf('AWS::KMS::Key', 'MonitoringAlarmTopicKey'),
    alarm: (name: string, account = ACCOUNT) => arn('cloudwatch', `alarm:${name}`, account),
    stack: (name: string) => arn('cloudformation', `stack/${name}/any`),
    mapping: arn('lambda', 'event-source-mapping:0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'),
  };
}

const stream = (logGroup: string): string => `${logGroup}:log-stream:2026/11/24/a`;

/**
 * The resource of a call for a whole log group, which policies match with `:*` after the group's name:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
 */
const wholeGroup = (logGroup: string): string => `${logGroup}:log-stream:`;

/** The calls of every archive, whatever its cluster, its delivery and its key. */
export function everyArchive(it: Archive): Caller[] {
  const { archiveBucket, archived, deployment, entry, failedBatchBucket } = it;
  const { alarmTopic, deadLetterQueue, replayQueue } = it;
  const { stackName } = deployment;
  return [
    {
      name: 'archive function',
      ...it.archiver,
      may: [
        ['logs:CreateLogStream', stream(it.archiveLogs)],
        ['logs:PutLogEvents', stream(it.archiveLogs)],
        ['s3:PutObject', archived, { 's3:if-none-match': '*' }],
        // HeadObject, after a 412.
        ['s3:GetObject', archived],
        // The on-failure destination, to which Lambda writes with this role.
        ['s3:ListBucket', failedBatchBucket],
        ['s3:PutObject', entry],
      ],
      mayNot: [
        ['logs:PutLogEvents', stream(it.replayLogs)],
        ['logs:DeleteLogGroup', it.archiveLogs],
        ['s3:ListBucket', archiveBucket],
        ['s3:PutObject', `${archiveBucket}/other/a`],
        ['s3:GetObject', `${archiveBucket}/other/a`],
        ['s3:GetObjectVersion', archived],
        ['s3:PutObjectTagging', archived],
        ['s3:PutObjectRetention', archived],
        ['s3:DeleteObject', archived],
        ['s3:DeleteObjectVersion', archived],
        ['s3:BypassGovernanceRetention', archived],
        ['s3:GetObject', entry],
        ['s3:PutObjectTagging', entry],
        ['s3:DeleteObject', entry],
        // A bucket that someone else created under the name of a deleted one.
        ['s3:ListBucket', failedBatchBucket, ELSEWHERE],
        ['s3:PutObject', entry, ELSEWHERE],
        ['sqs:SendMessage', replayQueue],
        ['sns:Publish', alarmTopic],
        ['lambda:InvokeFunction', it.replayFunction],
      ],
    },
    {
      name: 'replay function',
      ...it.replayer,
      may: [
        ['logs:CreateLogStream', stream(it.replayLogs)],
        ['logs:PutLogEvents', stream(it.replayLogs)],
        // Lambda's poller of the queue.
        ['sqs:ReceiveMessage', replayQueue],
        ['sqs:DeleteMessage', replayQueue],
        ['sqs:GetQueueAttributes', replayQueue],
        ['sqs:ChangeMessageVisibility', replayQueue],
        ['sqs:SendMessage', replayQueue],
        ['sqs:SendMessage', deadLetterQueue],
        ['s3:ListBucket', failedBatchBucket],
        ['s3:GetObject', entry],
        ['s3:GetObjectVersion', entry],
        ['s3:GetObjectTagging', entry],
        ['s3:PutObjectTagging', entry],
        ['s3:PutObjectVersionTagging', entry],
        ['s3:PutObject', archived, { 's3:if-none-match': '*' }],
        ['s3:GetObject', archived],
        ['sns:Publish', alarmTopic],
        ['kms:GenerateDataKey', it.alarmTopicKey, forTopic(alarmTopic)],
        ['kms:Decrypt', it.alarmTopicKey, forTopic(alarmTopic)],
      ],
      mayNot: [
        ['logs:PutLogEvents', stream(it.archiveLogs)],
        ['sqs:PurgeQueue', replayQueue],
        ['sqs:ReceiveMessage', deadLetterQueue],
        ['sqs:DeleteMessage', deadLetterQueue],
        ['s3:PutObject', entry],
        ['s3:DeleteObject', entry],
        ['s3:DeleteObjectVersion', entry],
        ['s3:ListBucket', archiveBucket],
        ['s3:PutObject', `${archiveBucket}/other/a`],
        ['s3:DeleteObject', archived],
        ['s3:PutObjectTagging', archived],
        ['sns:Publish', arn('sns', 'other')],
        ['kms:Decrypt', it.alarmTopicKey],
        ['kms:Decrypt', it.alarmTopicKey, forTopic(arn('sns', 'other'))],
      ],
    },
    service(
      'lambda.amazonaws.com',
      [
        ['sts:AssumeRole', it.archiver.principal],
        ['sts:AssumeRole', it.replayer.principal],
      ],
      [],
    ),
    service(
      's3.amazonaws.com',
      [['sqs:SendMessage', replayQueue, from(failedBatchBucket)]],
      [
        ['sqs:SendMessage', replayQueue],
        ['sqs:SendMessage', replayQueue, from(failedBatchBucket, OTHER_ACCOUNT)],
        ['sqs:SendMessage', replayQueue, from(arn('sns', 'other'))],
        ['sqs:SendMessage', replayQueue, { ...from(failedBatchBucket), ...WITHOUT_TLS }],
        ['sqs:ReceiveMessage', replayQueue, from(failedBatchBucket)],
        ['sqs:SendMessage', deadLetterQueue, from(failedBatchBucket)],
        ['sts:AssumeRole', it.archiver.principal],
      ],
    ),
    service(
      'cloudwatch.amazonaws.com',
      [
        ['sns:Publish', alarmTopic, from(it.alarm(`${stackName}-lag-growing`))],
        ['kms:GenerateDataKey', it.alarmTopicKey, from(it.alarm(`${stackName}-lag-growing`))],
        ['kms:Decrypt', it.alarmTopicKey, from(it.alarm(`${stackName}-lag-growing`))],
      ],
      [
        ['sns:Publish', alarmTopic],
        ['sns:Publish', alarmTopic, from(it.alarm('Other-lag-growing'))],
        [
          'sns:Publish',
          alarmTopic,
          from(it.alarm(`${stackName}-lag-growing`, OTHER_ACCOUNT), OTHER_ACCOUNT),
        ],
        ['sns:Publish', alarmTopic, { ...from(it.alarm(`${stackName}-a`)), ...WITHOUT_TLS }],
        ['kms:Decrypt', it.alarmTopicKey, from(it.alarm(`${stackName}-a`), OTHER_ACCOUNT)],
        ['kms:CreateGrant', it.alarmTopicKey, from(it.alarm(`${stackName}-a`))],
      ],
    ),
    service(
      'events.amazonaws.com',
      [],
      [
        ['sqs:SendMessage', replayQueue, from(arn('events', 'rule/a'))],
        ['sns:Publish', alarmTopic, from(arn('events', 'rule/a'))],
        ['s3:PutObject', archived, from(arn('events', 'rule/a'))],
        ['sts:AssumeRole', it.archiver.principal],
        ['sts:AssumeRole', it.replayer.principal],
      ],
    ),
    {
      name: 'administrator of the account',
      principal: `arn:aws:iam::${ACCOUNT}:role/administrator`,
      policies: [everything],
      may: [
        ['s3:GetObject', archived],
        ['s3:GetObject', archived, { 's3:TlsVersion': '1.2' }],
        ['sqs:SendMessage', replayQueue],
        ['sns:Publish', alarmTopic],
      ],
      mayNot: [
        ...[archived, entry].flatMap((object): Row[] => [
          ['s3:GetObject', object, WITHOUT_TLS],
          ['s3:GetObject', object, OLD_TLS],
        ]),
        ...[archiveBucket, failedBatchBucket].flatMap((bucket): Row[] => [
          ['s3:ListBucket', bucket, WITHOUT_TLS],
          ['s3:ListBucket', bucket, OLD_TLS],
        ]),
        ...[replayQueue, deadLetterQueue].flatMap((queue): Row[] => [
          ['sqs:SendMessage', queue, WITHOUT_TLS],
          ['sqs:ReceiveMessage', queue, WITHOUT_TLS],
        ]),
        ['sns:Publish', alarmTopic, WITHOUT_TLS],
        // The functions' roles are for Lambda alone.
        ['sts:AssumeRole', it.archiver.principal],
        ['sts:AssumeRole', it.replayer.principal],
      ],
    },
    {
      name: 'administrator of another account',
      principal: `arn:aws:iam::${OTHER_ACCOUNT}:role/administrator`,
      policies: [everything],
      may: [],
      mayNot: [
        ['s3:GetObject', archived],
        ['s3:PutObject', archived],
        ['s3:GetObject', entry],
        ['s3:ListBucket', archiveBucket],
        ['sqs:SendMessage', replayQueue],
        ['sqs:ReceiveMessage', deadLetterQueue],
        ['sns:Publish', alarmTopic],
        ['sns:Subscribe', alarmTopic],
        ['kms:Decrypt', it.alarmTopicKey],
        ['sts:AssumeRole', it.archiver.principal],
      ],
    },
  ];
}

/** What a reader does in the workgroup. */
const inWorkgroup = [
  ...['BatchGetNamedQuery', 'BatchGetQueryExecution', 'GetNamedQuery', 'GetQueryExecution'],
  ...['GetQueryResults', 'GetQueryResultsStream', 'GetQueryRuntimeStatistics', 'GetWorkGroup'],
  ...['ListNamedQueries', 'ListQueryExecutions', 'StartQueryExecution', 'StopQueryExecution'],
] as const;

/** The partitions and tables that a query in Athena looks up, in the database of the archive. */
const ofTables = ['BatchGetPartition', 'GetPartition', 'GetPartitions', 'GetTable', 'GetTables'];

const listing = (prefix: string): Context => ({ 's3:prefix': prefix });

/** People who query the archive, and the check of the catalog. */
export function catalog(it: Archive): Caller[] {
  const { archiveBucket, archived, deployment, entry, failedBatchBucket } = it;
  const workgroup = workgroupOf(it);
  const dataCatalog = arn('athena', 'datacatalog/AwsDataCatalog');
  const database = arn('glue', `database/${deployment.stackName.toLowerCase()}`);
  const table = database.replace(':database/', ':table/').concat('/archive_lines');
  const check = it.role('CatalogCheckRole');
  const checkLogs = it.logsOf('CatalogCheck');
  return [
    {
      name: 'reader',
      ...it.reader,
      may: [
        ...inWorkgroup.map((name): Row => [`athena:${name}`, workgroup]),
        ['athena:GetDataCatalog', dataCatalog],
        ['athena:GetDatabase', dataCatalog],
        ['athena:GetTableMetadata', dataCatalog],
        ['athena:ListDatabases', dataCatalog],
        ['athena:ListTableMetadata', dataCatalog],
        ['athena:ListDataCatalogs', '*'],
        ['athena:ListWorkGroups', '*'],
        // IAM asks for every level above a resource too.
        ...[arn('glue', 'catalog'), database].map((each): Row => ['glue:GetDatabase', each]),
        ['glue:GetDatabase', arn('glue', 'database/default')],
        ...ofTables.flatMap((name) =>
          [arn('glue', 'catalog'), database, table].map((each): Row => [`glue:${name}`, each]),
        ),
        ['s3:GetBucketLocation', archiveBucket],
        ['s3:ListBucket', archiveBucket, listing(`${PREFIX}topic=orders/dt=2026-11-24/`)],
        ['s3:GetObject', archived],
      ],
      mayNot: [
        ['athena:StartQueryExecution', arn('athena', 'workgroup/primary')],
        ['athena:GetQueryResults', arn('athena', 'workgroup/other')],
        ['athena:UpdateWorkGroup', workgroup],
        ['athena:DeleteWorkGroup', workgroup],
        ['athena:CreateNamedQuery', workgroup],
        ['athena:DeleteNamedQuery', workgroup],
        ['glue:GetTable', table.replace('/archive_lines', '2/archive_lines')],
        ['glue:GetTables', arn('glue', 'database/default')],
        ...['CreateTable', 'DeleteTable', 'UpdateTable'].map(
          (name): Row => [`glue:${name}`, table],
        ),
        ['glue:BatchCreatePartition', table],
        ['glue:DeleteDatabase', database],
        ['s3:ListBucket', archiveBucket],
        ['s3:ListBucket', archiveBucket, listing('other/')],
        ['s3:ListBucket', failedBatchBucket],
        ['s3:GetObject', `${archiveBucket}/other/topic=orders/a`],
        ['s3:GetObject', `${archiveBucket}/${PREFIX}a`],
        ['s3:GetObject', `${archiveBucket}/firehose-errors/${PREFIX}a`],
        ['s3:GetObject', entry],
        ['s3:GetObject', 'arn:aws:s3:::other/shop/topic=orders/a'],
        ['s3:GetObjectVersion', archived],
        ['s3:PutObject', archived],
        ['s3:PutObjectTagging', archived],
        ['s3:DeleteObject', archived],
        ['s3:DeleteObjectVersion', archived],
        ['s3:GetObject', archived, WITHOUT_TLS],
        ['lambda:InvokeFunction', it.replayFunction],
        ['sqs:ReceiveMessage', it.replayQueue],
        ['logs:StartQuery', wholeGroup(it.archiveLogs)],
      ],
    },
    {
      name: 'catalog check',
      ...check,
      may: [
        ['s3:ListBucket', archiveBucket],
        ['logs:CreateLogStream', stream(checkLogs)],
        ['logs:PutLogEvents', stream(checkLogs)],
      ],
      mayNot: [
        ['s3:GetObject', archived],
        ['s3:PutObject', archived],
        ['s3:DeleteObject', archived],
        ['s3:ListBucket', failedBatchBucket],
        ['s3:GetObject', entry],
        ['glue:GetTables', database],
        ['glue:UpdateTable', table],
        ['logs:PutLogEvents', stream(it.archiveLogs)],
      ],
    },
    service('lambda.amazonaws.com', [['sts:AssumeRole', check.principal]], []),
    service('events.amazonaws.com', [], [['sts:AssumeRole', check.principal]]),
  ];
}

/** The bucket of the audit with some of its objects, and a failed batch that heals; undefined without an audit. */
function derivedOf({ deployment, failedBatchBucket }: Archive) {
  if (!deployment.idsOf('AWS::S3::Bucket').includes('DerivedBucket')) return undefined;
  const bucket = deployment.arnOf('AWS::S3::Bucket', 'DerivedBucket');
  return {
    bucket,
    ledger: `${bucket}/audit/${PREFIX}topic=orders/ledger.json`,
    hours: `${bucket}/hours/${PREFIX}topic=orders/dt=2026-11-24/hour=09.json`,
    healed: `${failedBatchBucket}/${HEAL_PREFIX}orders-3-100`,
  };
}

/** The audit function, and others who read or write what it derives from the archive. */
export const audit =
  ({ clusterArn, heals = false }: { readonly clusterArn: string; readonly heals?: boolean }) =>
  (it: Archive): Caller[] => {
    const { archiveBucket, archived, deployment, entry, failedBatchBucket } = it;
    const derived = derivedOf(it);
    if (derived === undefined) throw new Error('the stack has no audit');
    const { bucket, healed, hours, ledger } = derived;
    const role = it.role('AuditFunctionRole');
    const logs = it.logsOf('AuditFunction');
    const named = (type: 'topic' | 'group', name: string) =>
      `${clusterArn.replace(':cluster/', `:${type}/`)}/${name}`;
    const group = named('group', `${deployment.stackName}-orders`);
    return [
      {
        name: 'audit function',
        ...role,
        may: [
          ['logs:CreateLogStream', stream(logs)],
          ['logs:PutLogEvents', stream(logs)],
          ['kafka-cluster:Connect', clusterArn],
          ['kafka-cluster:DescribeTopic', named('topic', 'orders')],
          ['kafka-cluster:DescribeTopicDynamicConfiguration', named('topic', 'orders')],
          ['kafka-cluster:ReadData', named('topic', 'orders')],
          ['kafka-cluster:DescribeGroup', group],
          ...[archiveBucket, bucket, failedBatchBucket].map((each): Row => ['s3:ListBucket', each]),
          ['s3:GetObject', archived],
          ['s3:GetObject', entry],
          ['s3:GetObjectTagging', entry],
          ...[ledger, hours].flatMap((object): Row[] => [
            ['s3:GetObject', object],
            ['s3:PutObject', object, { 's3:if-none-match': '*' }],
            ['s3:PutObject', object],
          ]),
          ...(heals ? [['s3:PutObject', healed] as const] : []),
          ['ec2:CreateNetworkInterface', arn('ec2', 'subnet/subnet-0a1b2c3d')],
          ['ec2:DeleteNetworkInterface', arn('ec2', 'network-interface/eni-0a1b2c3d')],
          ['ec2:DescribeNetworkInterfaces', '*'],
        ],
        mayNot: [
          ...(heals ? [] : [['s3:PutObject', healed] as const]),
          ['kafka-cluster:ReadData', named('topic', 'other')],
          ['kafka-cluster:WriteData', named('topic', 'orders')],
          ['kafka-cluster:AlterGroup', group],
          ['kafka-cluster:DescribeGroup', named('group', 'other')],
          ['kafka:DescribeClusterV2', clusterArn],
          ['kafka:GetBootstrapBrokers', '*'],
          ['s3:PutObject', archived],
          ['s3:DeleteObject', archived],
          ['s3:GetObject', `${archiveBucket}/other/topic=orders/a`],
          ['s3:PutObject', entry],
          ['s3:PutObjectTagging', entry],
          ['s3:DeleteObject', ledger],
          ['s3:DeleteObjectVersion', ledger],
          ['s3:PutObject', `${bucket}/audit/other/topic=orders/ledger.json`],
          ['s3:PutObject', ledger, WITHOUT_TLS],
          ['cloudwatch:PutMetricData', '*'],
          ['sqs:SendMessage', it.replayQueue],
          ['lambda:InvokeFunction', it.replayFunction],
        ],
      },
      {
        name: 'function that asks MSK for bootstrap servers',
        ...it.role('BootstrapRole'),
        may: [
          ['kafka:GetBootstrapBrokers', '*'],
          ['logs:PutLogEvents', stream(it.logsOf('Bootstrap'))],
        ],
        mayNot: [
          ['kafka:DescribeClusterV2', clusterArn],
          ['kafka-cluster:Connect', clusterArn],
          ['logs:PutLogEvents', stream(it.archiveLogs)],
        ],
      },
      {
        name: 'reader of hour records',
        ...it.reader,
        may: [
          ['s3:ListBucket', bucket, listing(`hours/${PREFIX}topic=orders/`)],
          ['s3:GetObject', hours],
        ],
        mayNot: [
          ['s3:ListBucket', bucket],
          ['s3:GetObject', ledger],
          ['s3:PutObject', hours],
        ],
      },
      {
        name: 'operator of an audit',
        ...it.operator,
        may: [],
        mayNot: [
          ['s3:PutObject', entry],
          ['s3:DeleteObject', ledger],
          ['s3:DeleteObject', hours],
        ],
      },
      ...[it.archiver, it.replayer].map((each) => ({
        name: 'functions beside an audit',
        ...each,
        may: [],
        mayNot: [
          ['s3:GetObject', ledger],
          ['s3:PutObject', hours],
          ['s3:ListBucket', bucket],
        ] as const,
      })),
      service('lambda.amazonaws.com', [['sts:AssumeRole', role.principal]], []),
      service('events.amazonaws.com', [], [['sts:AssumeRole', role.principal]]),
    ];
  };

/** The resources of the operator's calls by their kind, each with the keys of the request. */
function placesOf(it: Archive): Record<ResourceKind, readonly (readonly [string, Context?])[]> {
  const { deployment } = it;
  const hasStream = deployment.idsOf('AWS::KinesisFirehose::DeliveryStream').length > 0;
  const derived = derivedOf(it);
  const dashboard = `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${deployment.stackName}`;
  return {
    account: [['*']],
    'alarm topic': [[it.alarmTopic]],
    alarms: [[it.alarm(`${deployment.stackName}-lag-growing`)]],
    'archive bucket': [[it.archiveBucket]],
    'archive function': [[it.archiveFunction]],
    'archive log': [[wholeGroup(it.archiveLogs)]],
    'archived objects': [[it.archived]],
    'audit function':
      derived === undefined ? [] : [[deployment.arnOf('AWS::Lambda::Function', 'AuditFunction')]],
    'audit log': derived === undefined ? [] : [[wholeGroup(it.logsOf('AuditFunction'))]],
    'check log': [[wholeGroup(it.logsOf('CatalogCheck'))]],
    cluster: [[clusterArn]],
    'consumer groups': [[`${clusterArn.replace(':cluster/', ':group/')}/a`]],
    dashboard: [[dashboard]],
    'dead-letter queue': [[it.deadLetterQueue]],
    'delivery stream': hasStream
      ? [[deployment.arnOf('AWS::KinesisFirehose::DeliveryStream', 'Delivery')]]
      : [],
    'derived bucket': derived === undefined ? [] : [[derived.bucket]],
    // In stacks with a key, `encrypted` has it.
    'encryption key': [],
    'failed batches': [[it.entry]],
    'failed-batch bucket': [[it.failedBatchBucket]],
    'healed batches': derived === undefined ? [] : [[derived.healed]],
    'hour records': derived === undefined ? [] : [[derived.hours]],
    ledgers: derived === undefined ? [] : [[derived.ledger]],
    mappings: [[it.mapping, { 'lambda:FunctionArn': `${it.archiveFunction}:7` }]],
    'replay function': [[it.replayFunction]],
    'replay log': [[wholeGroup(it.replayLogs)]],
    'replay queue': [[it.replayQueue]],
    // CloudFormation authorizes a stack's name as the text `stack/NAME/*`, in which the simulator would see a wildcard:
    // https://github.com/aws/aws-cdk/issues/7319 has such a refusal.
    stack: [[it.stack(deployment.stackName)]],
    'stream log': hasStream ? [[wholeGroup(it.logsOf('Delivery'))]] : [],
    topics: [[`${clusterArn.replace(':cluster/', ':topic/')}/a`]],
  };
}

/** The operator, with the calls of the runbook's commands and of the dashboard, and those that its policy leaves out. */
export function operator(it: Archive): Caller[] {
  const { archiveBucket, archived, deadLetterQueue, entry, replayQueue } = it;
  const { stackName } = it.deployment;
  const invoking = (name: string): Context => ({ 'lambda:FunctionArn': name });
  const version = invoking(`${it.archiveFunction}:7`);
  const places = placesOf(it);
  const { calls = [], leftOut = [] } = Object.groupBy(
    [...Object.values(runbookCommands).flat(), ...dashboardCalls],
    ({ isLeftOut }) => (isLeftOut ? 'leftOut' : 'calls'),
  );
  const hasAudit = places['audit function'].length > 0;
  // Quotas are of Firehose, so that `firehose` has the call; the settings of functions are read with an audit.
  const ofEveryArchive = calls.filter(
    ({ action }) =>
      !action.startsWith('servicequotas:') &&
      (hasAudit || action !== 'lambda:GetFunctionConfiguration'),
  );
  const rows = (some: readonly OperatorCall[]): Row[] =>
    some.flatMap(({ action, on }) => places[on].map((place): Row => [action, ...place]));
  return [
    {
      name: 'operator',
      ...it.operator,
      may: unique(rows(ofEveryArchive)),
      mayNot: [
        ...unique(rows(leftOut)),
        ['cloudformation:DescribeStacks', it.stack(`${stackName}2`)],
        ['s3:GetObjectVersion', archived],
        ...[archived, entry].flatMap((object): Row[] => [
          ['s3:DeleteObject', object],
          ['s3:DeleteObjectVersion', object],
          ['s3:BypassGovernanceRetention', object],
        ]),
        ['s3:PutBucketPolicy', archiveBucket],
        ['sqs:PurgeQueue', deadLetterQueue],
        ['sqs:DeleteQueue', deadLetterQueue],
        ['sqs:DeleteMessage', replayQueue],
        ['lambda:InvokeFunction', it.archiveFunction],
        ['lambda:UpdateFunctionCode', it.replayFunction],
        ['lambda:UpdateFunctionConfiguration', it.archiveFunction],
        [
          'lambda:UpdateEventSourceMapping',
          it.mapping,
          invoking(arn('lambda', 'function:other:7')),
        ],
        ['lambda:UpdateEventSourceMapping', it.mapping, invoking(`${it.archiveFunction}2:7`)],
        ['lambda:DeleteEventSourceMapping', it.mapping, version],
        ['logs:FilterLogEvents', wholeGroup(arn('logs', 'log-group:other'))],
        ['sns:Publish', it.alarmTopic],
      ],
    },
  ];
}

/** Lambda's pollers of an MSK cluster, which act with the archive function's role, in the cluster's VPC. */
export const msk =
  (clusterArn: string) =>
  (it: Archive): Caller[] => [
    {
      name: 'pollers of an MSK cluster',
      ...it.archiver,
      may: [
        ['kafka:DescribeClusterV2', clusterArn],
        ['kafka:GetBootstrapBrokers', '*'],
      ],
      mayNot: [
        ['kafka:DescribeClusterV2', clusterArn.replace('/example/', '/other/')],
        ['kafka:UpdateSecurity', clusterArn],
        ['kafka:DeleteCluster', clusterArn],
      ],
    },
  ];

/** Pollers that sign in to an MSK cluster with the role. */
export const mskIam =
  (clusterArn: string, topics: readonly string[]) =>
  (it: Archive): Caller[] => {
    const named = (type: 'topic' | 'group', name: string) =>
      `${clusterArn.replace(':cluster/', `:${type}/`)}/${name}`;
    const groupOf = (topic: string) => named('group', `${it.deployment.stackName}-${topic}`);
    return [
      {
        name: 'pollers with IAM',
        ...it.archiver,
        may: [
          ['kafka-cluster:Connect', clusterArn],
          ...topics.flatMap((topic): Row[] => [
            ['kafka-cluster:DescribeTopic', named('topic', topic)],
            ['kafka-cluster:ReadData', named('topic', topic)],
            ['kafka-cluster:DescribeGroup', groupOf(topic)],
            ['kafka-cluster:AlterGroup', groupOf(topic)],
          ]),
        ],
        mayNot: [
          ['kafka-cluster:Connect', clusterArn.replace('/example/', '/other/')],
          ['kafka-cluster:ReadData', named('topic', 'other')],
          [
            'kafka-cluster:ReadData',
            named('topic', topics[0] ?? '').replace('/example/', '/other/'),
          ],
          ['kafka-cluster:AlterGroup', named('group', 'other')],
          ['kafka-cluster:WriteData', named('topic', topics[0] ?? '')],
          ['kafka-cluster:DeleteTopic', named('topic', topics[0] ?? '')],
          ['kafka-cluster:DeleteGroup', groupOf(topics[0] ?? '')],
        ],
      },
    ];
  };

/** Pollers that read secrets; the replay function and the operator must not. */
export const secrets =
  (secretArns: readonly string[], keyArn?: string) =>
  (it: Archive): Caller[] => [
    {
      name: 'pollers with a secret',
      ...it.archiver,
      may: [
        ...secretArns.map((secret): Row => ['secretsmanager:GetSecretValue', secret]),
        ...(keyArn === undefined ? [] : [['kms:Decrypt', keyArn, via('secretsmanager')] as const]),
      ],
      mayNot: [
        ['secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:other-AbCdEf')],
        ...secretArns.map((secret): Row => ['secretsmanager:PutSecretValue', secret]),
        ...(keyArn === undefined
          ? []
          : ([
              ['kms:Decrypt', keyArn],
              ['kms:Decrypt', keyArn, via('s3')],
              ['kms:GenerateDataKey', keyArn, via('secretsmanager')],
            ] as const)),
      ],
    },
    ...[it.replayer, it.operator].map((other) => ({
      name: 'replay function or operator, with a secret',
      ...other,
      may: [],
      mayNot: secretArns.map((secret): Row => ['secretsmanager:GetSecretValue', secret]),
    })),
  ];

/** Pollers that find the secrets of an MSK cluster. */
export const mskSecret =
  (clusterArn: string) =>
  (it: Archive): Caller[] => [
    {
      name: 'pollers with SCRAM',
      ...it.archiver,
      may: [['kafka:ListScramSecrets', clusterArn]],
      mayNot: [
        ['kafka:BatchAssociateScramSecret', clusterArn],
        ['kafka-cluster:Connect', clusterArn],
      ],
    },
  ];

/**
 * Pollers in a VPC, whose network interfaces Lambda creates with the role:
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
 */
export function inVpc(it: Archive): Caller[] {
  return [
    {
      name: 'pollers in a VPC',
      ...it.archiver,
      may: [
        ['ec2:CreateNetworkInterface', arn('ec2', 'network-interface/eni-0a1b2c3d')],
        ['ec2:CreateNetworkInterface', arn('ec2', 'subnet/subnet-0a1b2c3d')],
        ['ec2:CreateNetworkInterface', arn('ec2', 'security-group/sg-0a1b2c3d')],
        ['ec2:DeleteNetworkInterface', arn('ec2', 'network-interface/eni-0a1b2c3d')],
        ['ec2:DescribeNetworkInterfaces', '*'],
        ['ec2:DescribeSecurityGroups', '*'],
        ['ec2:DescribeSubnets', '*'],
        ['ec2:DescribeVpcs', '*'],
      ],
      mayNot: [
        ['ec2:ModifyNetworkInterfaceAttribute', arn('ec2', 'network-interface/eni-0a1b2c3d')],
        ['ec2:AuthorizeSecurityGroupIngress', arn('ec2', 'security-group/sg-0a1b2c3d')],
      ],
    },
  ];
}

/** Pollers that are reached over the internet create no network interface. */
export function overInternet(it: Archive): Caller[] {
  return [
    {
      name: 'pollers over the internet',
      ...it.archiver,
      may: [],
      mayNot: [
        ['ec2:CreateNetworkInterface', arn('ec2', 'subnet/subnet-0a1b2c3d')],
        ['kafka:GetBootstrapBrokers', '*'],
      ],
    },
  ];
}

/**
 * Pollers that validate records with a Glue registry. They look a schema up by the id in the record alone, so that no
 * resource of the call is known to IAM: a policy for named registries or schemas does not match.
 * https://docs.aws.amazon.com/glue/latest/dg/schema-registry-gs.html
 */
export const glue =
  (registryArn: string) =>
  (it: Archive): Caller[] => [
    {
      name: 'pollers with a Glue registry',
      ...it.archiver,
      may: [
        ['glue:GetRegistry', registryArn],
        ['glue:GetSchemaVersion', arn('glue', 'schema/any/any')],
      ],
      mayNot: [
        ['glue:GetRegistry', arn('glue', 'registry/other')],
        ['glue:RegisterSchemaVersion', registryArn.replace(':registry/', ':schema/').concat('/a')],
        ['glue:DeleteRegistry', registryArn],
      ],
    },
  ];

/** A Firehose stream, those who put records into it, and the operator's look at it. */
export function firehose(it: Archive): Caller[] {
  const { archiveBucket, archived, deployment, entry } = it;
  const delivery = deployment.arnOf('AWS::KinesisFirehose::DeliveryStream', 'Delivery');
  const role = it.role('DeliveryRole');
  const logs = it.logsOf('Delivery');
  const failed = `${archiveBucket}/firehose-errors/${PREFIX}processing-failed/dt=2026-11-24/a`;
  return [
    {
      name: 'delivery stream',
      ...role,
      may: [
        ...[archived, failed].flatMap((object): Row[] => [
          ['s3:PutObject', object],
          ['s3:GetObject', object],
          ['s3:AbortMultipartUpload', object],
        ]),
        ['s3:GetBucketLocation', archiveBucket],
        ['s3:ListBucket', archiveBucket],
        ['s3:ListBucketMultipartUploads', archiveBucket],
        ['logs:PutLogEvents', stream(logs)],
      ],
      mayNot: [
        ['s3:PutObject', `${archiveBucket}/other/a`],
        ['s3:PutObject', `${archiveBucket}/firehose-errors/other/a`],
        ['s3:DeleteObject', archived],
        ['s3:PutObjectTagging', archived],
        ['s3:PutObject', entry],
        ['s3:ListBucket', it.failedBatchBucket],
        ['logs:PutLogEvents', stream(it.archiveLogs)],
      ],
    },
    // Whether Firehose names an account when it assumes a role is not documented.
    service(
      'firehose.amazonaws.com',
      [['sts:AssumeRole', role.principal]],
      [['sts:AssumeRole', it.archiver.principal]],
    ),
    service('lambda.amazonaws.com', [], [['sts:AssumeRole', role.principal]]),
    ...[it.archiver, it.replayer].map((each) => ({
      name: 'functions with a stream',
      ...each,
      may: [['firehose:PutRecordBatch', delivery]] as const,
      mayNot: [
        ['firehose:PutRecordBatch', arn('firehose', 'deliverystream/other')],
        ['firehose:UpdateDestination', delivery],
        ['firehose:DeleteDeliveryStream', delivery],
      ] as const,
    })),
    {
      name: 'operator with a stream',
      ...it.operator,
      may: [['servicequotas:ListServiceQuotas', '*']],
      mayNot: [
        ['firehose:PutRecordBatch', delivery],
        ['firehose:DeleteDeliveryStream', delivery],
      ],
    },
  ];
}

const workgroupOf = ({ deployment }: Archive): string =>
  arn('athena', `workgroup/${deployment.stackName}`);

/** The encryption context of the results of a workgroup's queries. */
const resultsOf = (workgroup: string): Context => ({
  'kms:EncryptionContext:aws:athena:arn': workgroup,
});
const inWorkgroupOf = (it: Archive): Context => resultsOf(workgroupOf(it));

/** Everyone who reads or writes what a KMS key encrypts: buckets, queues and logs. */
export const encrypted =
  (keyOf: (it: Archive) => string, { hasStream = false } = {}) =>
  (it: Archive): Caller[] => {
    const key = keyOf(it);
    const role = (name: string, who: typeof it.archiver, services: readonly string[]): Caller => ({
      ...{ name, ...who },
      may: services.flatMap((each): Row[] => [
        ['kms:GenerateDataKey', key, via(each)],
        ['kms:Decrypt', key, via(each)],
      ]),
      mayNot: [
        ['kms:Decrypt', key],
        ['kms:Decrypt', key, via('secretsmanager')],
        ['kms:Encrypt', key, via('s3')],
        ['kms:CreateGrant', key, via('s3')],
        ['kms:ScheduleKeyDeletion', key],
        ['kms:PutKeyPolicy', key],
      ],
    });
    const group = (logGroup: string): Context => ({
      'kms:EncryptionContext:aws:logs:arn': logGroup,
    });
    const logActions = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'];
    return [
      role('archive function with a key', it.archiver, ['s3']),
      role('replay function with a key', it.replayer, ['s3', 'sqs']),
      role('operator with a key', it.operator, ['s3', 'sqs']),
      {
        name: 'reader with a key',
        ...it.reader,
        may: [
          ['kms:Decrypt', key, via('s3')],
          ['kms:Decrypt', key, inWorkgroupOf(it)],
          ['kms:GenerateDataKey', key, inWorkgroupOf(it)],
          ['kms:DescribeKey', key],
        ],
        mayNot: [
          ['kms:Decrypt', key],
          ['kms:Decrypt', key, via('sqs')],
          ['kms:GenerateDataKey', key, via('s3')],
          ['kms:Decrypt', key, resultsOf(arn('athena', 'workgroup/other'))],
          ['kms:Encrypt', key, via('s3')],
          ['kms:CreateGrant', key],
          ['kms:ScheduleKeyDeletion', key],
        ],
      },
      {
        name: 'catalog check with a key',
        ...it.role('CatalogCheckRole'),
        may: [],
        mayNot: [['kms:Decrypt', key, via('s3')]],
      },
      service(
        'encryption.athena.amazonaws.com',
        ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'].map(
          (action): Row => [action, key, { ...inWorkgroupOf(it), ...from(workgroupOf(it)) }],
        ),
        [
          ['kms:Decrypt', key],
          ['kms:Decrypt', key, { ...inWorkgroupOf(it), ...from(workgroupOf(it), OTHER_ACCOUNT) }],
          ['kms:Decrypt', key, from(arn('athena', 'workgroup/other'))],
          ['kms:CreateGrant', key, { ...inWorkgroupOf(it), ...from(workgroupOf(it)) }],
        ],
      ),
      ...(hasStream ? [role('delivery stream with a key', it.role('DeliveryRole'), ['s3'])] : []),
      ...(derivedOf(it)
        ? [role('audit function with a key', it.role('AuditFunctionRole'), ['s3'])]
        : []),
      service(
        's3.amazonaws.com',
        [
          ['kms:GenerateDataKey', key, from(it.failedBatchBucket)],
          ['kms:Decrypt', key, from(it.failedBatchBucket)],
        ],
        [
          ['kms:GenerateDataKey', key],
          ['kms:GenerateDataKey', key, from(it.failedBatchBucket, OTHER_ACCOUNT)],
          ['kms:CreateGrant', key, from(it.failedBatchBucket)],
        ],
      ),
      service(
        `logs.${REGION}.amazonaws.com`,
        [
          it.archiveLogs,
          it.replayLogs,
          it.logsOf('CatalogCheck'),
          ...(hasStream ? [it.logsOf('Delivery')] : []),
          ...(derivedOf(it) ? [it.logsOf('AuditFunction'), it.logsOf('Bootstrap')] : []),
        ].flatMap((logGroup) => logActions.map((action): Row => [action, key, group(logGroup)])),
        [
          ['kms:Decrypt', key],
          ['kms:Decrypt', key, group(arn('logs', 'log-group:Other-a'))],
          ['kms:ScheduleKeyDeletion', key, group(it.archiveLogs)],
        ],
      ),
      service('logs.eu-central-1.amazonaws.com', [], [['kms:Decrypt', key, group(it.archiveLogs)]]),
      service(
        'cloudwatch.amazonaws.com',
        [],
        [['kms:Decrypt', key, from(it.alarm('KafkaArchive-a'))]],
      ),
      {
        name: 'administrator of another account, with a key',
        principal: `arn:aws:iam::${OTHER_ACCOUNT}:role/administrator`,
        policies: [everything],
        may: [],
        mayNot: [['kms:Decrypt', key, via('s3')]],
      },
    ];
  };

/** S3's delivery of access logs. */
export function accessLogs(it: Archive): Caller[] {
  const bucket = it.deployment.arnOf('AWS::S3::Bucket', 'AccessLogBucket');
  return [
    service(
      'logging.s3.amazonaws.com',
      [
        ['s3:PutObject', `${bucket}/ArchiveBucket/a`, from(it.archiveBucket)],
        ['s3:PutObject', `${bucket}/FailedBatchBucket/a`, from(it.failedBatchBucket)],
      ],
      [
        ['s3:PutObject', `${bucket}/ArchiveBucket/a`, from('arn:aws:s3:::other')],
        ['s3:PutObject', `${bucket}/ArchiveBucket/a`, from(it.archiveBucket, OTHER_ACCOUNT)],
        ['s3:PutObject', it.archived, from(it.archiveBucket)],
        ['s3:GetObject', `${bucket}/ArchiveBucket/a`, from(it.archiveBucket)],
      ],
    ),
    ...[it.archiver, it.replayer, it.operator].map((each) => ({
      name: 'reader of access logs',
      ...each,
      may: [],
      mayNot: [
        ['s3:GetObject', `${bucket}/ArchiveBucket/a`],
        ['s3:DeleteObject', `${bucket}/ArchiveBucket/a`],
        ['s3:ListBucket', bucket],
      ] as const,
    })),
  ];
}

/** Functions that X-Ray traces. */
export function tracing(it: Archive): Caller[] {
  return [it.archiver, it.replayer].map((each) => ({
    name: 'functions with tracing',
    ...each,
    may: [
      ['xray:PutTraceSegments', '*'],
      ['xray:PutTelemetryRecords', '*'],
    ] as const,
    mayNot: [['xray:GetTraceSummaries', '*']] as const,
  }));
}
