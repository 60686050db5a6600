import { CreateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  DeleteBucketPolicyCommand,
  GetObjectTaggingCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, ListQueuesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingRanges } from '../../lambda/contract.ts';
import { until } from '../../tools/faults/world.ts';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import { QueueMapping } from '../../tools/local/replay/queue-mapping.ts';
import { failedBatchOf } from '../helpers/failed-batches.ts';
import { mskEvent, mskRecords } from '../helpers/kafka-events.ts';
import { bucketConfiguration } from './bucket-configuration.ts';
import { type Omission, without } from './cdk-assembly.ts';
import { completeDeployment } from './complete-deployment.ts';
import { deployedFunction, emulatedFunction, uploadedSha256 } from './deployed-functions.ts';
import { account, type DeployedStack, deployStack, queueArn, stackName } from './deployed-stack.ts';
import {
  BucketEncryption,
  clusterArn,
  expiresReplayed,
  keepsArchived,
  keptBucket,
  permissions,
  tlsOnly,
  variablesOf,
} from './expected-deployment.ts';
import { StackView } from './stack-view.ts';

/** The first time, moto and boto3 are installed. */
const INSTALL_TIMEOUT_MS = 600_000;

/** What makes CreateStack fail, and with which status. docs/evidence.md summarises them. */
const refused: readonly (Omission & { readonly status: number })[] = [
  { id: 'KafkaTriggerMappingorders7664A39B', status: 500 },
  { id: 'KafkaTriggerMappingpayments9C48F43F', status: 500 },
  { id: 'MonitoringAlarmTopicKey22E4A359', property: 'Tags', status: 500 },
  { id: 'MonitoringDashboard0C3675C6', status: 400 },
];

/** What CreateStack skips without a word. docs/evidence.md summarises them. */
const skippedTypes = [
  'AWS::CloudWatch::Alarm',
  'AWS::Logs::QueryDefinition',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
];

/** What SNS says to a queue, as far as the tests look at it. */
interface ToldMessage {
  readonly TopicArn: string;
  readonly Subject: string;
  readonly Message: string;
  readonly MessageAttributes: Readonly<
    Record<string, { readonly Type: string; readonly Value: string }>
  >;
}

let stack: DeployedStack;
let view: StackView;

beforeAll(async () => {
  const context = {
    ...{ clusterArn, topics: 'orders, payments' },
    // Not the default, for the sake of time.
    replayDelaySeconds: '1',
  };
  stack = await deployStack(context, refused);
  view = new StackView(stack);
}, INSTALL_TIMEOUT_MS);

afterAll(() => stack?.close());

describe('cdk deploy deploys into moto', () => {
  it.each(refused)('but not $id', async (refusal) => {
    const { cloudFormation, assembly } = stack;
    const template = without(
      assembly.template,
      refused.filter((each) => each !== refusal),
    );
    const command = new CreateStackCommand({
      StackName: `With-${refusal.id}`,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_IAM'],
    });
    await expect(cloudFormation.send(command)).rejects.toMatchObject({
      $metadata: { httpStatusCode: refusal.status },
    });
  });

  it('but skips types that it has no model for', () => {
    const { assembly, references } = stack;
    const skipped = Object.entries(assembly.template.Resources).filter(
      ([id]) => !references.physicalIds.has(id) && !refused.some((each) => each.id === id),
    );
    expect([...new Set(skipped.map(([, { Type }]) => Type))].sort()).toEqual(skippedTypes);
  });

  it('but of buckets sets only the encryption', async () => {
    for (const name of ['ArchiveBucketName', 'FailedBatchBucketName']) {
      expect(await bucketConfiguration(stack.s3, view.output(name))).toEqual({ BucketEncryption });
    }
  });

  it('but of functions leaves out the architecture and the log group', async () => {
    const deployed = await deployedFunction(stack, 'ArchiveFunction');
    expect(deployed).toMatchObject({ Architectures: ['x86_64'] });
    expect(deployed).not.toHaveProperty('LoggingConfig');
  });
});

describe('what is deployed', () => {
  it('are queues that are encrypted, keep for two weeks, and bury after the last try', async () => {
    const { RedrivePolicy, ...replay } = await view.queueAttributes('ReplayQueueUrl');
    expect(replay).toMatchObject({
      DelaySeconds: '1',
      MessageRetentionPeriod: '1209600',
      SqsManagedSseEnabled: 'true',
      VisibilityTimeout: String(6 * settingRanges.replayTimeoutSeconds.default),
    });
    expect(JSON.parse(RedrivePolicy ?? '')).toEqual({
      deadLetterTargetArn: queueArn(view.output('DeadLetterQueueUrl')),
      maxReceiveCount: settingRanges.replayTries.default,
    });
    expect(await view.queueAttributes('DeadLetterQueueUrl')).toMatchObject({
      MessageRetentionPeriod: '1209600',
      SqsManagedSseEnabled: 'true',
    });
  });

  it.each([
    { name: 'ArchiveFunction', timeout: settingRanges.timeoutSeconds.default },
    { name: 'ReplayFunction', timeout: settingRanges.replayTimeoutSeconds.default },
  ] as const)('is the $name with the code that was uploaded', async ({ name, timeout }) => {
    const deployed = await deployedFunction(stack, name);
    expect(deployed).toMatchObject({
      CodeSha256: await uploadedSha256(stack, name),
      Handler: 'index.handler',
      MemorySize: settingRanges.memoryMiB.default,
      Runtime: 'nodejs24.x',
      Timeout: timeout,
    });
    expect(deployed.Environment.Variables).toEqual(variablesOf(view, name));
  });

  it('is a version of the archive function, and log groups of a month', async () => {
    const [versions, groups] = await stack.calls([
      ['lambda', 'list_versions_by_function', { FunctionName: view.output('ArchiveFunctionName') }],
      ['logs', 'describe_log_groups', { logGroupNamePrefix: `${stackName}-` }],
    ]);
    expect(versions).toMatchObject({ Versions: [{ Version: '$LATEST' }, { Version: '1' }] });
    expect(groups).toMatchObject({
      logGroups: [
        { logGroupName: view.output('ArchiveLogGroupName'), retentionInDays: 30 },
        { logGroupName: view.output('ReplayLogGroupName'), retentionInDays: 30 },
      ],
    });
  });

  it('is the mapping of the replay queue', async () => {
    const [mappings] = await stack.calls([
      ['lambda', 'list_event_source_mappings', { FunctionName: view.output('ReplayFunctionName') }],
    ]);
    const { FunctionArn } = await deployedFunction(stack, 'ReplayFunction');
    expect(mappings).toMatchObject({
      EventSourceMappings: [
        {
          BatchSize: settingRanges.replayBatchSize.default,
          EventSourceArn: queueArn(view.output('ReplayQueueUrl')),
          FunctionArn,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: settingRanges.replayConcurrency.default },
          State: 'Enabled',
        },
      ],
    });
  });

  it('is the topic of the alarms, whose key is its own and rotates', async () => {
    const TopicArn = view.physicalId('MonitoringAlarmTopic');
    const KeyId = view.physicalId('MonitoringAlarmTopicKey');
    const [topic, rotation] = await stack.calls([
      ['sns', 'get_topic_attributes', { TopicArn }],
      ['kms', 'get_key_rotation_status', { KeyId }],
    ]);
    expect(topic).toMatchObject({
      Attributes: { KmsMasterKeyId: expect.stringContaining(`:key/${KeyId}`) },
    });
    expect(rotation).toMatchObject({ KeyRotationEnabled: true });
  });

  it.each(['ArchiveFunction', 'ReplayFunction'] as const)(
    'is the role of the %s, which may do this and no more',
    async (name) => {
      expect(await view.permissionsOf(name)).toEqual(permissions(view)[name]);
    },
  );
});

describe('what moto skipped, set through the APIs of S3 and SQS', () => {
  beforeAll(async () => {
    const UUID = view.physicalId('ReplayFunctionMapping');
    // moto would take messages to invoke the function in Docker, which may not be there.
    await stack.calls([['lambda', 'update_event_source_mapping', { UUID, Enabled: false }]]);
    await completeDeployment({ ...stack, template: stack.assembly.template });
  });

  // moto does not know what a condition is about: by a policy that denies anything, it denies all.
  afterAll(async () => {
    for (const name of ['ArchiveBucketName', 'FailedBatchBucketName']) {
      await stack.s3.send(new DeleteBucketPolicyCommand({ Bucket: view.output(name) }));
    }
  });

  it('makes the archive bucket versioned, private, and TLS only', async () => {
    const bucket = view.output('ArchiveBucketName');
    expect(await bucketConfiguration(stack.s3, bucket)).toEqual({
      ...keptBucket(bucket),
      LifecycleConfiguration: keepsArchived,
    });
  });

  it('makes the failed-batch bucket the same, with expiry and its event', async () => {
    const bucket = view.output('FailedBatchBucketName');
    expect(await bucketConfiguration(stack.s3, bucket)).toEqual({
      ...keptBucket(bucket),
      LifecycleConfiguration: expiresReplayed,
      NotificationConfiguration: [
        {
          Id: expect.any(String),
          QueueArn: queueArn(view.output('ReplayQueueUrl')),
          Events: ['s3:ObjectCreated:*'],
        },
      ],
    });
  });

  it('makes the queues TLS only, and lets S3 send to the one', async () => {
    const { Policy: replay } = await view.queueAttributes('ReplayQueueUrl');
    expect(JSON.parse(replay ?? '').Statement).toEqual([
      tlsOnly('sqs:*', queueArn(view.output('ReplayQueueUrl'))),
      {
        Action: 'sqs:SendMessage',
        Condition: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' },
        },
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Resource: queueArn(view.output('ReplayQueueUrl')),
      },
    ]);
    const { Policy: dead } = await view.queueAttributes('DeadLetterQueueUrl');
    expect(JSON.parse(dead ?? '').Statement).toEqual([
      tlsOnly('sqs:*', queueArn(view.output('DeadLetterQueueUrl'))),
    ]);
  });
});

describe('the functions, with the environment that was deployed', () => {
  const batchKey = (name: string) => `aws/lambda/mapping/orders-3/2026/11/24/${name}`;
  const objectKey = (first: number, last: number) =>
    `shop/topic=orders/dt=2025-11-23/hour=10/orders-3-${pad(first)}-${pad(last)}.jsonl.gz`;
  const pad = (offset: number) => String(offset).padStart(20, '0');

  async function stored() {
    const objects: (readonly [key: string, offsets: readonly number[], isReplayed: boolean])[] = [];
    for await (const object of readObjects(stack.s3, view.output('ArchiveBucketName'))) {
      const offsets = object.lines.map((line): number => JSON.parse(line).offset);
      objects.push([object.key, offsets, object.isReplayed]);
    }
    return objects;
  }

  /** What Lambda does with a batch that it gives up; S3 sends its event. */
  function fail(name: string, Body: string) {
    const command = { Bucket: view.output('FailedBatchBucketName'), Key: batchKey(name), Body };
    return stack.s3.send(new PutObjectCommand(command));
  }

  async function tagsOf(name: string) {
    const object = { Bucket: view.output('FailedBatchBucketName'), Key: batchKey(name) };
    const { TagSet = [] } = await stack.s3.send(new GetObjectTaggingCommand(object));
    return Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]));
  }

  const isReplayQueueEmpty = async () => (await view.messagesIn('ReplayQueueUrl')) === 0;

  it('archive a batch', async () => {
    const archive = await emulatedFunction(stack, 'ArchiveFunction');
    const outcome = await archive.invoke(JSON.stringify(mskEvent(mskRecords(100, 3))));
    await archive.close();
    expect(outcome).toEqual({ kind: 'returned', payload: 'null' });
    expect(await stored()).toEqual([[objectKey(100, 102), [100, 101, 102], false]]);
  });

  /** A queue that is told what the subscribers of the alarm topic are told. */
  async function subscribedQueue(): Promise<string> {
    const { QueueUrl = '' } = await stack.sqs.send(
      new CreateQueueCommand({ QueueName: 'on-call' }),
    );
    const TopicArn = view.output('AlarmTopicArn');
    const subscription = { TopicArn, Protocol: 'sqs', Endpoint: queueArn(QueueUrl) };
    await stack.calls([['sns', 'subscribe', subscription]]);
    return QueueUrl;
  }

  /** The messages of such a queue. */
  async function told(QueueUrl: string): Promise<readonly ToldMessage[]> {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await stack.sqs.send(command);
    return Messages.map(({ Body = '' }): ToldMessage => JSON.parse(Body));
  }

  it('replay a failed batch that S3 announces, bury one that nobody can read, and tell of that', async () => {
    const onCall = await subscribedQueue();
    await fail('good', failedBatchOf(mskEvent(mskRecords(200, 2))));
    await fail('garbage', '{"a');
    const replay = await emulatedFunction(stack, 'ReplayFunction');
    const mapping = new QueueMapping({
      ...{ client: stack.sqs, queueUrl: view.output('ReplayQueueUrl') },
      ...{ batchSize: settingRanges.replayBatchSize.default, concurrency: 2 },
      invoke: (event) => replay.invoke(event),
      observe: () => undefined,
    });
    const running = mapping.run();
    const isDone = await until(isReplayQueueEmpty, { everyMs: 50, withinMs: 30_000 });
    mapping.stop();
    await running;
    await replay.close();

    expect(isDone).toBe(true);
    expect(await stored()).toEqual([
      [objectKey(100, 102), [100, 101, 102], false],
      [objectKey(200, 201), [200, 201], true],
    ]);
    expect(await tagsOf('good')).toMatchObject({ status: 'replayed', objects: '1' });
    expect(await tagsOf('garbage')).toEqual({});
    expect(await view.deadLetterCodes()).toEqual(['FAILED_BATCH_UNREADABLE']);
    const messages = await told(onCall);
    expect(messages).toMatchObject([
      {
        TopicArn: view.output('AlarmTopicArn'),
        Subject: `DEAD LETTER FAILED_BATCH_UNREADABLE in ${stackName}`,
        MessageAttributes: {
          service: { Type: 'String', Value: stackName },
          code: { Type: 'String', Value: 'FAILED_BATCH_UNREADABLE' },
          'failed-batch': { Type: 'String', Value: batchKey('garbage') },
        },
      },
    ]);
    expect(messages[0]?.Message).toContain(`Entry: ${batchKey('garbage')}\n`);
    expect(messages[0]?.Message).toContain(
      `npm run replay -- show '${batchKey('garbage')}' --stack ${stackName}\n`,
    );
  });
});

describe('cdk destroy', () => {
  beforeAll(() => stack.destroy());

  it('keeps the buckets with what is in them and the dead-letter queue', async () => {
    const { Buckets = [] } = await stack.s3.send(new ListBucketsCommand());
    expect(Buckets.map(({ Name }) => Name)).toEqual(
      expect.arrayContaining([
        view.output('ArchiveBucketName'),
        view.output('FailedBatchBucketName'),
      ]),
    );
    expect(await view.keysIn('ArchiveBucketName')).toHaveLength(2);
    expect(await view.keysIn('FailedBatchBucketName')).toHaveLength(2);
    const { QueueUrls = [] } = await stack.sqs.send(new ListQueuesCommand());
    const left = QueueUrls.map(queueArn).filter((arn) => arn.includes(`:${stackName}-`));
    expect(left).toEqual([queueArn(view.output('DeadLetterQueueUrl'))]);
    expect(await view.messagesIn('DeadLetterQueueUrl')).toBe(1);
  });

  it('removes functions, roles, mappings, logs and the topic', async () => {
    const answers = await stack.calls([
      ['lambda', 'list_functions', {}],
      ['lambda', 'list_event_source_mappings', {}],
      ['iam', 'list_roles', {}],
      ['logs', 'describe_log_groups', {}],
      ['sns', 'list_topics', {}],
    ]);
    expect(JSON.stringify(answers)).not.toContain(`${stackName}-`);
  });
});
