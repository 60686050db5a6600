import { Duration, Size, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { beforeAll, expect, it } from 'vitest';
import { ReplayFunction } from '../../../lib/functions/replay-function.ts';
import { AlarmTopic } from '../../../lib/monitoring/alarm-topic.ts';
import { ArchiveBucket } from '../../../lib/storage/archive-bucket.ts';
import { FailedBatches } from '../../../lib/storage/failed-batches.ts';
import {
  bareStack,
  propertiesOf,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../synthesize.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';
const TOPIC = 'AlarmTopicC2164170';
const REPLAY_QUEUE = 'FailedBatchesReplayQueueF336E480';
const DEAD_LETTER_QUEUE = 'FailedBatchesDeadLetterQueueF82B3E85';

const GIVEN_TOPIC = 'arn:aws:sns:eu-west-1:222233334444:on-call';

/** @param topicOf creates the topic that is notified of dead letters */
function templateOf(topicOf: (stack: Stack) => sns.ITopic): Template {
  const stack = bareStack();
  const { bucket } = new ArchiveBucket(stack, 'Archive');
  const failedBatches = new FailedBatches(stack, 'FailedBatches', {
    replayDelay: Duration.seconds(60),
    replayVisibility: Duration.hours(1),
    replayTries: 7,
    replayedRetention: Duration.days(30),
  });
  new ReplayFunction(stack, 'ReplayFunction', {
    bucket,
    failedBatches,
    alarmTopic: topicOf(stack),
    archiveLogGroup: logs.LogGroup.fromLogGroupName(stack, 'ArchiveLog', 'archive-log'),
    objectPrefix: 'example/',
    timeFolder: 'day',
    objectOf: 'partition',
    keyEncoding: {},
    valueEncoding: { payments: 'base64' },
    compression: 'zstd',
    compressionLevel: 7,
    metadata: { env: 'prod', shard: 3 },
    storageClass: 'STANDARD',
    maxParallelPuts: 8,
    logLevel: 'warn',
    replayTries: 7,
    replayRetrySeconds: 30,
    memory: Size.gibibytes(2),
    timeout: Duration.minutes(10),
    batchSize: 3,
    maxConcurrency: 4,
  });
  return Template.fromStack(stack);
}

let template: Template;

beforeAll(() => {
  template = templateOf((stack) => new AlarmTopic(stack, 'AlarmTopic', { subscribers: [] }).topic);
}, SYNTH_TIMEOUT_MS);

it('runs on Node 24 on arm64, from the bundle, with the given memory and timeout', () => {
  expect(propertiesOf(template, 'AWS::Lambda::Function')).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    MemorySize: 2048,
    Timeout: 600,
  });
});

it("gets every setting in the contract's environment variables", () => {
  expect(propertiesOf(template, 'AWS::Lambda::Function').Environment).toEqual({
    Variables: {
      ARCHIVE_BUCKET: { Ref: 'ArchiveBucket' },
      OBJECT_PREFIX: 'example/',
      TIME_FOLDER: 'day',
      OBJECT_OF: 'partition',
      VALUE_ENCODING: '{"payments":"base64"}',
      COMPRESSION: 'zstd',
      COMPRESSION_LEVEL: '7',
      METADATA: '{"env":"prod","shard":3}',
      STORAGE_CLASS: 'STANDARD',
      MAX_PARALLEL_PUTS: '8',
      POWERTOOLS_LOG_LEVEL: 'WARN',
      POWERTOOLS_SERVICE_NAME: 'Stack',
      FAILED_BATCH_BUCKET: { Ref: 'FailedBatchBucket' },
      REPLAY_QUEUE_URL: { Ref: REPLAY_QUEUE },
      DEAD_LETTER_QUEUE_URL: { Ref: DEAD_LETTER_QUEUE },
      REPLAY_TRIES: '7',
      REPLAY_RETRY_SECONDS: '30',
      ALARM_TOPIC_ARN: { Ref: TOPIC },
      ARCHIVE_LOG_GROUP: 'archive-log',
    },
  });
});

it('receives messages of the replay queue in batches, and reports which to redeliver', () => {
  const [functionId] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function'));
  // Without a batching window, which would only add to the queue's delay.
  expect(propertiesOf(template, MAPPING)).toEqual({
    BatchSize: 3,
    EventSourceArn: { 'Fn::GetAtt': [REPLAY_QUEUE, 'Arn'] },
    FunctionName: { Ref: functionId },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: 4 },
  });
});

it('writes to its own log group, which keeps logs for a month and is deleted with the stack', () => {
  const [[id, logGroup] = []] = Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup'));
  expect(logGroup?.Properties).toEqual({ RetentionInDays: 30 });
  expect(logGroup?.DeletionPolicy).toBe('Delete');
  expect(propertiesOf(template, 'AWS::Lambda::Function').LoggingConfig).toEqual({
    LogGroup: { Ref: id },
  });
});

it('has only the permissions that a replay needs', () => {
  const [logGroup] = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup'));
  const [key] = Object.keys(resourcesOf(template, 'AWS::KMS::Key'));
  const arn = (id: string | undefined) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  expect(propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: arn(logGroup),
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: { 'Fn::Join': ['', [arn('ArchiveBucket'), '/example/*']] },
      },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: arn('FailedBatchBucket') },
      {
        Effect: 'Allow',
        Action: [
          's3:GetObject',
          's3:GetObjectTagging',
          's3:GetObjectVersion',
          's3:PutObjectTagging',
          's3:PutObjectVersionTagging',
        ],
        Resource: { 'Fn::Join': ['', [arn('FailedBatchBucket'), '/*']] },
      },
      {
        Effect: 'Allow',
        Action: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        Resource: arn(REPLAY_QUEUE),
      },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arn(DEAD_LETTER_QUEUE) },
      { Effect: 'Allow', Action: 'sns:Publish', Resource: { Ref: TOPIC } },
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: arn(key),
        Condition: { StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': { Ref: TOPIC } } },
      },
    ],
  });
  const role = propertiesOf(template, 'AWS::IAM::Role');
  expect(role.ManagedPolicyArns).toBeUndefined();
  expect(role.Policies).toBeUndefined();
});

it('may publish to a given topic, whose key is not known', {
  timeout: SYNTH_TIMEOUT_MS,
}, () => {
  const other = templateOf((stack) => sns.Topic.fromTopicArn(stack, 'Given', GIVEN_TOPIC));
  const { Statement } = propertiesOf(other, 'AWS::IAM::Policy').PolicyDocument as {
    readonly Statement: readonly unknown[];
  };
  expect(Statement.at(-1)).toEqual({
    ...{ Effect: 'Allow', Action: 'sns:Publish', Resource: GIVEN_TOPIC },
  });
  expect(JSON.stringify(Statement)).not.toContain('kms:');
  expect(propertiesOf(other, 'AWS::Lambda::Function').Environment).toMatchObject({
    Variables: { ALARM_TOPIC_ARN: GIVEN_TOPIC },
  });
});

it('is created after its permissions, which Lambda checks for the mapping', () => {
  const [policy] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy'));
  expect(resourceOf(template, 'AWS::Lambda::Function').DependsOn).toContain(policy);
});
