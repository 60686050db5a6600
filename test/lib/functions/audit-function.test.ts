import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { AuditFunction, type AuditFunctionProps } from '../../../lib/functions/audit-function.ts';
import {
  clusterArn,
  clusterUuid,
  keyArn,
  parse,
  secretArn,
  selfManaged,
  sourceOf,
} from '../settings-fixture.ts';
import {
  bareStack,
  propertiesOf,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../synthesize.ts';

const network = { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-3'] };
const inVpc = { subnetIds: 'subnet-11111111', securityGroupIds: 'sg-22222222' };

interface Synthesis {
  readonly template: Template;
  /** The text of the file beside the bundle. */
  readonly file: string;
}

function synthesize(props: Partial<AuditFunctionProps> = {}): Synthesis {
  const stack = bareStack();
  const bucketOf = (name: string) => s3.Bucket.fromBucketName(stack, name, name);
  new AuditFunction(stack, 'AuditFunction', {
    bucket: bucketOf('archive'),
    derivedBucket: bucketOf('derived'),
    failedBatchBucket: bucketOf('failed'),
    source: sourceOf(),
    topics: ['orders', 'payments'].map((topic) => ({ topic, consumerGroupId: `group-${topic}` })),
    startingPosition: { kind: 'earliest' },
    every: Duration.minutes(90),
    isPaused: false,
    network,
    bootstrapServers: ['b1:9098', 'b2:9098'],
    objectPrefix: 'shop/',
    timeFolder: 'hour',
    delivery: 's3',
    fullListingDays: 7,
    autoHealRecords: 0,
    auditReadsObjects: false,
    logLevel: 'info',
    ...props,
  });
  const template = Template.fromStack(stack);
  const [asset] = Object.values(
    JSON.parse(readFileSync(join((App.of(stack) as App).outdir, 'Stack.assets.json'), 'utf8'))
      .files as Record<string, { source: { path: string; packaging: string } }>,
  ).filter(({ source }) => source.packaging === 'zip');
  const folder = join((App.of(stack) as App).outdir, asset?.source.path ?? '');
  return { template, file: readFileSync(join(folder, 'audit.json'), 'utf8') };
}

const templateOf = (props?: Partial<AuditFunctionProps>) => synthesize(props).template;

/** Each statement of the role as `actions: resources`, with ARNs as text. */
function statementsOf(template: Template): string[] {
  const { PolicyDocument } = propertiesOf(template, 'AWS::IAM::Policy');
  const { Statement } = PolicyDocument as { Statement: Record<string, unknown>[] };
  return Statement.map(({ Action, Resource, Condition }) => {
    const resources = [Resource].flat().map(textOf).join(' ');
    return `${[Action].flat().join(' ')}: ${resources}${Condition ? ` if ${JSON.stringify(Condition)}` : ''}`;
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name = '', argument] = []] = Object.entries(Object(value));
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[])[0]}>`;
  return (argument as [string, unknown[]])[1].map(textOf).join('');
}

const cluster = `example/${clusterUuid}`;
const kafka = 'arn:aws:kafka:eu-west-1:111122223333';
const log = 'logs:CreateLogStream logs:PutLogEvents: <AuditFunctionLogGroupA798C3E4>';
const interfaces =
  'ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs: *';
const objects = (name: string) => `arn:<AWS::Partition>:s3:::${name}`;
const buckets = [
  `s3:ListBucket: ${['archive', 'derived', 'failed'].map(objects).join(' ')}`,
  `s3:GetObject: ${objects('archive/shop/topic=*')}`,
  `s3:GetObject s3:GetObjectTagging: ${objects('failed/*')}`,
  `s3:GetObject s3:PutObject: ${objects('derived/audit/shop/topic=*')} ${objects('derived/hours/shop/topic=*')}`,
];

describe('the audit function', () => {
  let made: Synthesis;

  beforeAll(() => {
    made = synthesize();
  }, SYNTH_TIMEOUT_MS);

  it('runs in the given subnets and groups, for 15 minutes at most', () => {
    expect(propertiesOf(made.template, 'AWS::Lambda::Function')).toMatchObject({
      Architectures: ['arm64'],
      MemorySize: 1024,
      Runtime: 'nodejs24.x',
      Timeout: 900,
      VpcConfig: { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-3'] },
    });
    // Lambda checks the permissions for network interfaces when it creates the function.
    expect(resourceOf(made.template, 'AWS::Lambda::Function').DependsOn).toEqual([
      'AuditFunctionRoleDefaultPolicy18AB2614',
      'AuditFunctionRole3ABD73C3',
    ]);
  });

  it('gets its settings in its environment', () => {
    expect(propertiesOf(made.template, 'AWS::Lambda::Function').Environment).toEqual({
      Variables: {
        ARCHIVE_BUCKET: 'archive',
        AUDIT_READS_OBJECTS: 'false',
        AUTHENTICATION: 'IAM',
        AUTO_HEAL_RECORDS: '0',
        BOOTSTRAP_SERVERS: 'b1:9098,b2:9098',
        CLUSTER_ARN: clusterArn,
        DELIVERY: 's3',
        DERIVED_BUCKET: 'derived',
        FAILED_BATCH_BUCKET: 'failed',
        FULL_LISTING_DAYS: '7',
        OBJECT_PREFIX: 'shop/',
        POWERTOOLS_LOG_LEVEL: 'INFO',
        POWERTOOLS_SERVICE_NAME: 'Stack',
        TIME_FOLDER: 'hour',
      },
    });
  });

  it('gets its topics in a file', { timeout: SYNTH_TIMEOUT_MS }, () => {
    expect(JSON.parse(made.file)).toEqual([
      { topic: 'orders', group: 'group-orders', start: 'earliest', filters: [] },
      { topic: 'payments', group: 'group-payments', start: 'earliest', filters: [] },
    ]);
    const filters = [{ value: { kind: ['order'] } }];
    const { file } = synthesize({
      topics: [{ topic: 'orders', consumerGroupId: 'g' }],
      startingPosition: { kind: 'timestamp', unixSeconds: 1_795_424_400 },
      filters,
    });
    expect(JSON.parse(file)).toEqual([
      { topic: 'orders', group: 'g', start: 1_795_424_400, filters },
    ]);
  });

  it('may read its topics and buckets, and write its ledgers and hour records', () => {
    expect(statementsOf(made.template)).toEqual([
      log,
      `kafka-cluster:Connect: ${clusterArn}`,
      `kafka-cluster:DescribeTopic kafka-cluster:DescribeTopicDynamicConfiguration kafka-cluster:ReadData: ${kafka}:topic/${cluster}/orders ${kafka}:topic/${cluster}/payments`,
      `kafka-cluster:DescribeGroup: ${kafka}:group/${cluster}/group-orders ${kafka}:group/${cluster}/group-payments`,
      interfaces,
      ...buckets,
    ]);
    expect(resourcesOf(made.template, 'AWS::IAM::ManagedPolicy')).toEqual({});
  });

  it('starts on a schedule, and never again for the same event', () => {
    expect(propertiesOf(made.template, 'AWS::Events::Rule')).toMatchObject({
      ScheduleExpression: 'rate(90 minutes)',
      State: 'ENABLED',
      Targets: [{ RetryPolicy: { MaximumEventAgeInSeconds: 300 } }],
    });
    expect(propertiesOf(made.template, 'AWS::Lambda::EventInvokeConfig')).toMatchObject({
      MaximumEventAgeInSeconds: 300,
      MaximumRetryAttempts: 0,
    });
  });

  it('keeps its schedule, disabled, while it is paused', { timeout: SYNTH_TIMEOUT_MS }, () => {
    const { State } = propertiesOf(templateOf({ isPaused: true }), 'AWS::Events::Rule');
    expect(State).toBe('DISABLED');
  });

  it('may put failed batches only if it may heal', { timeout: SYNTH_TIMEOUT_MS }, () => {
    const template = templateOf({ autoHealRecords: 1000 });
    expect(statementsOf(template).slice(-5)).toEqual([
      ...buckets,
      `s3:PutObject: ${objects('failed/kafka-archive/heal/*')}`,
    ]);
    expect(propertiesOf(template, 'AWS::Lambda::Function')).toMatchObject({
      Environment: { Variables: { AUTO_HEAL_RECORDS: '1000' } },
    });
  });

  it('reads a secret with its key, and has no rights of IAM on the cluster then', {
    timeout: SYNTH_TIMEOUT_MS,
  }, () => {
    const template = templateOf({ source: sourceOf(parse({ secretArn, secretKeyArns: keyArn })) });
    const viaSecretsManager = JSON.stringify({
      StringEquals: { 'kms:ViaService': ['secretsmanager.eu-west-1.amazonaws.com'] },
    });
    expect(statementsOf(template)).toEqual([
      log,
      `secretsmanager:GetSecretValue: ${secretArn}`,
      `kms:Decrypt: ${keyArn} if ${viaSecretsManager}`,
      interfaces,
      ...buckets,
    ]);
    expect(propertiesOf(template, 'AWS::Lambda::Function')).toMatchObject({
      Environment: { Variables: { AUTHENTICATION: 'SASL_SCRAM_512_AUTH', SECRET_ARN: secretArn } },
    });
  });

  it.each([
    ['in no VPC over the internet', {}, [], undefined],
    ['in the VPC of the pollers', inVpc, [interfaces], 'NONE'],
  ] as const)(
    'reaches self-managed brokers %s',
    {
      timeout: SYNTH_TIMEOUT_MS,
    },
    (_place, place, ofNetwork, authentication) => {
      const rootCaSecretArn = secretArn.replace('archive', 'ca');
      const given = { ...selfManaged, ...place, rootCaSecretArn, clusterArn: undefined };
      const source = sourceOf(
        parse(authentication === undefined ? given : { ...given, secretArn: undefined }),
      );
      const secrets =
        authentication === undefined ? [secretArn, rootCaSecretArn] : [rootCaSecretArn];
      const template = templateOf({
        source,
        network: source.kind === 'self-managed' ? source.network : undefined,
      });
      expect(statementsOf(template)).toEqual([
        log,
        `secretsmanager:GetSecretValue: ${secrets.join(' ')}`,
        ...ofNetwork,
        ...buckets,
      ]);
      const { Environment, VpcConfig } = propertiesOf(template, 'AWS::Lambda::Function');
      expect(Environment).toMatchObject({
        Variables: {
          AUTHENTICATION: authentication ?? 'SASL_SCRAM_512_AUTH',
          ROOT_CA_SECRET_ARN: rootCaSecretArn,
        },
      });
      expect(VpcConfig).toEqual(
        authentication && { SubnetIds: ['subnet-11111111'], SecurityGroupIds: ['sg-22222222'] },
      );
    },
  );
});
