import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../../lambda/core/is-object.ts';
import { parseObjectKey } from '../../../lambda/core/object/parse-object-key.ts';
import { ask, aws, codeOf, listOf, run, type Step, sessionOf } from '../step.ts';
import {
  allowMappingUpdates,
  asReader,
  denyPuts,
  deployOnDemand,
  deployProvisioned,
  deployStream,
  dimensions,
  enabled,
  inCatalog,
  isAlone,
  isFound,
  keys,
  mapping,
  moreKeys,
  outputs,
  produce,
  produceOne,
  queryRows,
  queryState,
} from './commands.ts';
import { countsOf, shapeOf } from './shape.ts';

const payloadOf = (fact: unknown) => (isObject(fact) ? fact.payload : undefined);

const hasItsCount = (fact: unknown) =>
  isObject(fact) && fact.batchSize !== undefined && fact.batchSize === fact.records;

const again = { consumerGroupId: '{stack}-again' };

/** Whether this is the key of an object with the first record of partition 0 alone. */
function isFirstKey(key: string): boolean {
  const { folder = '', format, runs } = parseObjectKey(key) ?? {};
  const first = [{ partition: 0, first: 0, last: 0, offsets: 1 }];
  return (
    format === 2 &&
    /^dt=\d{4}-\d\d-\d\d\/hour=\d\d\/$/.test(folder) &&
    isDeepStrictEqual(runs, first)
  );
}

const outage = { kind: 'role-policy', name: '{ArchiveRole}' } as const;

const lockOf = (bucket: string) =>
  ask(
    'lock',
    `s3api get-object-lock-configuration --bucket {${bucket}}`,
    'ObjectLockConfiguration',
    { mayFail: true },
  );

/** The questions that the deployed stack answers, in an order in which each state leads to the next. */
export const deployed: readonly Step[] = [
  {
    id: 'deploy',
    question: 'Does the stack deploy, and does its mapping become Enabled?',
    settles: [
      'docs/configure.md#network',
      'lib/monitoring/archive-alarms.ts',
      'lib/operator-policy.ts',
    ],
    expected:
      'Lambda accepts the permissions of the role, reaches the brokers and invokes a version. CloudWatch accepts an array of expressions. An operator may call DescribeStacks by name.',
    creates: [{ kind: 'stack', name: '{stack}' }],
    actions: [
      { name: 'deploy', command: deployProvisioned() },
      outputs(),
      ask(
        'role',
        'lambda get-function-configuration --function-name {ArchiveFunctionName}',
        'Role',
        {
          isSecret: true,
          save: (fact) => ({ ArchiveRole: String(fact).split('/').at(-1) ?? '' }),
        },
      ),
      enabled,
      {
        name: 'as an operator',
        command: {
          ...aws('cloudformation describe-stacks --stack-name {stack}'),
          session: sessionOf('--policy-arns', 'arn={OperatorPolicyArn}'),
        },
        mayFail: true,
      },
    ],
    judge: (seen) => codeOf(seen, 'as an operator') === undefined,
  },
  {
    id: 'archive',
    question: 'Is a record archived, under the documented key?',
    settles: ['docs/reading-the-archive.md#the-key', 'docs/adr/0002-webassembly-scanner.md'],
    expected:
      '`…/topic=TOPIC/dt=…/hour=…/p0.0-0.jsonl.gz`. The runtime runs the WebAssembly on arm64; the report has the duration of the cold start.',
    actions: [
      { name: 'produce', command: produceOne },
      keys('keys', 'ArchiveBucketName', {
        until: isFound,
        save: (fact) => ({ ArchivedKey: listOf(fact)[0] ?? '' }),
      }),
      ask(
        'object',
        's3api head-object --bucket {ArchiveBucketName} --key {ArchivedKey}',
        '[ContentType,ContentEncoding,Metadata]',
      ),
      ask(
        'reports',
        'logs filter-log-events --log-group-name {ArchiveLogGroupName} --filter-pattern REPORT',
        'events[].message',
        { mayFail: true },
      ),
    ],
    judge: (seen) => isFirstKey(listOf(seen.keys?.fact)[0] ?? ''),
  },
  {
    id: 'query',
    question: 'Does Athena read the tables and the views, with the permissions of a reader?',
    settles: ['docs/configure.md#the-catalog', 'lib/catalog/catalog.ts', 'lib/catalog/views.ts'],
    expected:
      'CloudFormation creates a workgroup with managed results. Both queries succeed: a record in `archive_lines`, and only the header of the saved query `unmatched-lines`, which reads the views.',
    actions: [
      asReader('count', 'start-query-execution', {
        'query-string': "SELECT count(*) FROM archive_lines WHERE dt >= '2026-01-01'",
        ...inCatalog,
      }),
      queryState('counted', 'count'),
      queryRows('records', 'count'),
      ask('saved', 'athena list-named-queries --work-group {WorkgroupName}', 'NamedQueryIds', {
        isSecret: true,
        save: (fact) => ({ SavedQueries: JSON.stringify(fact) }),
      }),
      ask(
        'unmatched-lines',
        'athena batch-get-named-query --named-query-ids {SavedQueries}',
        "NamedQueries[?Name=='unmatched-lines'].QueryString|[0]",
        { save: (fact) => ({ SavedQuery: String(fact) }) },
      ),
      asReader('check', 'start-query-execution', {
        ...{ 'query-string': '{SavedQuery}', ...inCatalog },
      }),
      queryState('checked', 'check'),
      queryRows('unmatched', 'check'),
    ],
    judge: ({ counted, records, checked, unmatched }) =>
      [counted, checked].every((state) => state?.fact === 'SUCCEEDED') &&
      Number(listOf(records?.fact)[1]) > 0 &&
      listOf(unmatched?.fact).length === 1,
  },
  {
    id: 'failed-batch',
    question: 'What are the key and the fields of a failed batch, and is it replayed?',
    settles: [
      'docs/guarantees.md#what-we-assume-of-aws',
      'lambda/core/failed-batch/failed-batch.ts',
    ],
    expected:
      'The whole event in `payload`; whether a null key is null or absent is not documented. `batchSize` is the number of its records, not the setting of the mapping; the run has no filters, with which it may count others. The replay function may load, store and tag.',
    disturbs: [outage],
    actions: [
      denyPuts('ArchiveBucketName'),
      keys('failed batches', 'FailedBatchBucketName', {
        // Until the denial has taken effect, these records are archived.
        again: produce(['k-2', '{"order":2}'], [null, '{"order":3}'], ['k-4', null]),
        until: isFound,
        save: (fact) => ({ FailedBatch: listOf(fact)[0] ?? '' }),
      }),
      {
        name: 'fields',
        command: aws('s3 cp s3://{FailedBatchBucketName}/{FailedBatch} -'),
        see: shapeOf,
      },
      {
        name: 'counts',
        command: aws('s3 cp s3://{FailedBatchBucketName}/{FailedBatch} -'),
        see: countsOf,
      },
      ask(
        'tags',
        's3api get-object-tagging --bucket {FailedBatchBucketName} --key {FailedBatch}',
        'TagSet[].[Key,Value]',
        { until: (fact) => JSON.stringify(fact).includes('["status","replayed"]') },
      ),
    ],
    judge: (seen) => isObject(payloadOf(seen.fields?.fact)) && hasItsCount(seen.counts?.fact),
  },
  {
    id: 'failed-delivery',
    question: 'Which metrics does Lambda emit if it cannot deliver a failed batch?',
    settles: ['lib/monitoring/archive-metrics.ts', 'docs/runbook.md#destination-delivery-failed'],
    expected:
      'OnFailureDestinationDeliveryErrorCount by EventSourceMappingUUID alone. DestinationDeliveryFailures is documented for streams only.',
    disturbs: [outage],
    actions: [
      denyPuts('ArchiveBucketName', 'FailedBatchBucketName'),
      dimensions('OnFailureDestinationDeliveryErrorCount', 'mapping', {
        again: produceOne,
        until: isFound,
        minutes: 30,
      }),
      dimensions('DestinationDeliveryFailures', 'mapping'),
      dimensions('DestinationDeliveryFailures', 'function'),
      dimensions('DroppedEventCount', 'mapping'),
    ],
    judge: (seen) => isAlone(seen['OnFailureDestinationDeliveryErrorCount by mapping']?.fact),
  },
  {
    id: 'lag-metrics',
    question: 'With which dimensions does Lambda emit the lag?',
    settles: ['lib/monitoring/archive-metrics.ts'],
    expected: 'OffsetLag by FunctionName alone, MaxOffsetLag by EventSourceMappingUUID alone.',
    actions: [
      dimensions('OffsetLag', 'function', { again: produceOne, until: isFound, minutes: 20 }),
      dimensions('MaxOffsetLag', 'mapping', { until: isFound }),
    ],
    judge: (seen) =>
      isAlone(seen['OffsetLag by function']?.fact) &&
      isAlone(seen['MaxOffsetLag by mapping']?.fact),
  },
  {
    id: 'dead-letter',
    question: 'Does a dead letter raise its alarm?',
    settles: ['docs/runbook.md#dead-letter', 'lib/monitoring/alarm-topic.ts'],
    expected: 'ALARM within ten minutes. CloudWatch may use the key of the alarm topic.',
    actions: [
      ask(
        'put garbage',
        's3api put-object --bucket {FailedBatchBucketName} --key verify/garbage',
        'ETag',
      ),
      ask(
        'alarm',
        'cloudwatch describe-alarms --alarm-names {stack}-dead-letter',
        'MetricAlarms[].StateValue',
        { until: (fact) => listOf(fact).includes('ALARM'), minutes: 20 },
      ),
      ask(
        'actions of the alarm',
        'cloudwatch describe-alarm-history --alarm-name {stack}-dead-letter --history-item-type Action',
        'AlarmHistoryItems[].HistorySummary',
        { until: isFound },
      ),
      {
        name: 'dismiss',
        command: run('archive', 'replay dismiss verify/garbage --yes --stack {stack}'),
      },
    ],
    judge: (seen) =>
      listOf(seen['actions of the alarm']?.fact).every((each) => /^Success/i.test(each)),
  },
  {
    id: 'oversize-record',
    question: 'What becomes of a record that no invocation can carry?',
    settles: ['docs/guarantees.md#records-beyond-6-mb', 'lambda/core/failed-batch/failed-batch.ts'],
    expected: 'An entry without a payload, and the partition advances.',
    actions: [
      keys('failed before', 'FailedBatchBucketName'),
      keys('archived before', 'ArchiveBucketName'),
      {
        name: 'produce 5 MB',
        command: run('kafka', 'produce-large {brokers} {topic} 5000000'),
      },
      moreKeys('failed after', 'FailedBatchBucketName', 'failed before', {
        save: (fact, seen) => {
          const old = listOf(seen['failed before']?.fact);
          return { OversizeEntry: listOf(fact).find((key) => !old.includes(key)) ?? '' };
        },
      }),
      {
        name: 'fields',
        command: aws('s3 cp s3://{FailedBatchBucketName}/{OversizeEntry} -'),
        see: shapeOf,
      },
      moreKeys('archived after', 'ArchiveBucketName', 'archived before', { again: produceOne }),
    ],
    judge: (seen) => payloadOf(seen.fields?.fact) === undefined,
  },
  {
    id: 'retry-after-rollback',
    question: 'Can the same update be deployed again after it was rolled back?',
    settles: ['lib/functions/archive-function.ts'],
    expected: 'The version of the first attempt was deleted, so that it does not block the second.',
    needs: ['Mapping'],
    actions: [
      allowMappingUpdates(false),
      {
        name: 'update that fails',
        command: deployProvisioned({ memoryMiB: '1152' }),
        mayFail: true,
      },
      ask(
        'versions of the first attempt',
        'cloudformation describe-stack-events --stack-name {stack}',
        "StackEvents[?ResourceType=='AWS::Lambda::Version'&&ResourceStatus=='CREATE_COMPLETE'&&Timestamp>='{stepStart}'].LogicalResourceId",
      ),
      ask(
        'versions',
        'lambda list-versions-by-function --function-name {ArchiveFunctionName}',
        'Versions[].Version',
        { mayFail: true },
      ),
      allowMappingUpdates(true),
      { name: 'same update', command: deployProvisioned({ memoryMiB: '1152' }), mayFail: true },
    ],
    judge: (seen) =>
      codeOf(seen, 'update that fails') !== undefined &&
      isFound(seen['versions of the first attempt']?.fact)
        ? codeOf(seen, 'same update') === undefined
        : undefined,
  },
  {
    id: 'starting-position',
    question: 'Does another startingPosition leave the mapping alone?',
    settles: ['docs/configure.md#what-cannot-be-changed-in-place'],
    expected: 'The update succeeds, and the mapping is the same one.',
    needs: ['Mapping'],
    actions: [
      {
        name: 'deploy',
        command: deployProvisioned({ startingPosition: 'latest' }),
        mayFail: true,
      },
      mapping('same mapping', '[State,StartingPosition]', { mayFail: true }),
    ],
    judge: (seen) => [codeOf(seen, 'deploy'), codeOf(seen, 'same mapping')].every((code) => !code),
  },
  {
    id: 'another-group',
    question: 'With which group does the mapping read once another consumerGroupId is deployed?',
    settles: [
      'docs/configure.md#what-cannot-be-changed-in-place',
      'lib/source/mapping-generation.ts',
    ],
    expected: 'The update leaves one mapping, which reads with the new group and archives.',
    needs: ['Mapping'],
    actions: [
      keys('archived before', 'ArchiveBucketName'),
      { name: 'deploy', command: deployProvisioned(again) },
      outputs(),
      enabled,
      mapping('group', 'AmazonManagedKafkaEventSourceConfig.ConsumerGroupId'),
      ask(
        'mappings',
        'lambda list-event-source-mappings --event-source-arn {cluster}',
        "EventSourceMappings[?contains(FunctionArn,'function:{ArchiveFunctionName}:')].[State,FunctionArn]",
        { until: (fact) => listOf(fact).length === 1 },
      ),
      moreKeys('archived after', 'ArchiveBucketName', 'archived before', { again: produceOne }),
    ],
    judge: (seen) => String(seen.group?.fact).endsWith('-again'),
  },
  {
    id: 'reset',
    question: 'Can the command line move the group while the mapping is disabled?',
    settles: ['docs/operate.md#move-a-consumer-group', 'kafka/msk-iam.ts'],
    expected: 'It signs in with MSK IAM, and Lambda disables and enables the mapping.',
    needs: ['Mapping'],
    actions: [
      {
        name: 'reset',
        command: run(
          'archive',
          'reset --stack {stack} --topic {topic} --to-earliest --yes --brokers {brokers} --sasl IAM',
        ),
        mayFail: true,
      },
      enabled,
    ],
    judge: (seen) => codeOf(seen, 'reset') === undefined,
  },
  {
    id: 'tls',
    question: 'Are requests without TLS refused?',
    settles: ['docs/security.md'],
    expected: 'AccessDenied, twice.',
    actions: [
      ask(
        'S3',
        's3api list-objects-v2 --bucket {ArchiveBucketName} --endpoint-url http://s3.{region}.amazonaws.com',
        'KeyCount',
        { mayFail: true },
      ),
      ask(
        'SQS',
        'sqs receive-message --queue-url {DeadLetterQueueUrl} --endpoint-url http://sqs.{region}.amazonaws.com',
        'length(Messages)',
        { mayFail: true },
      ),
    ],
    judge: (seen) => ['S3', 'SQS'].every((name) => codeOf(seen, name)?.startsWith('AccessDenied')),
  },
  {
    id: 'object-lock-later',
    question: 'Can Object Lock be switched on for an existing stack?',
    settles: ['docs/security.md#object-lock', 'lib/storage/archive-bucket.ts'],
    expected: 'The same bucket gets the configuration.',
    needs: ['Mapping'],
    actions: [
      { name: 'deploy', command: deployProvisioned({ ...again, objectLockDays: '1' }) },
      lockOf('ArchiveBucketName'),
    ],
    judge: (seen) => codeOf(seen, 'lock') === undefined,
  },
  {
    id: 'firehose',
    question: 'Does Firehose deliver into a locked bucket, below the documented prefix?',
    settles: [
      'docs/guarantees.md#through-firehose',
      'lib/storage/archive-delivery-stream.ts',
      'lib/storage/stream-prefix.ts',
    ],
    expected:
      'Firehose assumes its role. With one topic and `timeFolder=none`, the object is directly below `topic=TOPIC/`, without `yyyy/MM/dd/HH/`.',
    creates: [{ kind: 'stack', name: '{stack}-stream' }],
    actions: [
      { name: 'deploy', command: deployStream },
      outputs('{stack}-stream', 'Stream'),
      keys('keys', 'StreamArchiveBucketName', { again: produceOne, until: isFound, minutes: 30 }),
      lockOf('StreamArchiveBucketName'),
    ],
    judge: (seen) =>
      listOf(seen.keys?.fact).every((key) => /(^|\/)topic=[^/]+\/[^/]+$/.test(key)) &&
      codeOf(seen, 'lock') === undefined,
  },
  {
    id: 'end-of-provisioned-mode',
    question: 'Does provisioned mode end when its setting is removed?',
    settles: ['docs/configure.md'],
    expected: 'ProvisionedPollerConfig is null, so that no unit is charged any more.',
    needs: ['Mapping'],
    actions: [
      { name: 'deploy', command: deployOnDemand({ ...again, objectLockDays: '1' }) },
      enabled,
    ],
    judge: (seen) => listOf(seen.mapping?.fact)[3] === null,
  },
  {
    id: 'metrics-on-demand',
    question: 'Does Lambda emit the metrics of events for a mapping on demand?',
    settles: ['lib/monitoring/archive-metrics.ts'],
    expected: 'Not documented. If it does, every stack can have the alarms that stand on them.',
    actions: [
      {
        name: 'MetricsConfig',
        command: aws('lambda update-event-source-mapping --uuid {Mapping}', {
          'metrics-config': { Metrics: ['EventCount', 'ErrorCount', 'KafkaMetrics'] },
          query: 'MetricsConfig.Metrics',
        }),
        mayFail: true,
      },
      enabled,
      ask(
        'PolledEventCount since then',
        'cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name PolledEventCount --dimensions Name=EventSourceMappingUUID,Value={Mapping} --start-time {stepStart} --end-time {now} --period 60 --statistics Sum',
        'Datapoints[].Sum',
        { again: produceOne, until: isFound, minutes: 30 },
      ),
    ],
    judge: (seen) => codeOf(seen, 'MetricsConfig') === undefined,
  },
  {
    id: 'disabled-mapping',
    question: 'Does a mapping that an operator has disabled stay disabled when it is updated?',
    settles: ['docs/upgrade.md#pause-the-archive'],
    expected: 'Not documented. The template says nothing of `Enabled`, so it may.',
    needs: ['Mapping'],
    actions: [
      {
        name: 'disable',
        command: aws('lambda update-event-source-mapping --uuid {Mapping} --no-enabled'),
      },
      mapping('before', 'State', { until: (fact) => fact === 'Disabled' }),
      {
        name: 'deploy',
        command: deployOnDemand({ ...again, objectLockDays: '1', memoryMiB: '1152' }),
      },
      mapping('after', 'State', { until: (fact) => fact === 'Disabled' || fact === 'Enabled' }),
    ],
    judge: (seen) => seen.after?.fact === 'Disabled',
  },
  {
    id: 'audit',
    question: 'Does the audit reach the brokers and S3 from the VPC, and audit the topic?',
    settles: ['docs/configure.md#the-audit', 'lib/source/bootstrap-servers.ts'],
    expected:
      'The deployment reads the bootstrap servers. The function signs in with MSK IAM, and its log has a line `topic audited` with the claim `audited`.',
    needs: ['Mapping'],
    actions: [
      ask(
        'network',
        'kafka describe-cluster-v2 --cluster-arn {cluster}',
        'ClusterInfo.[Provisioned.BrokerNodeGroupInfo.[ClientSubnets,SecurityGroups],Serverless.VpcConfigs[0].[SubnetIds,SecurityGroupIds]] | [?@] | [0]',
        {
          isSecret: true,
          save: (fact) => {
            const [subnets, groups] = listOf(fact).map((ids) => listOf(ids).join());
            return { Subnets: subnets ?? '', SecurityGroups: groups ?? '' };
          },
        },
      ),
      {
        name: 'deploy',
        command: deployOnDemand({
          ...{ ...again, objectLockDays: '1', memoryMiB: '1152' },
          ...{ audit: 'true', auditEvery: '5 minutes' },
          ...{ subnetIds: '{Subnets}', securityGroupIds: '{SecurityGroups}' },
        }),
      },
      outputs(),
      ask(
        'audits',
        'logs filter-log-events --log-group-name {AuditLogGroupName} --filter-pattern audited',
        'events[].message',
        { until: isFound, minutes: 30 },
      ),
    ],
    judge: (seen) =>
      listOf(seen.audits?.fact).some((line) => String(line).includes('"claim":"audited"')),
  },
];
