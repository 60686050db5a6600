import { isDeepStrictEqual } from 'node:util';
import { Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArchiveStack } from '../../lib/archive-stack.ts';
import { clusterArn, parse, secretArn, selfManaged } from './settings-fixture.ts';
import {
  bareStack,
  type Resource,
  resourceById,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
  type Synthesis,
  synthesize,
} from './synthesize.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';
const ARCHIVE = 'ArchiveFunction2AEC8AC5';
const REPLAY = 'ReplayFunction357550B6';
const REPLAY_QUEUE = 'FailedBatchesReplayQueueF336E480';
const DEAD_LETTER_QUEUE = 'FailedBatchesDeadLetterQueueF82B3E85';
const ORDERS = 'KafkaTriggerMappingorders7664A39B';
const PAYMENTS = 'KafkaTriggerMappingpayments9C48F43F';
const ALARM_TOPIC = 'MonitoringAlarmTopic40534090';
const ARCHIVE_POLICY = 'ArchiveFunctionRoleDefaultPolicyE0222564';

const propertiesById = (template: Template, id: string): Resource['Properties'] =>
  resourceById(template, id).Properties;

describe('the stack of an MSK cluster', () => {
  let synthesis: Synthesis;
  let template: Template;

  beforeAll(() => {
    synthesis = synthesize({ topics: 'orders, payments' });
    template = synthesis.template;
  }, SYNTH_TIMEOUT_MS);

  it('has a bucket and a function to archive, a mapping per topic, what replays, and what watches', () => {
    const resources: Record<string, Resource> = template.toJSON().Resources;
    const withoutHash = (id: string) => id.replace(/(?<=CurrentVersion.{8}).*/, '');
    expect(Object.entries(resources).map(([id, { Type }]) => [Type, withoutHash(id)])).toEqual([
      ['AWS::S3::Bucket', 'ArchiveBucket'],
      ['AWS::S3::BucketPolicy', 'ArchiveBucketPolicy13E3D5ED'],
      ['AWS::SQS::Queue', DEAD_LETTER_QUEUE],
      ['AWS::SQS::QueuePolicy', 'FailedBatchesDeadLetterQueuePolicyFDFCC07E'],
      ['AWS::SQS::Queue', REPLAY_QUEUE],
      ['AWS::SQS::QueuePolicy', 'FailedBatchesReplayQueuePolicyAC660BCE'],
      ['AWS::S3::Bucket', 'FailedBatchBucket'],
      ['AWS::S3::BucketPolicy', 'FailedBatchesBucketPolicyDC215D2A'],
      ['AWS::Logs::LogGroup', 'ArchiveFunctionLogGroup3A1FC027'],
      ['AWS::IAM::Role', 'ArchiveFunctionRoleFFDB92A1'],
      ['AWS::IAM::Policy', ARCHIVE_POLICY],
      ['AWS::Lambda::Function', ARCHIVE],
      ['AWS::Lambda::Version', 'ArchiveFunctionCurrentVersion6C1E88B1'],
      [MAPPING, ORDERS],
      [MAPPING, PAYMENTS],
      ['AWS::KMS::Key', 'MonitoringAlarmTopicKey22E4A359'],
      ['AWS::SNS::Topic', ALARM_TOPIC],
      ['AWS::SNS::TopicPolicy', 'MonitoringAlarmTopicPolicy037A9D15'],
      ['AWS::CloudWatch::Alarm', 'MonitoringLagGrowing058B3A10'],
      ['AWS::CloudWatch::Alarm', 'MonitoringDataAgeD833D174'],
      ['AWS::CloudWatch::Alarm', 'MonitoringFunctionErrors40FB895E'],
      ['AWS::CloudWatch::Alarm', 'MonitoringNearTimeoutBBC4BDB9'],
      ['AWS::CloudWatch::Alarm', 'MonitoringThrottled547E2D6A'],
      ['AWS::CloudWatch::Alarm', 'MonitoringKeyConflict8A075D6C'],
      ['AWS::CloudWatch::Alarm', 'MonitoringDeadLetterBE7DDE94'],
      ['AWS::CloudWatch::Alarm', 'MonitoringFailedBatchWaiting938DC7D4'],
      ['AWS::CloudWatch::Alarm', 'MonitoringDestinationDeliveryFailedDE975C03'],
      ['AWS::CloudWatch::Alarm', 'MonitoringReplayFunctionErrors9D58CFFB'],
      ['AWS::CloudWatch::Dashboard', 'MonitoringDashboard0C3675C6'],
      ['AWS::Logs::QueryDefinition', 'MonitoringSlowestBatchesBBE2D73B'],
      ['AWS::Logs::QueryDefinition', 'MonitoringFailuresByCode953BC6AF'],
      ['AWS::Logs::QueryDefinition', 'MonitoringArchivedOffsets4E9F9C69'],
      ['AWS::Logs::QueryDefinition', 'MonitoringDeadLetters21FA5D82'],
      ['AWS::Logs::LogGroup', 'ReplayFunctionLogGroupF4F60C2E'],
      ['AWS::IAM::Role', 'ReplayFunctionRoleB21B89CD'],
      ['AWS::IAM::Policy', 'ReplayFunctionRoleDefaultPolicy50BF5CCD'],
      ['AWS::Lambda::Function', REPLAY],
      [MAPPING, 'ReplayFunctionMapping345AF49A'],
      ['AWS::IAM::ManagedPolicy', 'OperatorPolicy7DB21D32'],
    ]);
  });

  it('lets the archive function do this and nothing else', () => {
    const arn = (type: string, name: string): string =>
      `${clusterArn.replace(':cluster/', `:${type}/`)}/${name}`;
    expect(propertiesById(template, ARCHIVE_POLICY).PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: { 'Fn::GetAtt': ['ArchiveFunctionLogGroup3A1FC027', 'Arn'] },
        },
        {
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:PutObject'],
          Resource: {
            'Fn::Join': ['', [{ 'Fn::GetAtt': ['ArchiveBucket', 'Arn'] }, '/example/*']],
          },
        },
        {
          Effect: 'Allow',
          Action: ['kafka-cluster:Connect', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
          Resource: clusterArn,
        },
        {
          Effect: 'Allow',
          Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
          Resource: [arn('topic', 'orders'), arn('topic', 'payments')],
        },
        {
          Effect: 'Allow',
          Action: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
          Resource: [arn('group', 'KafkaArchive-orders'), arn('group', 'KafkaArchive-payments')],
        },
        {
          Effect: 'Allow',
          Action: [
            'ec2:CreateNetworkInterface',
            'ec2:DeleteNetworkInterface',
            'ec2:DescribeNetworkInterfaces',
            'ec2:DescribeSecurityGroups',
            'ec2:DescribeSubnets',
            'ec2:DescribeVpcs',
          ],
          Resource: '*',
        },
        {
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: { 'Fn::GetAtt': ['FailedBatchBucket', 'Arn'] },
          Condition: { StringEquals: { 's3:ResourceAccount': '111122223333' } },
        },
        {
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['FailedBatchBucket', 'Arn'] }, '/*']] },
          Condition: { StringEquals: { 's3:ResourceAccount': '111122223333' } },
        },
      ],
    });
  });

  it('takes the defaults of the contract', () => {
    expect(propertiesById(template, ARCHIVE)).toMatchObject({
      MemorySize: 1024,
      Timeout: 120,
      Environment: {
        Variables: {
          OBJECT_PREFIX: 'example/',
          TIME_FOLDER: 'hour',
          COMPRESSION: 'gzip',
          COMPRESSION_LEVEL: '6',
          METADATA: '{}',
          MAX_PARALLEL_PUTS: '16',
          REPORT_BATCH_ITEM_FAILURES: 'false',
          POWERTOOLS_LOG_LEVEL: 'INFO',
        },
      },
    });
    for (const id of [ORDERS, PAYMENTS]) {
      expect(propertiesById(template, id)).toMatchObject({
        BatchSize: 10_000,
        MaximumBatchingWindowInSeconds: 300,
        StartingPosition: 'TRIM_HORIZON',
      });
    }
  });

  it('tells the replay function whom to tell of dead letters, and where the other log is', () => {
    expect(propertiesById(template, REPLAY)).toMatchObject({
      Environment: {
        Variables: {
          ALARM_TOPIC_ARN: { Ref: ALARM_TOPIC },
          ARCHIVE_LOG_GROUP: { Ref: 'ArchiveFunctionLogGroup3A1FC027' },
        },
      },
    });
  });

  it('takes the defaults of the contract for replay', () => {
    expect(propertiesById(template, REPLAY)).toMatchObject({ MemorySize: 1024, Timeout: 300 });
    expect(propertiesById(template, REPLAY_QUEUE)).toMatchObject({
      DelaySeconds: 60,
      RedrivePolicy: { maxReceiveCount: 10 },
      VisibilityTimeout: 1800,
    });
    expect(propertiesById(template, 'ReplayFunctionMapping345AF49A')).toMatchObject({
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    expect(propertiesById(template, 'FailedBatchBucket').LifecycleConfiguration).toMatchObject({
      Rules: [{}, { ExpirationInDays: 30 }, {}],
    });
  });

  it('has each mapping keep what it gives up in the failed-batch bucket', () => {
    for (const id of [ORDERS, PAYMENTS]) {
      expect(propertiesById(template, id).DestinationConfig).toEqual({
        OnFailure: { Destination: { 'Fn::GetAtt': ['FailedBatchBucket', 'Arn'] } },
      });
      expect(resourceById(template, id).DependsOn).toEqual([ARCHIVE_POLICY]);
    }
  });

  it('tells the names to look for afterwards', () => {
    const outputs: Record<string, { readonly Value: unknown }> = template.toJSON().Outputs;
    expect(Object.entries(outputs).map(([id, { Value }]) => [id, Value])).toEqual([
      ['KafkaTriggerMappingIdorders45BD6D7D', { Ref: ORDERS }],
      ['KafkaTriggerMappingIdpaymentsD68E5040', { Ref: PAYMENTS }],
      ['ArchiveBucketName', { Ref: 'ArchiveBucket' }],
      ['ArchiveFunctionName', { Ref: ARCHIVE }],
      ['ArchiveLogGroupName', { Ref: 'ArchiveFunctionLogGroup3A1FC027' }],
      ['FailedBatchBucketName', { Ref: 'FailedBatchBucket' }],
      ['ReplayQueueUrl', { Ref: REPLAY_QUEUE }],
      ['DeadLetterQueueUrl', { Ref: DEAD_LETTER_QUEUE }],
      ['ReplayFunctionName', { Ref: REPLAY }],
      ['ReplayLogGroupName', { Ref: 'ReplayFunctionLogGroupF4F60C2E' }],
      ['AlarmTopicArn', { Ref: ALARM_TOPIC }],
      ['DashboardName', { Ref: 'MonitoringDashboard0C3675C6' }],
      ['OperatorPolicyArn', { Ref: 'OperatorPolicy7DB21D32' }],
    ]);
  });

  it('carries the tag of the project on all that has tags', () => {
    const tags = [{ Key: 'project', Value: 'msk-s3-archiver' }];
    const types = [
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
      'AWS::Logs::LogGroup',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::CloudWatch::Alarm',
      'AWS::KMS::Key',
      'AWS::SNS::Topic',
      MAPPING,
    ];
    for (const type of types) template.allResourcesProperties(type, { Tags: tags });
  });

  it('is the one on file, to show what a change changes', async () => {
    const text = JSON.stringify(template.toJSON(), null, 2)
      .replace(/(?<=CurrentVersion\w{8})[0-9a-f]{32}/g, '<hash>')
      .replace(/[0-9a-f]{64}(?=\.zip)/g, '<hash>');
    await expect(`${text}\n`).toMatchFileSnapshot('../fixtures/lib/template.json');
  });

  it('has no finding and no warning', () => {
    expect(synthesis.findings).toEqual([]);
  });
});

/** Nothing that an MSK cluster alone has. */
const overInternet = { clusterArn: undefined, networkHas: undefined };

/** A stack without validation, which takes seconds. */
const stackOf = (settings: Record<string, unknown>): ArchiveStack =>
  new ArchiveStack(bareStack(), 'Archive', { settings: parse(settings) });

const templateOf = (settings: Record<string, unknown>): Template =>
  Template.fromStack(stackOf(settings));

/** How a template differs from another one, as CloudFormation would update it. */
function changesOf(from: Template, to: Template) {
  const old: Record<string, Resource> = from.toJSON().Resources;
  const next: Record<string, Resource> = to.toJSON().Resources;
  const properties: Record<string, string[]> = {};
  for (const [id, { Properties: before }] of Object.entries(old)) {
    const after = next[id]?.Properties;
    if (after === undefined) continue;
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const differing = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
    // Graphs and permissions name topics and groups, and nothing is replaced for them.
    const isText = ['AWS::CloudWatch::Dashboard', 'AWS::IAM::Policy'].includes(old[id]?.Type ?? '');
    if (differing.length > 0 && !isText) properties[id] = differing;
  }
  const missing = (some: object, others: object) =>
    Object.keys(some).filter((id) => !Object.hasOwn(others, id));
  return { properties, gone: missing(old, next), come: missing(next, old) };
}

describe('other stacks', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('fail when something is planted for cdk-nag to find', () => {
    expect(() => synthesize({}, (stack) => new Bucket(stack, 'Bare'))).toThrow(
      /AwsSolutions-S1'[\s\S]*AwsSolutions-S10'/,
    );
  });

  it('tell mapping and function the same about partial responses', () => {
    const { template, findings } = synthesize({
      provisionedPollers: { min: 1, max: 4, group: 'shared' },
      reportBatchItemFailures: true,
      metadata: { env: 'prod' },
      objectPrefix: '',
    });
    expect(propertiesById(template, ORDERS)).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 4, PollerGroupName: 'shared' },
    });
    expect(propertiesById(template, ARCHIVE)).toMatchObject({
      Environment: {
        Variables: { REPORT_BATCH_ITEM_FAILURES: 'true', METADATA: '{"env":"prod"}' },
      },
    });
    expect(findings).toEqual([]);
  });

  it('tell archive and replay the same about objects', () => {
    const template = templateOf({
      objectPrefix: 'a/b/',
      timeFolder: 'day',
      compression: 'zstd',
      compressionLevel: 9,
      metadata: { env: 'prod' },
      storageClass: 'GLACIER_IR',
      maxParallelPuts: 7,
      logLevel: 'debug',
      memoryMiB: 2048,
    });
    const variablesOf = (id: string) => {
      const { Environment, MemorySize } = propertiesById(template, id);
      expect(MemorySize).toBe(2048);
      const { Variables } = Environment as { Variables: Readonly<Record<string, unknown>> };
      return Variables;
    };
    const { REPORT_BATCH_ITEM_FAILURES, ...archive } = variablesOf(ARCHIVE);
    const replay = variablesOf(REPLAY);

    expect(archive).toEqual({
      ARCHIVE_BUCKET: { Ref: 'ArchiveBucket' },
      OBJECT_PREFIX: 'a/b/',
      TIME_FOLDER: 'day',
      COMPRESSION: 'zstd',
      COMPRESSION_LEVEL: '9',
      METADATA: '{"env":"prod"}',
      STORAGE_CLASS: 'GLACIER_IR',
      MAX_PARALLEL_PUTS: '7',
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      POWERTOOLS_SERVICE_NAME: 'KafkaArchive',
      NODE_OPTIONS: '--enable-source-maps',
    });
    const shared = Object.entries(replay).filter(([name]) => name in archive);
    expect(Object.fromEntries(shared)).toEqual(archive);
  });

  it('give each setting of retry and replay to its resource', () => {
    const { template, findings } = synthesize({
      provisionedPollers: { min: 1, max: 4 },
      retryAttempts: 3,
      maxRecordAge: 7200,
      bisectBatchOnError: true,
      replayBatchSize: 2,
      replayConcurrency: 9,
      replayDelaySeconds: 30,
      replayRetrySeconds: 20,
      replayTries: 4,
      replayTimeoutSeconds: 600,
      replayVisibilitySeconds: 4000,
      replayedRetentionDays: 7,
    });

    expect(propertiesById(template, ORDERS)).toMatchObject({
      MaximumRetryAttempts: 3,
      MaximumRecordAgeInSeconds: 7200,
      BisectBatchOnFunctionError: true,
    });
    expect(propertiesById(template, REPLAY)).toMatchObject({
      Timeout: 600,
      Environment: { Variables: { REPLAY_TRIES: '4', REPLAY_RETRY_SECONDS: '20' } },
    });
    expect(propertiesById(template, 'ReplayFunctionMapping345AF49A')).toMatchObject({
      BatchSize: 2,
      ScalingConfig: { MaximumConcurrency: 9 },
    });
    expect(propertiesById(template, REPLAY_QUEUE)).toMatchObject({
      DelaySeconds: 30,
      RedrivePolicy: { maxReceiveCount: 4 },
      VisibilityTimeout: 4000,
    });
    expect(propertiesById(template, 'FailedBatchBucket').LifecycleConfiguration).toMatchObject({
      Rules: [{}, { ExpirationInDays: 7 }, {}],
    });
    expect(findings).toEqual([]);
  });

  it('give each setting of storage to the archive bucket', () => {
    const { template, findings } = synthesize({
      storageClass: 'STANDARD_IA',
      archiveTransitions: { GLACIER: 90 },
      archiveExpirationDays: 400,
      noncurrentVersionDays: 10,
    });
    expect(propertiesById(template, 'ArchiveBucket').LifecycleConfiguration).toMatchObject({
      Rules: [
        {},
        {
          Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 90 }],
          ExpirationInDays: 400,
          NoncurrentVersionExpiration: { NoncurrentDays: 10 },
        },
        {},
      ],
    });
    expect(findings).toEqual([]);
  });

  it('give each setting of alarms to its resource', () => {
    const { template, findings } = synthesize({
      alarmSubscriptions: 'on-call@example.com, https://example.com/alarms',
      dataAgeTargetSeconds: 1200,
      expectedTrafficMinutes: 45,
      batchSize: 700,
      timeoutSeconds: 65,
    });
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
    const alarm = (name: string) =>
      alarms.find(({ Properties }) => Properties.AlarmName === `KafkaArchive-${name}`)?.Properties;

    expect(alarm('data-age')).toMatchObject({ Threshold: 1_200_000 });
    expect(alarm('no-records-orders')).toMatchObject({ EvaluationPeriods: 45 });
    expect(alarm('near-timeout')).toMatchObject({ Threshold: 48_000 });
    expect(alarm('lag-growing')).toMatchObject({
      Metrics: [{ Expression: expect.stringContaining('lag > 700 ') }, {}],
    });
    const subscriptions = Object.values(resourcesOf(template, 'AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties.Endpoint)).toEqual([
      'on-call@example.com',
      'https://example.com/alarms',
    ]);
    expect(findings).toEqual([]);
  });

  it('watch the pollers and the events of mappings in provisioned mode', () => {
    const { template, findings } = synthesize({
      topics: 'orders, payments',
      provisionedPollers: { min: 1, max: 4 },
    });
    const graphOf = (title: string) => {
      const [dashboard] = Object.values(resourcesOf(template, 'AWS::CloudWatch::Dashboard'));
      const body = JSON.stringify(dashboard?.Properties.DashboardBody).replaceAll('\\', '');
      const [, metrics] = body.split(`"title":"${title}"`);
      const [graph = ''] = metrics?.split('"title"') ?? [];
      return [ORDERS, PAYMENTS].map((id) => graph.includes(id));
    };
    for (const title of [
      'Pollers: provisioned, by topic',
      'Pollers: event poller units, by topic',
      'Events: in failed invocations, by topic',
      'Events: dropped, by topic',
    ]) {
      expect([title, graphOf(title)]).toEqual([title, [true, true]]);
    }
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
    expect(alarms.map(({ Properties }) => Properties.AlarmName)).toContain(
      'KafkaArchive-dropped-events',
    );
    expect(propertiesById(template, ORDERS).MetricsConfig).toBeDefined();
    expect(findings).toEqual([]);
  });

  it.each(['arn:aws:glue:eu-west-1:111122223333:registry/shop', 'https://registry.example.com'])(
    'have records checked by the registry %s without a finding',
    (uri) => {
      const provisionedPollers = { min: 1, max: 4 };
      const { findings } = synthesize({ provisionedPollers, schemaRegistry: { uri } });
      expect(findings).toEqual([]);
    },
  );

  it('trace invocations where that is set', () => {
    const { template, findings } = synthesize({ ...selfManaged, ...overInternet, tracing: true });
    for (const id of [ARCHIVE, REPLAY]) {
      expect(propertiesById(template, id).TracingConfig).toEqual({ Mode: 'Active' });
    }
    const traced = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).filter(
      ({ Properties }) => JSON.stringify(Properties).includes('xray:PutTraceSegments'),
    );
    expect(traced).toHaveLength(2);
    expect(findings).toEqual([]);
    expect(JSON.stringify(templateOf({}).toJSON())).not.toContain('xray');
  });

  it('send alarms and notifications to the topic that is set', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:222233334444:on-call';
    const { template, findings } = synthesize({ alarmTopicArn });
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [alarmTopicArn],
      OKActions: [alarmTopicArn],
    });
    expect(resourcesOf(template, 'AWS::SNS::Topic')).toEqual({});
    expect(resourcesOf(template, 'AWS::KMS::Key')).toEqual({});
    expect(template.toJSON().Outputs.AlarmTopicArn).toEqual({ Value: alarmTopicArn });
    expect(propertiesById(template, REPLAY)).toMatchObject({
      Environment: { Variables: { ALARM_TOPIC_ARN: alarmTopicArn } },
    });
    expect(findings).toEqual([]);
  });

  it('have the mapping invoke a version, so that function and mapping change in one update', () => {
    const provisionedPollers = { min: 1, max: 4 };
    const [off, on] = [false, true].map((reportBatchItemFailures) => {
      const template = templateOf({ provisionedPollers, reportBatchItemFailures });
      const versions = resourcesOf(template, 'AWS::Lambda::Version');
      const [[id, version] = []] = Object.entries(versions);
      expect(version).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(propertiesById(template, ORDERS).FunctionName).toEqual({
        'Fn::Join': ['', [{ Ref: ARCHIVE }, ':', { 'Fn::GetAtt': [id, 'Version'] }]],
      });
      return id;
    });
    expect(off).toBeDefined();
    expect(on).not.toBe(off);
  });

  describe('whose mapping is replaced, since it cannot change', () => {
    const before = { topics: 'orders, payments' };
    // The prefix is that of the first server if it is not set.
    const servers = { ...selfManaged, ...overInternet, ...before, objectPrefix: 'shop/' };

    it.each<[string, object, object]>([
      ['the starting position', before, { ...before, startingPosition: 'latest' }],
      [
        'the time of the starting position',
        { ...before, startingPosition: '2026-11-22T09:00:00Z' },
        { ...before, startingPosition: '2026-11-22T10:00:00Z' },
      ],
      ['the consumer group', before, { ...before, consumerGroupId: 'other-{topic}' }],
      ['the bootstrap servers', servers, { ...servers, bootstrapServers: 'b2.example.com:9096' }],
    ])('invoke the function by another ARN, as Lambda wants: %s', (_, old, next) => {
      const from = templateOf({ ...old });
      const to = templateOf({ ...next });
      const changed = changesOf(from, to);

      // The resources are the same, but for a version of the function; the old one is kept.
      expect(changed.gone).toEqual([expect.stringMatching(/^ArchiveFunctionCurrentVersion/)]);
      expect(changed.come).toEqual([expect.stringMatching(/^ArchiveFunctionCurrentVersion/)]);
      const [version = ''] = changed.gone;
      expect(resourceById(from, version).DeletionPolicy).toBe('Retain');
      expect(changed.properties[ARCHIVE]).toEqual(['Description']);
      for (const id of [ORDERS, PAYMENTS]) {
        expect(changed.properties[id]).toContain('FunctionName');
        expect(changed.properties[id]).toHaveLength(2);
      }
      expect(Object.keys(changed.properties).sort()).toEqual([ARCHIVE, ORDERS, PAYMENTS].sort());
    });

    it.each<[string, object]>([
      ['what a mapping can change', { batchSize: 7, batchWindow: 9, provisionedPollers: {} }],
      ['another topic', { topics: 'orders, payments, refunds' }],
    ])('go on with the version that they have, for %s', (_, change) => {
      const changed = changesOf(templateOf(before), templateOf({ ...before, ...change }));
      expect(changed.gone).toEqual([]);
      expect(changed.come.filter((id) => id.includes('Version'))).toEqual([]);
      for (const id of [ORDERS, PAYMENTS]) {
        expect(changed.properties[id] ?? []).not.toContain('FunctionName');
      }
    });
  });

  it('keep the mapping of a topic as it is when another topic is added', () => {
    const mappingsOf = (topics: string) => resourcesOf(templateOf({ topics }), MAPPING);
    expect(mappingsOf('orders')[ORDERS]).toBeDefined();
    expect(mappingsOf('payments, orders')[ORDERS]).toEqual(mappingsOf('orders')[ORDERS]);
  });

  it('read a self-managed cluster with its secret and without a network interface', () => {
    const { template, findings } = synthesize({ ...selfManaged, ...overInternet });
    expect(propertiesById(template, ORDERS)).toMatchObject({
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['b1.example.com:9096'] } },
    });
    const policy = JSON.stringify(propertiesById(template, ARCHIVE_POLICY));
    expect(policy).toContain(secretArn);
    expect(policy).not.toMatch(/"(ec2|kafka|kafka-cluster):/);
    expect(findings).toEqual([]);
  });

  it('go to the account and region of the cluster, or where the credentials point', () => {
    const { account, region } = stackOf({});
    expect({ account, region }).toEqual({ account: '111122223333', region: 'eu-west-1' });
    const anywhere = stackOf({ ...selfManaged, clusterArn: undefined });
    expect(Token.isUnresolved(anywhere.account) && Token.isUnresolved(anywhere.region)).toBe(true);
  });
});
