import { isDeepStrictEqual } from 'node:util';
import { Token } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArchiveStack } from '../../lib/archive-stack.ts';
import { propsOf, settingsOf } from '../../lib/kafka-archive-settings.ts';
import {
  clusterArn,
  keyArn,
  mskSecretArn,
  parse,
  secretArn,
  selfManaged,
} from './settings-fixture.ts';
import { parametersOf, startsOf } from './starting-positions.ts';
import {
  bareStack,
  type Resource,
  resourceById,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
  synthesize,
  synthesizeWith,
  templateOf,
} from './synthesize.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';
const ARCHIVE = 'ArchiveFunction2AEC8AC5';
const REPLAY = 'ReplayFunction357550B6';
const ORDERS = 'KafkaTriggerMappingorders7664A39B';
const PAYMENTS = 'KafkaTriggerMappingpayments9C48F43F';
const ARCHIVE_POLICY = 'ArchiveFunctionRoleDefaultPolicyE0222564';

const propertiesById = (template: Template, id: string): Resource['Properties'] =>
  resourceById(template, id).Properties;

/**
 * The settings of each template on file. Review the templates as diffs: every change affects deployed stacks,
 * and a changed logical id deletes a resource. `everything` has a value other than the default for each setting
 * with a simple value.
 */
const templates = {
  msk: { topics: 'orders, payments' },
  'self-managed': {
    ...{ ...selfManaged, clusterArn: undefined, networkHas: undefined, topics: 'orders' },
    rootCaSecretArn: secretArn.replace('archive', 'ca'),
    secretKeyArns: keyArn,
    ...{ vpcId: 'vpc-0a1b2c3d', routeTableIds: 'rtb-0a1b2c3d' },
    ...{ subnetIds: 'subnet-0a1b2c3d, subnet-1a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
    networkAdds: 'brokers, s3, services',
  },
  'firehose-key-lock': {
    topics: 'orders, payments',
    ...{ delivery: 'firehose', bufferSizeMiB: 100, bufferSeconds: 120 },
    ...{ encryptionKey: 'stack', objectLockDays: 365, accessLogDays: 400, tracing: true },
  },
  everything: {
    ...{ stackName: 'Audit', topics: 'orders, payments', consumerGroupId: 'audit-{topic}' },
    ...{ batchSize: 700, batchWindow: 60, startingPosition: '2025-01-01T00:00:00Z' },
    provisionedPollers: { min: 1, max: 4, group: 'shared' },
    ...{ reportBatchItemFailures: true, bisectBatchOnError: true },
    ...{ retryAttempts: 3, maxRecordAge: 7200 },
    schemaRegistry: {
      uri: 'arn:aws:glue:eu-west-1:111122223333:registry/shop',
      format: 'JSON',
      validate: 'KEY, VALUE',
    },
    filters: [{ value: { kind: ['order'] } }],
    ...{ objectPrefix: 'a/b/', timeFolder: 'day', compression: 'zstd', compressionLevel: 9 },
    ...{ objectOf: 'partition', keyEncoding: 'base64', valueEncoding: { payments: 'base64' } },
    ...{ storageClass: 'STANDARD_IA', archiveTransitions: { GLACIER: 90, DEEP_ARCHIVE: 365 } },
    ...{ archiveExpirationDays: 400, noncurrentVersionDays: 10 },
    metadata: { env: 'prod', shard: 3, pii: false },
    ...{ memoryMiB: 2048, timeoutSeconds: 65, maxParallelPuts: 7, logLevel: 'debug' },
    ...{ replayBatchSize: 2, replayConcurrency: 9, replayDelaySeconds: 30, replayTries: 4 },
    ...{ replayRetrySeconds: 20, replayTimeoutSeconds: 600, replayVisibilitySeconds: 4000 },
    replayedRetentionDays: 7,
    alarmSubscriptions: 'on-call@example.com, https://example.com/alarms',
    ...{ dataAgeTargetSeconds: 1200, expectedTrafficMinutes: 45 },
    ...{ audit: true, auditEvery: '30 minutes', auditFullListingDays: 14, autoHeal: 1000 },
    ...{ auditReadsObjects: true, subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
  },
};

describe('the templates on file', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it.each(Object.entries(templates))(
    '%s has no unintended change, and no finding but expected warnings',
    async (name, settings) => {
      const { template, findings } = synthesize(settings);
      const text = JSON.stringify(template.toJSON(), null, 2)
        .replace(/(?<=CurrentVersion\w{8})[0-9a-f]{32}/g, '<hash>')
        .replace(/[0-9a-f]{64}(?=\.zip)/g, '<hash>');
      await expect(`${text}\n`).toMatchFileSnapshot(`../fixtures/lib/${name}.template.json`);
      // Synth warns of Firehose and Object Lock together.
      const warnings = name === 'firehose-key-lock' ? ['lockedDelivery'] : [];
      expect(findings.map(({ ruleName }) => ruleName)).toEqual(
        warnings.map((warning) => `Annotation::msk-s3-archiver:${warning}`),
      );
    },
  );
});

it.each(Object.entries(templates))(
  'hands every setting of %s to the construct, and none changed',
  (_name, given) => {
    const settings = parse({ networkHas: 'brokers, s3, services', ...given });
    const stack = bareStack();
    const props = propsOf(stack, settings);
    expect(settingsOf(stack, settings.stackName, props)).toEqual(settings);
  },
);

describe('the stack of an MSK cluster', () => {
  let template: Template;

  beforeAll(() => {
    template = templateOf({ topics: 'orders, payments' });
  }, SYNTH_TIMEOUT_MS);

  it('allows the archive function only these actions', () => {
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
          Action: ['kafka-cluster:Connect', 'kafka:DescribeClusterV2'],
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
            'kafka:GetBootstrapBrokers',
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

  it.each([
    [511, true],
    [512, false],
  ])('with memoryMiB %i, warns of too little memory: %s', (memoryMiB, isWarned) => {
    const annotations = Annotations.fromStack(stackOf({ memoryMiB }));
    const [id, text] = [
      '/Stack/Archive/Default/ArchiveFunction',
      Match.stringLikeRegexp(`with memoryMiB ${memoryMiB}, .* set memoryMiB to at least 512`),
    ];
    if (isWarned) annotations.hasWarning(id, text);
    else annotations.hasNoWarning(id, text);
  });

  it.each([
    [{ hoursBack: 6 }, true],
    [{ startingPosition: '2026-11-23T03:00:00Z' }, false],
  ])('with %o, warns of a time that moves with each synth: %s', (settings, isWarned) => {
    const annotations = Annotations.fromStack(stackOf(settings));
    const [id, text] = [
      '/Stack/Archive',
      Match.stringLikeRegexp(
        "hoursBack 6 means .* `cdk deploy`, .* set startingPosition to '2026-11-23T03:00:00.000Z' instead",
      ),
    ];
    if (isWarned) annotations.hasWarning(id, text);
    else annotations.hasNoWarning(id, Match.stringLikeRegexp('hoursBack'));
  });
});

/** Clears the settings that apply only to an MSK cluster. */
const overInternet = { clusterArn: undefined, networkHas: undefined };

/** A stack without validation, which takes seconds. */
const stackOf = (settings: Record<string, unknown>): ArchiveStack =>
  new ArchiveStack(bareStack(), 'Archive', { settings: parse(settings) });

/** The differences between two templates that CloudFormation would deploy. */
function changesOf(from: Template, to: Template) {
  const old: Record<string, Resource> = from.toJSON().Resources;
  const next: Record<string, Resource> = to.toJSON().Resources;
  const properties: Record<string, string[]> = {};
  for (const [id, { Properties: before }] of Object.entries(old)) {
    const after = next[id]?.Properties;
    if (after === undefined) continue;
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const differing = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
    // The dashboard and permissions name topics and groups, and are updated in place.
    const isText = ['AWS::CloudWatch::Dashboard', 'AWS::IAM::Policy'].includes(old[id]?.Type ?? '');
    if (differing.length > 0 && !isText) properties[id] = differing;
  }
  const missing = (some: object, others: object) =>
    Object.keys(some).filter((id) => !Object.hasOwn(others, id));
  return { properties, gone: missing(old, next), come: missing(next, old) };
}

describe('other stacks', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('fail if cdk-nag finds a planted problem', () => {
    expect(() => synthesizeWith({}, (stack) => new Bucket(stack, 'Bare'))).toThrow(
      /AwsSolutions-S1'[\s\S]*AwsSolutions-S10'/,
    );
  });

  it('configure archive and replay functions the same for objects', () => {
    const template = templateOf({
      objectPrefix: 'a/b/',
      timeFolder: 'day',
      objectOf: 'partition',
      keyEncoding: 'base64',
      valueEncoding: { orders: 'text' },
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
      OBJECT_OF: 'partition',
      KEY_ENCODING: '{"*":"base64"}',
      VALUE_ENCODING: '{"orders":"text"}',
      COMPRESSION: 'zstd',
      COMPRESSION_LEVEL: '9',
      METADATA: '{"env":"prod"}',
      STORAGE_CLASS: 'GLACIER_IR',
      MAX_PARALLEL_PUTS: '7',
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      POWERTOOLS_SERVICE_NAME: 'KafkaArchive',
    });
    const shared = Object.entries(replay).filter(([name]) => name in archive);
    expect(Object.fromEntries(shared)).toEqual(archive);
  });

  it('validate records with a Confluent registry, without a finding', () => {
    const provisionedPollers = { min: 1, max: 4 };
    const schemaRegistry = { uri: 'https://registry.example.com' };
    expect(synthesize({ provisionedPollers, schemaRegistry }).findings).toEqual([]);
  });

  it('send alarms and notifications to the given topic', () => {
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

  it('make the mapping invoke a version, so that function and mapping change together', () => {
    const provisionedPollers = { min: 1, max: 4 };
    const [off, on] = [false, true].map((reportBatchItemFailures) => {
      const template = templateOf({ provisionedPollers, reportBatchItemFailures });
      const versions = resourcesOf(template, 'AWS::Lambda::Version');
      const [id] = Object.keys(versions);
      expect(propertiesById(template, ORDERS).FunctionName).toEqual({
        'Fn::Join': ['', [{ Ref: ARCHIVE }, ':', { 'Fn::GetAtt': [id, 'Version'] }]],
      });
      return id;
    });
    expect(off).toBeDefined();
    expect(on).not.toBe(off);
  });

  describe('with a setting that a mapping cannot change', () => {
    const before = { topics: 'orders, payments' };
    // The default prefix derives from the first server.
    const servers = { ...selfManaged, ...overInternet, ...before, objectPrefix: 'shop/' };

    it.each<[string, object, object]>([
      ['its consumer group', before, { ...before, consumerGroupId: 'other-{topic}' }],
      ['its bootstrap servers', servers, { ...servers, bootstrapServers: 'b2.example.com:9096' }],
    ])('have new mappings that invoke another version, as Lambda requires: %s', (_, old, next) => {
      const [from, to] = [templateOf({ ...old }), templateOf({ ...next })];
      const changed = changesOf(from, to);

      const isVersion = (id: string) => /^ArchiveFunctionCurrentVersion/.test(id);
      const [version = '', ...others] = changed.gone.filter(isVersion);
      expect(others).toEqual([]);
      expect(changed.come.filter(isVersion)).toHaveLength(1);
      // Until the old mappings are deleted, they invoke the old version.
      expect(resourceById(from, version).DeletionPolicy).toBe('RetainExceptOnCreate');
      expect(changed.properties[ARCHIVE]).toEqual(['Description']);
      for (const mapping of Object.values(resourcesOf(to, MAPPING))) {
        if (mapping.Properties.Topics === undefined) continue;
        const names = JSON.stringify(mapping.Properties.FunctionName);
        expect(names).not.toContain(version);
        expect(names).toContain(changed.come.find(isVersion));
      }
    });

    it('have mappings with other logical ids for another group, whose start is the present setting', () => {
      const from = templateOf({ ...before, startingPosition: 'earliest' });
      const next = { ...before, consumerGroupId: 'other-{topic}', startingPosition: 'latest' };
      const to = templateOf(next);
      const ids = Object.keys(startsOf(from));
      expect(ids).toEqual([ORDERS, PAYMENTS]);
      const starts = startsOf(to, parametersOf(from));
      expect(Object.keys(starts).filter((id) => ids.includes(id))).toEqual([]);
      expect(Object.values(starts)).toEqual([{ position: 'LATEST' }, { position: 'LATEST' }]);
      // Another group under the present ids would be an update that Lambda refuses or ignores.
      const third = Object.keys(startsOf(templateOf({ ...next, consumerGroupId: '3-{topic}' })));
      expect(third.filter((id) => Object.hasOwn(starts, id))).toEqual([]);
    });

    it('have the same mappings with the default group, set explicitly', () => {
      const explicit = { ...before, consumerGroupId: 'KafkaArchive-{topic}' };
      expect(templateOf(explicit).toJSON()).toEqual(templateOf(before).toJSON());
    });

    it("keep the outputs' names with another group", () => {
      const outputsOf = (template: Template) =>
        Object.keys(template.toJSON().Outputs).filter((name) => name.includes('MappingId'));
      const outputs = outputsOf(templateOf(before));
      expect(outputs).toHaveLength(2);
      expect(outputsOf(templateOf({ ...before, consumerGroupId: 'a-{topic}' }))).toEqual(outputs);
    });

    const start = { ...before, startingPosition: '2026-11-22T09:00:00Z' };
    it.each<[string, object, object]>([
      ['another position', before, { ...before, startingPosition: 'latest' }],
      ['another time', start, { ...start, startingPosition: '2026-11-22T10:00:00Z' }],
      ['a time instead of a position', before, { ...before, hoursBack: 3 }],
      ['a position instead of a time', start, before],
    ])('replace nothing and change nothing for a starting position: %s', (_, old, next) => {
      const [from, to] = [templateOf({ ...old }), templateOf({ ...next })];
      expect(changesOf(from, to)).toEqual({ properties: {}, gone: [], come: [] });
      expect(startsOf(to, parametersOf(from))).toEqual(startsOf(from));
      expect(startsOf(to)).not.toEqual(startsOf(from));
    });

    it('start a new topic, or the topics of another cluster, at the present setting', () => {
      const from = templateOf({ topics: 'orders' });
      const latest = { ...before, startingPosition: 'latest' };
      expect(startsOf(templateOf(latest), parametersOf(from))).toEqual({
        [ORDERS]: { position: 'TRIM_HORIZON' },
        [PAYMENTS]: { position: 'LATEST' },
      });
      const other = templateOf({ ...latest, clusterArn: clusterArn.replace('example', 'other') });
      expect(startsOf(other, parametersOf(from))).toEqual({
        [ORDERS]: { position: 'LATEST' },
        [PAYMENTS]: { position: 'LATEST' },
      });
    });

    it.each<[string, object]>([
      ['what a mapping can change', { batchSize: 7, batchWindow: 9, provisionedPollers: {} }],
      ['another topic', { topics: 'orders, payments, refunds' }],
    ])('keep the version that they have: %s', (_, change) => {
      const changed = changesOf(templateOf(before), templateOf({ ...before, ...change }));
      expect(changed.gone).toEqual([]);
      expect(changed.come.filter((id) => id.includes('Version'))).toEqual([]);
      for (const id of [ORDERS, PAYMENTS]) {
        expect(changed.properties[id] ?? []).not.toContain('FunctionName');
      }
    });
  });

  it("do not change a topic's mapping when another topic is added", () => {
    const mappingsOf = (topics: string) => resourcesOf(templateOf({ topics }), MAPPING);
    expect(mappingsOf('orders')[ORDERS]).toBeDefined();
    expect(mappingsOf('payments, orders')[ORDERS]).toEqual(mappingsOf('orders')[ORDERS]);
  });

  it('read a self-managed cluster with its secret, without network interfaces', () => {
    const { template, findings } = synthesize({ ...selfManaged, ...overInternet });
    expect(propertiesById(template, ORDERS)).toMatchObject({
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['b1.example.com:9096'] } },
    });
    const policy = JSON.stringify(propertiesById(template, ARCHIVE_POLICY));
    expect(policy).toContain(secretArn);
    expect(policy).not.toMatch(/"(ec2|kafka|kafka-cluster):/);
    expect(findings).toEqual([]);
  });

  it.each([
    ['arn:aws:', 'eu-west-1', ['amazonaws.com'], 'amazonaws.com'],
    ['arn:aws-cn:', 'cn-north-1', ['amazonaws.com', 'amazonaws.com.cn'], 'amazonaws.com.cn'],
  ])('with a key, name the endpoints of the partition: %s', (arn, region, suffixes, ofLogs) => {
    const local = (value: string) => value.replace('arn:aws:', arn).replace('eu-west-1', region);
    const template = templateOf({
      clusterArn: local(clusterArn),
      ...{ secretArn: local(mskSecretArn), secretKeyArns: local(keyArn) },
      encryptionKey: 'stack',
    });
    const endpoints = JSON.stringify(template.toJSON()).match(
      new RegExp(`"(?:logs|s3|secretsmanager|sqs)\\.${region}\\.[^"]*`, 'g'),
    );
    const expected = ['s3', 'secretsmanager', 'sqs'].flatMap((service) =>
      suffixes.map((suffix) => `"${service}.${region}.${suffix}`),
    );
    expect([...new Set(endpoints)].sort()).toEqual([`"logs.${region}.${ofLogs}`, ...expected]);
  });

  it("are deployed to the cluster's account and region, or those of the credentials", () => {
    const { account, region } = stackOf({});
    expect({ account, region }).toEqual({ account: '111122223333', region: 'eu-west-1' });
    const anywhere = stackOf({ ...selfManaged, clusterArn: undefined });
    expect(Token.isUnresolved(anywhere.account) && Token.isUnresolved(anywhere.region)).toBe(true);
  });
});
