import { Duration, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { parseClusterArn } from '../../lib/cluster-arn.ts';
import { FailedBatchDestination } from '../../lib/failed-batch-destination.ts';
import { KafkaTrigger, type KafkaTriggerProps } from '../../lib/kafka-trigger.ts';
import { clusterArn, parse, secretArn } from './settings-fixture.ts';
import {
  bareStack,
  propertiesOf,
  type Resource,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from './synthesize.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';

const failedBatches = 'arn:aws:s3:::failed-batches';

function stackOf(props: Partial<KafkaTriggerProps> = {}): Stack {
  const stack = bareStack();
  const target = new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_24_X,
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
  });
  const bucket = Bucket.fromBucketArn(stack, 'FailedBatches', failedBatches);
  new KafkaTrigger(stack, 'KafkaTrigger', {
    target,
    source: parse().source,
    topics: [{ topic: 'orders', consumerGroupId: 'archive/1' }],
    batchSize: 500,
    batchWindow: Duration.seconds(60),
    startingPosition: { kind: 'earliest' },
    reportBatchItemFailures: false,
    onFailure: new FailedBatchDestination(bucket),
    bisectBatchOnError: false,
    ...props,
  });
  return stack;
}

const templateOf = (props: Partial<KafkaTriggerProps> = {}): Template =>
  Template.fromStack(stackOf(props));

const mappingOf = (props: Partial<KafkaTriggerProps>): Resource['Properties'] =>
  propertiesOf(templateOf(props), MAPPING);

const topicsOf = (...topics: string[]): KafkaTriggerProps['topics'] =>
  topics.map((topic) => ({ topic, consumerGroupId: `group-${topic}` }));

const selfManaged: KafkaTriggerProps['source'] = {
  kind: 'self-managed',
  bootstrapServers: ['b1.example.com:9096', 'b2.example.com:9096'],
  secretArn,
  authentication: 'SASL_SCRAM_256_AUTH',
};

describe('the event source mapping', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('reads its topic of the cluster, as a group, in batches of size and window', () => {
    const template = templateOf();
    const [functionId] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function'));
    expect(propertiesOf(template, MAPPING)).toEqual({
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'archive/1' },
      BatchSize: 500,
      DestinationConfig: { OnFailure: { Destination: failedBatches } },
      EventSourceArn: clusterArn,
      FunctionName: { Ref: functionId },
      MaximumBatchingWindowInSeconds: 60,
      StartingPosition: 'TRIM_HORIZON',
      Topics: ['orders'],
    });
  });

  it('says a window of 0, which is not the same as none', () => {
    expect(mappingOf({ batchWindow: Duration.seconds(0) }).MaximumBatchingWindowInSeconds).toBe(0);
  });

  it('begins at a time in Unix seconds', () => {
    const unixSeconds = 1_795_424_400;
    expect(mappingOf({ startingPosition: { kind: 'timestamp', unixSeconds } })).toMatchObject({
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: unixSeconds,
    });
  });

  it('begins at the latest record with a warning', () => {
    const stack = stackOf({ startingPosition: { kind: 'latest' } });
    expect(propertiesOf(Template.fromStack(stack), MAPPING).StartingPosition).toBe('LATEST');
    Annotations.fromStack(stack).hasWarning(
      '/Stack/KafkaTrigger',
      Match.stringLikeRegexp("startingPosition is 'latest': records .* can be missed"),
    );
  });

  it('warns of a time that moves with each synth, and names the time to pin', () => {
    const startingPosition = {
      kind: 'timestamp',
      unixSeconds: 1_795_424_400,
      hoursBack: 6,
    } as const;
    Annotations.fromStack(stackOf({ startingPosition })).hasWarning(
      '/Stack/KafkaTrigger',
      Match.stringLikeRegexp("set startingPosition to '2026-11-23T09:00:00.000Z' instead"),
    );
  });

  it('warns of nothing otherwise', () => {
    const startingPosition = { kind: 'timestamp', unixSeconds: 1_795_424_400 } as const;
    Annotations.fromStack(stackOf({ startingPosition })).hasNoWarning('*', Match.anyValue());
  });

  it('has pollers of its own in provisioned mode, and none otherwise', () => {
    expect(mappingOf({ provisionedPollers: { min: 2, max: 10, group: 'shared' } })).toMatchObject({
      ProvisionedPollerConfig: {
        MinimumPollers: 2,
        MaximumPollers: 10,
        PollerGroupName: 'shared',
      },
    });
    expect(mappingOf({ provisionedPollers: { min: 1, max: 1 } }).ProvisionedPollerConfig).toEqual({
      MinimumPollers: 1,
      MaximumPollers: 1,
    });
    expect(mappingOf({})).not.toHaveProperty('ProvisionedPollerConfig');
  });

  it('takes a partial response when told so', () => {
    const provisionedPollers = { min: 1, max: 1 };
    expect(
      mappingOf({ provisionedPollers, reportBatchItemFailures: true }).FunctionResponseTypes,
    ).toEqual(['ReportBatchItemFailures']);
    expect(mappingOf({ provisionedPollers })).not.toHaveProperty('FunctionResponseTypes');
  });

  it('gives up a batch after so many tries, a record at such an age, and batches in halves', () => {
    const provisionedPollers = { min: 1, max: 1 };
    const retries = {
      retryAttempts: 3,
      maxRecordAge: Duration.hours(2),
      bisectBatchOnError: true,
    };
    expect(mappingOf({ provisionedPollers, ...retries })).toMatchObject({
      MaximumRetryAttempts: 3,
      MaximumRecordAgeInSeconds: 7200,
      BisectBatchOnFunctionError: true,
    });
  });

  it('says no retry at all, which is not the same as none said', () => {
    const provisionedPollers = { min: 1, max: 1 };
    expect(mappingOf({ provisionedPollers, retryAttempts: 0 }).MaximumRetryAttempts).toBe(0);
  });

  it('says nothing of retries in on-demand mode, where Lambda would refuse it', () => {
    const properties = Object.keys(mappingOf({}));
    expect(properties.filter((name) => /Maximum(Retry|Record)|Bisect/.test(name))).toEqual([]);
  });

  it('reads a self-managed cluster with a secret', () => {
    expect(mappingOf({ source: selfManaged })).toMatchObject({
      SelfManagedEventSource: {
        Endpoints: { KafkaBootstrapServers: ['b1.example.com:9096', 'b2.example.com:9096'] },
      },
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'archive/1' },
      SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_256_AUTH', URI: secretArn }],
    });
  });
});

describe('the mappings of several topics', { timeout: SYNTH_TIMEOUT_MS }, () => {
  const mappingIds = (...topics: string[]): string[] =>
    Object.keys(resourcesOf(templateOf({ topics: topicsOf(...topics) }), MAPPING));

  it('keep their logical ids, which hold the topic', () => {
    // An id that changes makes a second mapping of the same topic, which Lambda refuses.
    expect(mappingIds('orders', 'payments')).toEqual([
      'KafkaTriggerMappingorders7664A39B',
      'KafkaTriggerMappingpayments9C48F43F',
    ]);
  });

  it('do not depend on what other topics there are', () => {
    expect(mappingIds('payments')).toEqual(['KafkaTriggerMappingpayments9C48F43F']);
  });

  it('never collide', () => {
    const topics = ['a-b', 'a.b', 'a_b', 'ab', 'A-b', 'a--b', '__proto__'];
    const template = templateOf({ topics: topicsOf(...topics) });
    const mappings = Object.values(resourcesOf(template, MAPPING));
    expect(mappings.map(({ Properties }) => Properties.Topics)).toEqual(
      topics.map((topic) => [topic]),
    );
  });

  it('are outputs each', () => {
    const outputs: Record<string, unknown> = templateOf({
      topics: topicsOf('orders', 'payments'),
    }).toJSON().Outputs;
    expect(Object.values(outputs)).toEqual([
      {
        Description: 'Event source mapping of the topic orders',
        Value: { Ref: 'KafkaTriggerMappingorders7664A39B' },
      },
      {
        Description: 'Event source mapping of the topic payments',
        Value: { Ref: 'KafkaTriggerMappingpayments9C48F43F' },
      },
    ]);
  });
});

describe('the permissions', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('are there before the mapping, which Lambda checks them for', () => {
    const template = templateOf();
    const [policy] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy'));
    expect(resourceOf(template, MAPPING).DependsOn).toEqual([policy]);
  });

  it('are there before the mapping also when they fill several policies', () => {
    // As many topics as the settings take, every name as long as it can be.
    const clusterArn = `arn:aws-us-gov:kafka:ap-southeast-1:111122223333:cluster/${'c'.repeat(64)}/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-12`;
    const cluster = parseClusterArn(clusterArn);
    if (cluster === undefined) throw new Error('no cluster');
    const topics = Array.from({ length: 50 }, (_, index) => ({
      topic: `${'t'.repeat(246)}-${index}`.slice(0, 249),
      consumerGroupId: `${'g'.repeat(196)}-${index}`,
    }));
    const template = templateOf({ source: { kind: 'msk', cluster }, topics });

    const policies = resourcesOf(template, 'AWS::IAM::Policy');
    const overflow = resourcesOf(template, 'AWS::IAM::ManagedPolicy');
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(longest(policies)).toBeLessThanOrEqual(10_240);
    expect(longest(overflow)).toBeLessThanOrEqual(6144);
    const ids = [...Object.keys(policies), ...Object.keys(overflow)].sort();
    expect(ids.length).toBeGreaterThan(2);
    expect(ids.length).toBeLessThanOrEqual(11);
    for (const mapping of Object.values(resourcesOf(template, MAPPING))) {
      expect([...(mapping.DependsOn ?? [])].sort()).toEqual(ids);
    }
  });

  it('for a self-managed cluster are to read its secret and to put failed batches', () => {
    expect(
      propertiesOf(templateOf({ source: selfManaged }), 'AWS::IAM::Policy').PolicyDocument,
    ).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secretArn },
        {
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: failedBatches,
          Condition: { StringEquals: { 's3:ResourceAccount': { Ref: 'AWS::AccountId' } } },
        },
        {
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: `${failedBatches}/*`,
          Condition: { StringEquals: { 's3:ResourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    });
  });
});

function longest(policies: Readonly<Record<string, Resource>>): number {
  return Math.max(
    ...Object.values(policies).map(
      ({ Properties }) => JSON.stringify(Properties.PolicyDocument).length,
    ),
  );
}
