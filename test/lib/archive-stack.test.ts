import { Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArchiveStack } from '../../lib/archive-stack.ts';
import { clusterArn, parse, secretArn, selfManaged } from './settings-fixture.ts';
import {
  bareStack,
  propertiesOf,
  type Resource,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
  type Synthesis,
  synthesize,
} from './synthesize.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';

describe('the stack of an MSK cluster', () => {
  let synthesis: Synthesis;
  let template: Template;

  beforeAll(() => {
    synthesis = synthesize({ topics: 'orders, payments' });
    template = synthesis.template;
  }, SYNTH_TIMEOUT_MS);

  it('has one bucket, one function with role and log group, and a mapping per topic', () => {
    const resources: Record<string, Resource> = template.toJSON().Resources;
    const withoutHash = (id: string) => id.replace(/(?<=CurrentVersion.{8}).*/, '');
    expect(Object.entries(resources).map(([id, { Type }]) => [Type, withoutHash(id)])).toEqual([
      ['AWS::S3::Bucket', 'ArchiveBucket'],
      ['AWS::S3::BucketPolicy', 'ArchiveBucketPolicy13E3D5ED'],
      ['AWS::Logs::LogGroup', 'ArchiveFunctionLogGroup3A1FC027'],
      ['AWS::IAM::Role', 'ArchiveFunctionRoleFFDB92A1'],
      ['AWS::IAM::Policy', 'ArchiveFunctionRoleDefaultPolicyE0222564'],
      ['AWS::Lambda::Function', 'ArchiveFunction2AEC8AC5'],
      ['AWS::Lambda::Version', 'ArchiveFunctionCurrentVersion6C1E88B1'],
      [MAPPING, 'KafkaTriggerMappingorders7664A39B'],
      [MAPPING, 'KafkaTriggerMappingpayments9C48F43F'],
    ]);
  });

  it('lets the function do this and nothing else', () => {
    const arn = (type: string, name: string): string =>
      `${clusterArn.replace(':cluster/', `:${type}/`)}/${name}`;
    const [policy] = Object.values(resourcesOf(template, 'AWS::IAM::Policy'));
    expect(policy?.Properties.PolicyDocument).toEqual({
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
      ],
    });
  });

  it('takes the defaults of the contract', () => {
    expect(propertiesOf(template, 'AWS::Lambda::Function')).toMatchObject({
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
    for (const { Properties } of Object.values(resourcesOf(template, MAPPING))) {
      expect(Properties).toMatchObject({
        BatchSize: 10_000,
        MaximumBatchingWindowInSeconds: 300,
        StartingPosition: 'TRIM_HORIZON',
      });
    }
  });

  it('tells the names to look for afterwards', () => {
    const outputs: Record<string, { readonly Value: unknown }> = template.toJSON().Outputs;
    expect(Object.entries(outputs).map(([id, { Value }]) => [id, Value])).toEqual([
      ['KafkaTriggerMappingIdorders45BD6D7D', { Ref: 'KafkaTriggerMappingorders7664A39B' }],
      ['KafkaTriggerMappingIdpaymentsD68E5040', { Ref: 'KafkaTriggerMappingpayments9C48F43F' }],
      ['ArchiveBucketName', { Ref: 'ArchiveBucket' }],
      ['ArchiveFunctionName', { Ref: 'ArchiveFunction2AEC8AC5' }],
      ['ArchiveLogGroupName', { Ref: 'ArchiveFunctionLogGroup3A1FC027' }],
    ]);
  });

  it('carries the tag of the project on all that has tags', () => {
    const tags = [{ Key: 'project', Value: 'msk-s3-archiver' }];
    for (const type of ['AWS::S3::Bucket', 'AWS::Logs::LogGroup', 'AWS::IAM::Role', MAPPING]) {
      template.allResourcesProperties(type, { Tags: tags });
    }
    template.allResourcesProperties('AWS::Lambda::Function', { Tags: tags });
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

/** A stack without validation, which takes seconds. */
const stackOf = (settings: Record<string, unknown>): ArchiveStack =>
  new ArchiveStack(bareStack(), 'Archive', { settings: parse(settings) });

const templateOf = (settings: Record<string, unknown>): Template =>
  Template.fromStack(stackOf(settings));

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
    expect(propertiesOf(template, MAPPING)).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 4, PollerGroupName: 'shared' },
    });
    expect(propertiesOf(template, 'AWS::Lambda::Function')).toMatchObject({
      Environment: {
        Variables: { REPORT_BATCH_ITEM_FAILURES: 'true', METADATA: '{"env":"prod"}' },
      },
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
      expect(propertiesOf(template, MAPPING).FunctionName).toEqual({
        'Fn::Join': [
          '',
          [{ Ref: 'ArchiveFunction2AEC8AC5' }, ':', { 'Fn::GetAtt': [id, 'Version'] }],
        ],
      });
      return id;
    });
    expect(off).toBeDefined();
    expect(on).not.toBe(off);
  });

  it('keep the mapping of a topic as it is when another topic is added', () => {
    const mappingsOf = (topics: string) => resourcesOf(templateOf({ topics }), MAPPING);
    const id = 'KafkaTriggerMappingorders7664A39B';
    expect(mappingsOf('payments, orders')[id]).toEqual(mappingsOf('orders')[id]);
  });

  it('read a self-managed cluster with its secret and without a network interface', () => {
    const { template, findings } = synthesize({ ...selfManaged, clusterArn: undefined });
    expect(propertiesOf(template, MAPPING)).toMatchObject({
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['b1.example.com:9096'] } },
    });
    const policy = JSON.stringify(propertiesOf(template, 'AWS::IAM::Policy'));
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
