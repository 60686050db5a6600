import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Call,
  commandsOf,
  dashboardCalls,
  type ResourceKind,
  runbookCommands,
} from './runbook-commands.ts';
import { keyArn } from './settings-fixture.ts';
import {
  type Resource,
  resourceById,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
  type Synthesis,
  synthesize,
} from './synthesize.ts';

const KEY = 'EncryptionKey1B843E66';
const TOPIC_KEY = 'MonitoringAlarmTopicKey22E4A359';
const workgroup = 'arn:aws:athena:eu-west-1:111122223333:workgroup/KafkaArchive';
const keyOfStack = { 'Fn::GetAtt': [KEY, 'Arn'] };

const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
/** The resources of the operator policy, by kind. */
const operatorResources: Readonly<Partial<Record<ResourceKind, unknown>>> = {
  account: '*',
  'alarm topic': { Ref: 'MonitoringAlarmTopic40534090' },
  'archive bucket': arn('ArchiveBucket'),
  'archive function': arn('ArchiveFunction2AEC8AC5'),
  'archive log': arn('ArchiveFunctionLogGroup3A1FC027'),
  'audit function': arn('AuditFunction10F8BAC3'),
  'audit log': arn('AuditFunctionLogGroupA798C3E4'),
  'check log': arn('CatalogCheckLogGroupA39B8E06'),
  dashboard: 'arn:aws:cloudwatch::111122223333:dashboard/KafkaArchive',
  'dead-letter queue': arn('FailedBatchesDeadLetterQueueF82B3E85'),
  'delivery stream': arn('DeliveryStreamD784C6F5'),
  'derived bucket': arn('DerivedBucket'),
  'failed batches': { 'Fn::Join': ['', [arn('FailedBatchBucket'), '/*']] },
  'failed-batch bucket': arn('FailedBatchBucket'),
  'healed batches': { 'Fn::Join': ['', [arn('FailedBatchBucket'), '/kafka-archive/heal/*']] },
  'hour records': { 'Fn::Join': ['', [arn('DerivedBucket'), '/hours/*']] },
  ledgers: { 'Fn::Join': ['', [arn('DerivedBucket'), '/audit/*']] },
  mappings: 'arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:*',
  'replay function': arn('ReplayFunction357550B6'),
  'replay log': arn('ReplayFunctionLogGroupF4F60C2E'),
  'replay queue': arn('FailedBatchesReplayQueueF336E480'),
  // Asked by name, CloudFormation authorizes this text, and not the id of the stack.
  stack: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/KafkaArchive/*',
  'stream log': arn('DeliveryLogGroup69B912FF'),
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_POLICY_CHARACTERS = 6144;

const readFile = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const readPage = (name: string): string => readFile(`../../docs/${name}.md`);

let plain: Synthesis;
let guarded: Synthesis;

const audit = { audit: true, subnetIds: 'subnet-11111111', securityGroupIds: 'sg-22222222' };

beforeAll(() => {
  plain = synthesize();
  const protection = { encryptionKey: 'stack', objectLockDays: 365, accessLogDays: 400 };
  guarded = synthesize({ ...audit, ...protection });
}, SYNTH_TIMEOUT_MS);

const propertiesOf = ({ template }: Synthesis, id: string): Resource['Properties'] =>
  resourceById(template, id).Properties;

const typeOf = ({ template }: Synthesis, type: string): Readonly<Record<string, Resource>> =>
  resourcesOf(template, type);

/**
 * The resources that outlive the stack, by logical id without hash, each with its `DeletionPolicy` and its
 * `UpdateReplacePolicy`.
 */
const keptBy = ({ template }: Synthesis): Record<string, string> => {
  const resources: Record<string, Resource> = template.toJSON().Resources;
  return Object.fromEntries(
    Object.entries(resources)
      .filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete')
      .map(([id, { DeletionPolicy, UpdateReplacePolicy }]) => [
        id.replace(/[0-9A-F]{8}(?:[0-9a-f]{32})?$/, ''),
        `${DeletionPolicy}, ${UpdateReplacePolicy}`,
      ]),
  );
};

/** The statements of a role or a policy about a key, except the alarm topic's key. */
function keyStatements({ template }: Synthesis): Record<string, unknown[]> {
  const types = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'];
  const policies = types.flatMap((type) => Object.entries(resourcesOf(template, type)));
  return Object.fromEntries(
    policies.map(([id, { Properties }]) => {
      const { Statement } = Properties.PolicyDocument as {
        Statement: { Action: unknown; Resource: unknown }[];
      };
      const found = Statement.filter(
        ({ Action, Resource }) =>
          JSON.stringify(Action).includes('kms:') && !JSON.stringify(Resource).includes(TOPIC_KEY),
      );
      return [id.replace(/[0-9A-F]{8}$/, ''), found];
    }),
  );
}

describe('deleting the stack', () => {
  it('retains the resources that hold records, and those needed to read them, unless their own creation fails', () => {
    // A deployment that fails deletes what it has created, so that the next one can create it again.
    const kept = 'RetainExceptOnCreate, Retain';
    const always = {
      ArchiveBucket: kept,
      ArchiveBucketPolicy: kept,
      // Versions hold no data, and are deleted with their function.
      ArchiveFunctionCurrentVersion: kept,
      FailedBatchBucket: kept,
      FailedBatchesBucketPolicy: kept,
      FailedBatchesDeadLetterQueue: kept,
      FailedBatchesDeadLetterQueuePolicy: kept,
    };
    expect(keptBy(plain)).toEqual(always);
    expect(keptBy(guarded)).toEqual({
      ...always,
      DerivedBucket: kept,
      DerivedBucketPolicy: kept,
      AccessLogBucket: kept,
      AccessLogsBucketPolicy: kept,
      // A bucket that already has objects is not deleted, and cannot be read without its key.
      EncryptionKey: 'Retain, Retain',
    });
  });
});

describe('the encryption key', () => {
  it('is not a KMS key by default', () => {
    expect(JSON.stringify(keyStatements(plain))).not.toContain('kms:');
  });

  it('of the stack encrypts buckets (with few calls), queues and logs', () => {
    for (const id of ['ArchiveBucket', 'DerivedBucket', 'FailedBatchBucket']) {
      expect(propertiesOf(guarded, id).BucketEncryption).toEqual({
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              KMSMasterKeyID: keyOfStack,
              SSEAlgorithm: 'aws:kms',
            },
          },
        ],
      });
    }
    const queues = Object.values(typeOf(guarded, 'AWS::SQS::Queue'));
    expect(queues.map(({ Properties }) => Properties.KmsMasterKeyId)).toEqual([
      keyOfStack,
      keyOfStack,
    ]);
    const logs = Object.values(typeOf(guarded, 'AWS::Logs::LogGroup'));
    expect(logs.map(({ Properties }) => Properties.KmsKeyId)).toEqual(logs.map(() => keyOfStack));
    expect(guarded.findings).toEqual([]);
  });

  it("rotates, and allows access to the account, S3's events, the stack's logs and results of queries", () => {
    const { EnableKeyRotation, KeyPolicy } = propertiesOf(guarded, KEY);
    expect(EnableKeyRotation).toBe(true);
    const { Statement } = KeyPolicy as { Statement: unknown[] };
    expect(Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
        Action: [
          'kms:Decrypt',
          'kms:Describe*',
          'kms:Encrypt',
          'kms:GenerateDataKey*',
          'kms:ReEncrypt*',
        ],
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn':
              'arn:aws:logs:eu-west-1:111122223333:log-group:KafkaArchive-*',
          },
        },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'encryption.athena.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:athena:arn': workgroup,
            'aws:SourceArn': workgroup,
          },
          StringEquals: { 'aws:SourceAccount': '111122223333' },
        },
      },
    ]);
  });

  it('is used by roles that read or write and the operator, only through S3 and SQS, and by readers', () => {
    const statement = (Resource: unknown) => ({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource,
      Condition: {
        StringEquals: {
          'kms:ViaService': ['s3.eu-west-1.amazonaws.com', 'sqs.eu-west-1.amazonaws.com'],
        },
      },
    });
    const holders = (key: unknown) => ({
      ArchiveFunctionRoleDefaultPolicy: [statement(key)],
      ReplayFunctionRoleDefaultPolicy: [statement(key)],
      OperatorPolicy: [statement(key)],
      AuditFunctionRoleDefaultPolicy: [statement(key)],
      BootstrapBrokersCustomResourcePolicy: [],
      BootstrapRoleDefaultPolicy: [],
      CatalogCheckRoleDefaultPolicy: [],
      ReaderPolicy: [
        {
          ...{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: key },
          Condition: { StringEquals: { 'kms:ViaService': ['s3.eu-west-1.amazonaws.com'] } },
        },
        {
          ...{ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: key },
          Condition: { StringEquals: { 'kms:EncryptionContext:aws:athena:arn': workgroup } },
        },
        { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: key },
      ],
    });
    expect(keyStatements(guarded)).toEqual(holders(keyOfStack));
    const given = synthesize({ ...audit, encryptionKey: keyArn });
    expect(keyStatements(given)).toEqual(holders(keyArn));
    expect(typeOf(given, 'AWS::KMS::Key')).not.toHaveProperty(KEY);
    expect(given.findings).toEqual([]);
  });
});

describe('Object Lock', () => {
  it('locks archived objects in governance mode, but not failed batches', () => {
    expect(propertiesOf(guarded, 'ArchiveBucket').ObjectLockConfiguration).toEqual({
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } },
    });
    expect(propertiesOf(guarded, 'FailedBatchBucket')).not.toHaveProperty(
      'ObjectLockConfiguration',
    );
    expect(propertiesOf(plain, 'ArchiveBucket')).not.toHaveProperty('ObjectLockConfiguration');
  });

  it('is enabled together with its configuration, as CloudFormation requires', () => {
    expect(propertiesOf(guarded, 'ArchiveBucket').ObjectLockEnabled).toBe(true);
    expect(propertiesOf(plain, 'ArchiveBucket')).not.toHaveProperty('ObjectLockEnabled');
    expect(propertiesOf(guarded, 'FailedBatchBucket')).not.toHaveProperty('ObjectLockEnabled');
  });
});

describe('access logs', () => {
  it('are disabled by default', () => {
    expect(propertiesOf(plain, 'ArchiveBucket')).not.toHaveProperty('LoggingConfiguration');
  });

  it('of the other buckets are kept in a separate bucket, for the given number of days', () => {
    for (const id of ['ArchiveBucket', 'DerivedBucket', 'FailedBatchBucket']) {
      expect(propertiesOf(guarded, id).LoggingConfiguration).toEqual({
        DestinationBucketName: { Ref: 'AccessLogBucket' },
        LogFilePrefix: `${id}/`,
      });
    }
    const { BucketEncryption, LifecycleConfiguration, PublicAccessBlockConfiguration } =
      propertiesOf(guarded, 'AccessLogBucket');
    expect(LifecycleConfiguration).toMatchObject({
      Rules: [
        {},
        { ExpirationInDays: 400, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
        {},
      ],
    });
    expect(PublicAccessBlockConfiguration).toMatchObject({ RestrictPublicBuckets: true });
    // S3 does not deliver access logs to a bucket with a KMS key.
    expect(BucketEncryption).toMatchObject({
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
      ],
    });
  });
});

/** The kind of a resource in the operator policy; the resource itself if it has none. */
function kindOf(resource: unknown): string {
  const text = JSON.stringify(resource);
  const kinds = Object.entries(operatorResources);
  return kinds.find(([, each]) => JSON.stringify(each) === text)?.[0] ?? text;
}

describe('the operator', { timeout: SYNTH_TIMEOUT_MS }, () => {
  const pages = ['runbook', 'operate'].map((name) => readPage(name));
  const all = [...Object.values(runbookCommands), dashboardCalls].flat();
  const namesOf = (calls: readonly Call[]) =>
    [...new Set(calls.map(({ action, on }) => `${action} on ${on}`))].sort();

  it('has a table with every command of the runbook and of the page for operators', () => {
    const found = new Set(pages.flatMap(commandsOf));
    expect([...found].sort()).toEqual(Object.keys(runbookCommands).sort());
  });

  it('may make every call of these commands that is not left out on purpose, and no other', () => {
    const { template } = synthesize({ ...audit, delivery: 'firehose' });
    const { PolicyDocument } = resourceById(template, 'OperatorPolicy7DB21D32').Properties;
    const { Statement } = PolicyDocument as {
      Statement: { Action: string | string[]; Resource: unknown }[];
    };
    const granted = Statement.flatMap(({ Action, Resource }) =>
      [Action]
        .flat()
        .flatMap((action) =>
          [Resource].flat().map((resource) => `${action} on ${kindOf(resource)}`),
        ),
    );
    expect(granted.sort()).toEqual(namesOf(all.filter(({ isLeftOut }) => !isLeftOut)));
  });

  it('reads in docs/security.md which calls are left out', () => {
    const rows = [
      ...readPage('security').matchAll(/^\| `([\w-]+:\w+)` on (?:the )?([a-z -]+) \|/gm),
    ];
    expect(rows.map(([, action, on]) => `${action} on ${on}`).sort()).toEqual(
      namesOf(all.filter(({ isLeftOut }) => isLeftOut)),
    );
  });

  it('has a policy of a size that IAM accepts, even with the longest names', () => {
    // The settings with the longest policy.
    const longest = synthesize({ ...audit, delivery: 'firehose', encryptionKey: 'stack' });
    const policies = Object.values(typeOf(longest, 'AWS::IAM::ManagedPolicy'));
    expect(policies).toHaveLength(2);
    // The ARN of a log group is the longest: its generated name contains the stack's name and the logical id.
    // That of a bucket has at most 63 characters after `arn:aws-us-gov:s3:::`.
    const arnOf = (id: string) =>
      'a'.repeat(id.includes('LogGroup') ? 280 : id.endsWith('Bucket') ? 83 : 150);
    for (const { Properties } of policies) {
      const text = JSON.stringify(Properties.PolicyDocument, (_, value) => {
        const [id] = value?.['Fn::GetAtt'] ?? [value?.Ref];
        return id === undefined ? value : arnOf(id);
      });
      expect(text.length).toBeLessThan(MAX_POLICY_CHARACTERS);
    }
  });
});
