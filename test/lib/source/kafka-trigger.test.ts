import { Duration, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { parseClusterArn } from '../../../lib/source/cluster-arn.ts';
import type { Credentials, SelfManagedSource } from '../../../lib/source/kafka-source.ts';
import { KafkaTrigger, type KafkaTriggerProps } from '../../../lib/source/kafka-trigger.ts';
import { FailedBatchDestination } from '../../../lib/storage/failed-batch-destination.ts';
import { clusterArn, keyArn, secretArn, sourceOf } from '../settings-fixture.ts';
import { type Start, startsOf } from '../starting-positions.ts';
import {
  bareStack,
  propertiesOf,
  type Resource,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../synthesize.ts';

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
    source: sourceOf(),
    topics: topicsOf('orders'),
    defaultGroupOf: (topic) => `group-${topic}`,
    mappingGeneration: '0a1b2c3d',
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

const selfManaged: SelfManagedSource = {
  kind: 'self-managed',
  bootstrapServers: ['b1.example.com:9096', 'b2.example.com:9096'],
  credentials: { type: 'SASL_SCRAM_256_AUTH', secretArn },
};

const otherSecretArn = secretArn.replace('archive', 'registry');
const rootCaSecretArn = secretArn.replace('archive', 'root-ca');

const inVpc = {
  ...selfManaged,
  rootCaSecretArn,
  network: {
    subnetIds: ['subnet-11111111', 'subnet-22222222'],
    securityGroupIds: ['sg-33333333'],
  },
};

const registry = {
  uri: 'https://registry.example.com',
  format: 'SOURCE',
  validate: ['VALUE'],
  authentication: 'BASIC_AUTH',
  secretArn,
  rootCaSecretArn,
} satisfies KafkaTriggerProps['schemaRegistry'];

const glueRegistry = {
  uri: 'arn:aws:glue:eu-west-1:111122223333:registry/shop',
  format: 'SOURCE',
  validate: ['VALUE'],
} satisfies KafkaTriggerProps['schemaRegistry'];

describe('the event source mapping', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('reads its topic of the cluster with its group, in batches of the given size and window', () => {
    const template = templateOf();
    const [functionId] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function'));
    const {
      StartingPosition: _,
      StartingPositionTimestamp: __,
      ...properties
    } = propertiesOf(template, MAPPING);
    expect(properties).toEqual({
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'group-orders' },
      BatchSize: 500,
      DestinationConfig: { OnFailure: { Destination: failedBatches } },
      EventSourceArn: clusterArn,
      FunctionName: { Ref: functionId },
      MaximumBatchingWindowInSeconds: 60,
      Topics: ['orders'],
    });
  });

  it('sets a window of 0, which differs from the default', () => {
    expect(mappingOf({ batchWindow: Duration.seconds(0) }).MaximumBatchingWindowInSeconds).toBe(0);
  });

  it.each<[KafkaTriggerProps['startingPosition'], Start]>([
    [{ kind: 'earliest' }, { position: 'TRIM_HORIZON' }],
    [{ kind: 'latest' }, { position: 'LATEST' }],
    [
      { kind: 'timestamp', unixSeconds: 1_795_424_400 },
      { position: 'AT_TIMESTAMP', time: '1795424400' },
    ],
  ])('starts where the setting says: %j', (startingPosition, start) => {
    const template = templateOf({ startingPosition });
    expect(startsOf(template)).toEqual({ KafkaTriggerMappingorders7664A39B: start });
  });

  it('starts only at a position that Lambda accepts, whatever the parameter', () => {
    const [parameter] = Object.values(templateOf().toJSON().Parameters) as [
      { AllowedPattern: string },
    ];
    const allowed = new RegExp(parameter.AllowedPattern);
    expect(['TRIM_HORIZON', 'LATEST', '1795424400'].every((value) => allowed.test(value))).toBe(
      true,
    );
    const refused = ['AT_TIMESTAMP', 'earliest', '0', '1.5', '-1', '', 'LATEST '];
    expect(refused.filter((value) => allowed.test(value))).toEqual([]);
  });

  it('warns about the latest record', () => {
    const stack = stackOf({ startingPosition: { kind: 'latest' } });
    Annotations.fromStack(stack).hasWarning(
      '/Stack/KafkaTrigger',
      Match.stringLikeRegexp("startingPosition is 'latest': records .* may be skipped"),
    );
  });

  it('otherwise does not warn', () => {
    const startingPosition = { kind: 'timestamp', unixSeconds: 1_795_424_400 } as const;
    Annotations.fromStack(stackOf({ startingPosition })).hasNoWarning('*', Match.anyValue());
  });

  it('has dedicated pollers only in provisioned mode', () => {
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

  it('emits event metrics if configured', () => {
    const provisionedPollers = { min: 1, max: 1 };
    expect(mappingOf({ provisionedPollers, eventMetrics: true }).MetricsConfig).toEqual({
      Metrics: ['EventCount', 'ErrorCount', 'KafkaMetrics'],
    });
    expect(mappingOf({ provisionedPollers })).not.toHaveProperty('MetricsConfig');
  });

  it('evaluates partial responses if configured', () => {
    const provisionedPollers = { min: 1, max: 1 };
    expect(
      mappingOf({ provisionedPollers, reportBatchItemFailures: true }).FunctionResponseTypes,
    ).toEqual(['ReportBatchItemFailures']);
    expect(mappingOf({ provisionedPollers })).not.toHaveProperty('FunctionResponseTypes');
  });

  it('limits retries and record age, and bisects batches', () => {
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

  it('sets zero retries, which differs from the default', () => {
    const provisionedPollers = { min: 1, max: 1 };
    expect(mappingOf({ provisionedPollers, retryAttempts: 0 }).MaximumRetryAttempts).toBe(0);
  });

  it('omits retry options in on-demand mode, which does not accept them', () => {
    const properties = Object.keys(mappingOf({}));
    expect(properties.filter((name) => /Maximum(Retry|Record)|Bisect/.test(name))).toEqual([]);
  });

  it('authenticates to an MSK cluster with a secret, by SCRAM or mutual TLS', () => {
    for (const type of ['SASL_SCRAM_512_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH'] as const) {
      const source = { ...sourceOf(), credentials: { type, secretArn } };
      expect(mappingOf({ source })).toMatchObject({
        EventSourceArn: clusterArn,
        SourceAccessConfigurations: [{ Type: type, URI: secretArn }],
      });
    }
    expect(mappingOf({})).not.toHaveProperty('SourceAccessConfigurations');
  });

  it('reads a self-managed cluster in a VPC, with certificates of a private authority', () => {
    expect(mappingOf({ source: inVpc }).SourceAccessConfigurations).toEqual([
      { Type: 'SASL_SCRAM_256_AUTH', URI: secretArn },
      { Type: 'SERVER_ROOT_CA_CERTIFICATE', URI: rootCaSecretArn },
      { Type: 'VPC_SUBNET', URI: 'subnet:subnet-11111111' },
      { Type: 'VPC_SUBNET', URI: 'subnet:subnet-22222222' },
      { Type: 'VPC_SECURITY_GROUP', URI: 'security_group:sg-33333333' },
    ]);
    const { credentials: _, rootCaSecretArn: __, ...open } = inVpc;
    expect(mappingOf({ source: open }).SourceAccessConfigurations).toHaveLength(3);
  });

  it('validates records with a schema registry', () => {
    const schemaRegistry: KafkaTriggerProps['schemaRegistry'] = {
      ...registry,
      format: 'JSON',
      validate: ['KEY', 'VALUE'],
    };
    const mapping = mappingOf({ provisionedPollers: { min: 1, max: 1 }, schemaRegistry });
    expect(mapping.AmazonManagedKafkaEventSourceConfig).toEqual({
      ConsumerGroupId: 'group-orders',
      SchemaRegistryConfig: {
        AccessConfigs: [
          { Type: 'BASIC_AUTH', URI: secretArn },
          { Type: 'SERVER_ROOT_CA_CERTIFICATE', URI: rootCaSecretArn },
        ],
        EventRecordFormat: 'JSON',
        SchemaRegistryURI: 'https://registry.example.com',
        SchemaValidationConfigs: [{ Attribute: 'KEY' }, { Attribute: 'VALUE' }],
      },
    });
    const glue = mappingOf({
      provisionedPollers: { min: 1, max: 1 },
      schemaRegistry: glueRegistry,
    });
    expect(glue.AmazonManagedKafkaEventSourceConfig).toEqual({
      ConsumerGroupId: 'group-orders',
      SchemaRegistryConfig: {
        EventRecordFormat: 'SOURCE',
        SchemaRegistryURI: glueRegistry.uri,
        SchemaValidationConfigs: [{ Attribute: 'VALUE' }],
      },
    });
  });

  it('skips records that match no filter', () => {
    const filters = [{ value: { kind: ['order'] } }, { value: [{ prefix: 'ORDER' }] }];
    expect(mappingOf({ filters }).FilterCriteria).toEqual({
      Filters: [
        { Pattern: '{"value":{"kind":["order"]}}' },
        { Pattern: '{"value":[{"prefix":"ORDER"}]}' },
      ],
    });
    expect(mappingOf({})).not.toHaveProperty('FilterCriteria');
  });

  it('reads a self-managed cluster with a secret', () => {
    expect(mappingOf({ source: selfManaged })).toMatchObject({
      SelfManagedEventSource: {
        Endpoints: { KafkaBootstrapServers: ['b1.example.com:9096', 'b2.example.com:9096'] },
      },
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'group-orders' },
      SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_256_AUTH', URI: secretArn }],
    });
  });
});

describe('the mappings of several topics', { timeout: SYNTH_TIMEOUT_MS }, () => {
  const mappingIds = (...topics: string[]): string[] =>
    Object.keys(resourcesOf(templateOf({ topics: topicsOf(...topics) }), MAPPING));

  it('keep their logical ids, which contain the topic', () => {
    // A changed id creates a second mapping of the same topic, which Lambda refuses.
    expect(mappingIds('orders', 'payments')).toEqual([
      'KafkaTriggerMappingorders7664A39B',
      'KafkaTriggerMappingpayments9C48F43F',
    ]);
  });

  it('do not depend on the other topics', () => {
    expect(mappingIds('payments')).toEqual(['KafkaTriggerMappingpayments9C48F43F']);
  });

  it('are other resources with another group, which Lambda cannot change', () => {
    const ids = (consumerGroupId: string) =>
      Object.keys(
        resourcesOf(templateOf({ topics: [{ topic: 'orders', consumerGroupId }] }), MAPPING),
      );
    const [first, second] = [ids('audit-1'), ids('audit-2')];
    expect(first).toEqual(ids('audit-1'));
    expect(first).not.toEqual(second);
    for (const other of [first, second]) expect(other).not.toEqual(ids('group-orders'));
  });

  it('never collide', () => {
    const topics = ['a-b', 'a.b', 'a_b', 'ab', 'A-b', 'a--b', '__proto__'];
    const template = templateOf({ topics: topicsOf(...topics) });
    const mappings = Object.values(resourcesOf(template, MAPPING));
    expect(mappings.map(({ Properties }) => Properties.Topics)).toEqual(
      topics.map((topic) => [topic]),
    );
  });

  it('have an output each', () => {
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
  it('exist before the mapping, since Lambda checks them when it creates one', () => {
    const template = templateOf();
    const [policy] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy'));
    expect(resourceOf(template, MAPPING).DependsOn).toEqual([policy]);
  });

  it('exist before the mapping even if they fill several policies', () => {
    // The maximum number of topics, each with the longest possible name.
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

  /** The role's permissions, except those for failed batches. */
  const statementsOf = (props: Partial<KafkaTriggerProps>) => {
    const { PolicyDocument } = propertiesOf(templateOf(props), 'AWS::IAM::Policy');
    const { Statement } = PolicyDocument as { Statement: readonly { Action: string | string[] }[] };
    return Statement.filter(
      ({ Action }) => ![Action].flat().some((each) => each.startsWith('s3:')),
    );
  };

  const allow = (Action: string | string[], Resource: unknown) => ({
    Effect: 'Allow',
    Action,
    Resource,
  });
  const readSecret = allow('secretsmanager:GetSecretValue', secretArn);
  const decrypt = {
    ...allow('kms:Decrypt', keyArn),
    Condition: {
      StringEquals: { 'kms:ViaService': ['secretsmanager.eu-west-1.amazonaws.com'] },
    },
  };
  const interfaces = [
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcs',
  ];
  /** The CDK merges the statements on every resource. */
  const ofMsk = allow([...interfaces, 'kafka:GetBootstrapBrokers'], '*');
  const msk = (type: Credentials['type'], secretKeyArns?: string[]) => ({
    source: { ...sourceOf(), credentials: { type, secretArn }, secretKeyArns },
  });

  it.each<[string, Partial<KafkaTriggerProps>, object[]]>([
    [
      'SCRAM on MSK',
      msk('SASL_SCRAM_512_AUTH', [keyArn]),
      [
        allow(['kafka:DescribeClusterV2', 'kafka:ListScramSecrets'], clusterArn),
        readSecret,
        decrypt,
        ofMsk,
      ],
    ],
    [
      'mutual TLS on MSK',
      msk('CLIENT_CERTIFICATE_TLS_AUTH'),
      [allow('kafka:DescribeClusterV2', clusterArn), readSecret, ofMsk],
    ],
    ['a self-managed cluster over the internet', { source: selfManaged }, [readSecret]],
    [
      'a self-managed cluster in a VPC',
      { source: { ...inVpc, secretKeyArns: [keyArn] } },
      [
        allow('secretsmanager:GetSecretValue', [secretArn, rootCaSecretArn]),
        decrypt,
        allow(interfaces, '*'),
      ],
    ],
    [
      'a Confluent schema registry',
      {
        source: { ...selfManaged, secretKeyArns: [keyArn] },
        provisionedPollers: { min: 1, max: 1 },
        schemaRegistry: { ...registry, secretArn: otherSecretArn },
      },
      [
        allow('secretsmanager:GetSecretValue', [secretArn, otherSecretArn, rootCaSecretArn]),
        decrypt,
      ],
    ],
    [
      'a Glue schema registry',
      {
        source: selfManaged,
        provisionedPollers: { min: 1, max: 1 },
        schemaRegistry: glueRegistry,
      },
      [
        readSecret,
        allow('glue:GetRegistry', glueRegistry.uri),
        // A request by id has no name that a policy could match.
        allow('glue:GetSchemaVersion', '*'),
      ],
    ],
  ])('for %s are exactly these', (_, props, expected) => {
    expect(statementsOf(props)).toEqual(expected);
  });
});

function longest(policies: Readonly<Record<string, Resource>>): number {
  return Math.max(
    ...Object.values(policies).map(
      ({ Properties }) => JSON.stringify(Properties.PolicyDocument).length,
    ),
  );
}
