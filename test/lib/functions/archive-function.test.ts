import { Duration, Size } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ArchiveFunction,
  type ArchiveFunctionProps,
} from '../../../lib/functions/archive-function.ts';
import { ArchiveBucket } from '../../../lib/storage/archive-bucket.ts';
import {
  bareStack,
  propertiesOf,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../synthesize.ts';

function templateOf(props: Partial<ArchiveFunctionProps> = {}): Template {
  const stack = bareStack();
  const { bucket } = new ArchiveBucket(stack, 'Archive');
  new ArchiveFunction(stack, 'ArchiveFunction', {
    bucket,
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
    reportBatchItemFailures: true,
    mappingGeneration: '0a1b2c3d',
    logLevel: 'warn',
    memory: Size.gibibytes(2),
    timeout: Duration.minutes(14),
    ...props,
  });
  return Template.fromStack(stack);
}

const variablesOf = (template: Template): unknown =>
  propertiesOf(template, 'AWS::Lambda::Function').Environment;

describe('the archive function', () => {
  let template: Template;

  beforeAll(() => {
    template = templateOf();
  }, SYNTH_TIMEOUT_MS);

  it('runs on Node 24 on arm64, from the bundle', () => {
    expect(propertiesOf(template, 'AWS::Lambda::Function')).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
  });

  it('has the given memory and timeout', () => {
    expect(propertiesOf(template, 'AWS::Lambda::Function')).toMatchObject({
      MemorySize: 2048,
      Timeout: 840,
    });
  });

  it("gets every setting in the contract's environment variables", () => {
    expect(variablesOf(template)).toEqual({
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
        REPORT_BATCH_ITEM_FAILURES: 'true',
        POWERTOOLS_LOG_LEVEL: 'WARN',
        POWERTOOLS_SERVICE_NAME: 'Stack',
      },
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

  it('may only write its log, and put and read objects under the prefix', () => {
    const [logGroup] = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup'));
    expect(propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: { 'Fn::GetAtt': [logGroup, 'Arn'] },
        },
        {
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:PutObject'],
          Resource: {
            'Fn::Join': ['', [{ 'Fn::GetAtt': ['ArchiveBucket', 'Arn'] }, '/example/*']],
          },
        },
      ],
    });
    const role = propertiesOf(template, 'AWS::IAM::Role');
    expect(role.ManagedPolicyArns).toBeUndefined();
    expect(role.Policies).toBeUndefined();
  });

  it('is created after its permissions', () => {
    const [policy] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy'));
    expect(resourceOf(template, 'AWS::Lambda::Function').DependsOn).toContain(policy);
  });
});

it(
  'gets no compression level for objects without compression',
  () => {
    const template = templateOf({ compression: 'none', compressionLevel: undefined });

    expect(variablesOf(template)).toMatchObject({ Variables: { COMPRESSION: 'none' } });
    expect(variablesOf(template)).not.toHaveProperty('Variables.COMPRESSION_LEVEL');
  },
  SYNTH_TIMEOUT_MS,
);
