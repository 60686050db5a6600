import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  CustomResource,
  Duration,
  Fn,
  NestedStack,
  Size,
  Stack,
  Token,
  Validations,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaArchive } from '../../lib/kafka-archive.ts';
import type { KafkaArchiveProps } from '../../lib/kafka-archive-props.ts';
import { clusterArn, secretArn } from './settings-fixture.ts';
import {
  bareStack,
  findingsOf,
  type Resource,
  resourceById,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from './synthesize.ts';

interface Environment {
  readonly Variables: Readonly<Record<string, string | undefined>>;
}

const MAPPING = 'AWS::Lambda::EventSourceMapping';
const networkHas = ['brokers', 's3', 'services'] as const;

const folder = mkdtempSync(join(tmpdir(), 'archives-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Another team's app, with cdk-nag but without our feature flags. */
function appWithNag(): App {
  const outdir = mkdtempSync(join(folder, 'app-'));
  const app = new App({ outdir, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

function serverless(stack: Stack): CfnServerlessCluster {
  return new CfnServerlessCluster(stack, 'Cluster', {
    clusterName: 'shop',
    clientAuthentication: { sasl: { iam: { enabled: true } } },
    vpcConfigs: [{ subnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'] }],
  });
}

const idsOf = (template: Template, type: string): string[] =>
  Object.keys(resourcesOf(template, type));

const namesOf = (template: Template, type: string, name: string): unknown[] =>
  Object.values(resourcesOf(template, type)).map(({ Properties }) => Properties[name]);

const statementsOf = (template: Template, id: string): Record<string, unknown>[] => {
  const { Statement } = resourceById(template, id).Properties.PolicyDocument as {
    Statement: Record<string, unknown>[];
  };
  return Statement;
};

describe('two archives in one stack', () => {
  let template: Template;
  let orders: KafkaArchive;
  const app = appWithNag();
  const stack = new Stack(app, 'Shop');

  beforeAll(() => {
    orders = new KafkaArchive(stack, 'Orders', {
      cluster: clusterArn,
      topics: ['orders'],
      networkHas,
    });
    new KafkaArchive(stack, 'Payments', {
      cluster: serverless(stack),
      objectPrefix: 'payments/',
      topics: ['orders', 'payments'],
      networkHas,
    });
    template = Template.fromStack(stack);
  }, SYNTH_TIMEOUT_MS);

  it('name their resources after the stack and the archive', () => {
    expect(orders.name).toBe('Shop-Orders');
    expect(namesOf(template, 'AWS::CloudWatch::Dashboard', 'DashboardName')).toEqual([
      'Shop-Orders',
      'Shop-Payments',
    ]);
    const alarms = namesOf(template, 'AWS::CloudWatch::Alarm', 'AlarmName').map(String);
    expect(new Set(alarms).size).toBe(alarms.length);
    expect(alarms.filter((name) => !/^Shop-(Orders|Payments)-[a-z-]+$/.test(name))).toEqual([]);
    expect(namesOf(template, 'AWS::Logs::QueryDefinition', 'Name')).toContain(
      'Shop-Payments/dead-letters',
    );
  });

  it('give notifications the flags with which the command line finds them', () => {
    const flags = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).flatMap(
      ({ Properties }) => (Properties.Environment as Environment).Variables.OPERATOR_FLAGS ?? [],
    );
    expect(flags).toEqual(['--stack Shop --archive Orders', '--stack Shop --archive Payments']);
  });

  it('have separate consumer groups, metrics and outputs', () => {
    const kafka = Object.values(resourcesOf(template, MAPPING)).filter(
      ({ Properties }) => Properties.Topics !== undefined,
    );
    const groups = kafka.map(({ Properties }) => Properties.AmazonManagedKafkaEventSourceConfig);
    expect(groups).toEqual([
      { ConsumerGroupId: 'Shop-Orders-orders' },
      { ConsumerGroupId: 'Shop-Payments-orders' },
      { ConsumerGroupId: 'Shop-Payments-payments' },
    ]);
    const services = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).map(
      ({ Properties }) => JSON.stringify(Properties).match(/"Shop-\w+"/)?.[0],
    );
    expect(services.sort()).toEqual([
      ...Array.from({ length: 3 }, () => '"Shop-Orders"'),
      ...Array.from({ length: 3 }, () => '"Shop-Payments"'),
    ]);
    const outputs = Object.keys(template.toJSON().Outputs);
    expect(outputs).toEqual(
      expect.arrayContaining(['OrdersReplayQueueUrl', 'PaymentsReplayQueueUrl']),
    );
  });

  it('have logical ids without hashes for resources that hold data, so that no later version changes them', () => {
    expect(idsOf(template, 'AWS::S3::Bucket')).toEqual([
      'OrdersArchiveBucket',
      'OrdersFailedBatchBucket',
      'PaymentsArchiveBucket',
      'PaymentsFailedBatchBucket',
    ]);
  });

  it('have no cdk-nag findings', () => {
    expect(findingsOf(app)).toEqual([]);
  });

  it('read a cluster of the same stack by its ARN', () => {
    const arn = { Ref: 'Cluster' };
    const ofCluster = Object.values(resourcesOf(template, MAPPING)).filter(
      ({ Properties }) => JSON.stringify(Properties.EventSourceArn) === JSON.stringify(arn),
    );
    expect(ofCluster).toHaveLength(2);
    const [policy = ''] = idsOf(template, 'AWS::IAM::Policy').filter((id) =>
      id.startsWith('PaymentsArchiveFunction'),
    );
    const part = (index: number) => ({ 'Fn::Select': [index, { 'Fn::Split': ['/', arn] }] });
    const groups = statementsOf(template, policy).find(({ Action }) =>
      String(Action).includes('kafka-cluster:AlterGroup'),
    );
    expect(groups?.Resource).toEqual(
      ['orders', 'payments'].map((topic) => ({
        'Fn::Join': [
          '',
          [
            'arn:',
            { Ref: 'AWS::Partition' },
            ':kafka:',
            { Ref: 'AWS::Region' },
            ':',
            { Ref: 'AWS::AccountId' },
            ':group/',
            part(1),
            '/',
            part(2),
            `/Shop-Payments-${topic}`,
          ],
        ],
      })),
    );
  });

  it('expose their resources', () => {
    const { bucket, dashboard, mappings, operatorPolicy, replayFunction } = orders;
    const resolved = stack.resolve([
      bucket.bucketName,
      dashboard.dashboardName,
      operatorPolicy.managedPolicyArn,
      replayFunction.functionName,
    ]);
    for (const { Ref } of resolved) expect(template.toJSON().Resources).toHaveProperty(Ref);
    expect(mappings.map(({ topic }) => topic)).toEqual(['orders']);
    expect(orders.deliveryStream).toBeUndefined();
    expect(orders.auditFunction).toBeUndefined();
    expect(orders.derivedBucket).toBeUndefined();
    expect(orders.encryptionKey).toBeUndefined();
  });
});

describe('two archives with an audit', () => {
  let template: Template;
  let orders: KafkaArchive;
  const app = appWithNag();
  const stack = new Stack(app, 'Shop');

  beforeAll(() => {
    const audited = {
      ...{ audit: true, auditEvery: Duration.minutes(90), networkHas },
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
        ...{ vpcId: 'vpc-0a1b2c3d', availabilityZones: ['a', 'b'] },
        privateSubnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
      }),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0a1b2c3d')],
    };
    const topics = ['orders'];
    orders = new KafkaArchive(stack, 'Orders', { ...audited, cluster: clusterArn, topics });
    new KafkaArchive(stack, 'Payments', {
      ...{ ...audited, cluster: serverless(stack), objectPrefix: 'payments/', topics },
      auditBootstrapServers: ['b1.example.com:9098', 'b2.example.com:9098'],
    });
    template = Template.fromStack(stack);
  }, SYNTH_TIMEOUT_MS);

  it('have no cdk-nag findings', () => {
    expect(findingsOf(app)).toEqual([]);
  });

  it("run their audits in the VPC's private subnets", () => {
    const audits = Object.entries(resourcesOf(template, 'AWS::Lambda::Function')).filter(
      ([, { Properties }]) => Properties.VpcConfig !== undefined,
    );
    expect(audits.map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'OrdersAuditFunction',
      'PaymentsAuditFunction',
    ]);
    for (const [, { Properties }] of audits) {
      expect(Properties.VpcConfig).toEqual({
        SubnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
        SecurityGroupIds: ['sg-0a1b2c3d'],
      });
    }
    const rates = namesOf(template, 'AWS::Events::Rule', 'ScheduleExpression');
    expect(rates.sort()).toEqual([
      ...['rate(1 day)', 'rate(1 day)', 'rate(90 minutes)', 'rate(90 minutes)'],
    ]);
  });

  it('ask MSK for bootstrap servers only where none are given', () => {
    const outputs = template.toJSON().Outputs;
    const [id] = idsOf(template, 'Custom::BootstrapServers');
    expect(outputs.OrdersAuditBootstrapServers.Value).toEqual({
      'Fn::GetAtt': [id, 'BootstrapBrokerStringSaslIam'],
    });
    expect(outputs.PaymentsAuditBootstrapServers.Value).toBe(
      'b1.example.com:9098,b2.example.com:9098',
    );
    expect(idsOf(template, 'Custom::BootstrapServers')).toHaveLength(1);
  });

  it('expose function and bucket, and name them in outputs', () => {
    const outputs = template.toJSON().Outputs;
    expect(stack.resolve(orders.derivedBucket?.bucketName)).toEqual({ Ref: 'OrdersDerivedBucket' });
    expect(outputs.OrdersDerivedBucketName.Value).toEqual({ Ref: 'OrdersDerivedBucket' });
    expect(stack.resolve(orders.auditFunction?.functionName)).toEqual(
      outputs.OrdersAuditFunctionName.Value,
    );
    const { Ref } = outputs.OrdersAuditLogGroupName.Value;
    expect(Ref).toMatch(/^OrdersAuditFunctionLogGroup/);
  });
});

/** An archive of a cluster, alone in a stack, without validation, which takes seconds. */
function archiveIn(stack: Stack, props: Partial<KafkaArchiveProps> = {}): KafkaArchive {
  return new KafkaArchive(stack, 'Orders', {
    ...(props.bootstrapServers === undefined && { cluster: clusterArn }),
    topics: ['orders'],
    networkHas: props.networkAdds === undefined ? networkHas : undefined,
    ...props,
  });
}

const templateOf = (props: (stack: Stack) => Partial<KafkaArchiveProps>): Template => {
  const stack = bareStack();
  archiveIn(stack, props(stack));
  return Template.fromStack(stack);
};

/** The problems of props, one per line. */
function problemsOf(props: Partial<KafkaArchiveProps>, stack: Stack = bareStack()): string[] {
  try {
    archiveIn(stack, props);
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [];
  }
  return [];
}

const mappingOf = (template: Template): Resource['Properties'] => {
  const [, mapping] = Object.entries(resourcesOf(template, MAPPING)).find(([id]) =>
    id.includes('KafkaTrigger'),
  ) ?? ['', undefined];
  return mapping?.Properties ?? {};
};

describe(
  'the props of an archive',
  () => {
    it('are checked by the rules of the settings, with the names and units of the props', () => {
      expect(
        problemsOf({
          batchSize: 0,
          timeout: Duration.minutes(15),
          batchWindow: Duration.millis(1500),
          memory: Size.mebibytes(64),
        }),
      ).toEqual([
        'Stack/Orders:',
        '  batchSize must be a whole number from 1 to 10000, got 0',
        '  batchWindow (seconds) must be a whole number from 0 to 300, got 1.5',
        '  memory (MiB) must be a whole number from 128 to 10240, got 64',
        '  timeout (seconds) must be a whole number from 10 to 840, got 900',
      ]);
    });

    it('are checked in combination', () => {
      expect(problemsOf({ replayVisibility: Duration.minutes(1) })).toEqual([
        'Stack/Orders:',
        expect.stringMatching(
          /^ {2}replayVisibility \(seconds\) must be a whole number from 1800 to 43200 with replayTimeout \(seconds\) 300 .*, got 60$/,
        ),
      ]);
    });

    it('of an audit need a place in the VPC of the brokers, and an interval in minutes', () => {
      expect(problemsOf({ audit: true, auditEvery: Duration.seconds(90) })).toEqual([
        'Stack/Orders:',
        "  auditEvery (minutes) must be whole minutes or hours from '5 minutes' to '24 hours', such as '30 minutes' or '6 hours', got '1.5 minutes'",
        '  vpcSubnets must be set with audit and cluster (the function of the audit must be in the VPC of the brokers), got nothing',
        '  securityGroups must be set with audit and cluster (the function of the audit must be in the VPC of the brokers), got nothing',
      ]);
    });

    it('of an audit in a nested stack need consumer groups whose names are known', () => {
      const problemsWith = (consumerGroupId?: string) => {
        const nested = new NestedStack(bareStack(), 'Nested');
        const secret = secretsmanager.Secret.fromSecretCompleteArn(nested, 'Secret', secretArn);
        const audited = { bootstrapServers: ['b1:9098'], audit: true, networkHas: undefined };
        return problemsOf({ ...audited, secret, consumerGroupId }, nested);
      };
      expect(problemsWith()).toEqual([
        'Stack/Nested/Orders:',
        '  consumerGroupId must be set with audit if the name of the archive is a token, as that of a nested stack (the function has the groups in a file, which is written at synth), got nothing',
      ]);
      expect(problemsWith('{topic}')).toEqual([]);
    });

    it('require exactly one cluster', () => {
      expect(problemsOf({ cluster: undefined })).toEqual([
        'Stack/Orders:',
        '  cluster or bootstrapServers must be set, got neither',
      ]);
      const both = { cluster: clusterArn, bootstrapServers: ['b1.example.com:9096'] };
      expect(problemsOf(both)[1]).toMatch(
        /^ {2}cluster and bootstrapServers must not both be set, /,
      );
    });

    it("require an object prefix if the cluster's name is a token", () => {
      const stack = bareStack();
      expect(problemsOf({ cluster: serverless(stack) }, stack)).toEqual([
        'Stack/Orders:',
        "  objectPrefix must be set if the ARN of the cluster is a token (the name of the cluster is not known at synth), such as 'orders/', got nothing",
      ]);
    });

    it('reject tokens for values that shape the template', () => {
      const servers = Fn.split(',', Fn.importValue('Servers'));
      const problems = problemsOf({
        bootstrapServers: servers,
        objectPrefix: Fn.importValue('Prefix'),
        timeout: Duration.seconds(Token.asNumber(Fn.importValue('Seconds'))),
        networkAdds: ['brokers'],
      });
      expect(problems).toEqual([
        'Stack/Orders:',
        '  objectPrefix must be known at synth, got a token',
        '  timeout must be known at synth, got a token',
        "  networkAdds must not contain 'brokers' if bootstrapServers is a token (the ports are not known at synth)",
      ]);
    });

    it('keep tokens and their stand-ins out of messages', () => {
      const stack = bareStack();
      const secret = new secretsmanager.Secret(stack, 'Secret');
      expect(problemsOf({ authentication: 'IAM', secret }, stack)).toEqual([
        'Stack/Orders:',
        "  secret must not be set with authentication 'IAM', got '<token>'",
      ]);
    });

    it('reject a cluster in another region or account than the stack', () => {
      const app = new App({ outdir: mkdtempSync(join(folder, 'app-')) });
      const env = { account: '111122223333', region: 'us-east-1' };
      expect(problemsOf({}, new Stack(app, 'Stack', { env }))).toEqual([
        'Stack/Orders:',
        '  cluster must be in the region of the stack, us-east-1, got eu-west-1',
      ]);
    });

    it('reject two archives with the same name in a stack', () => {
      const stack = bareStack();
      const props = { cluster: clusterArn, topics: ['orders'], networkHas, name: 'Shop' };
      new KafkaArchive(stack, 'Orders', props);
      expect(() => new KafkaArchive(stack, 'Payments', props)).toThrow(
        "Stack/Payments: name must be unique among the archives of the stack, got 'Shop'",
      );
    });
  },
  SYNTH_TIMEOUT_MS,
);

describe(
  'an archive with resources of its app',
  () => {
    it('reads bootstrap servers that are tokens, with a secret and its key', () => {
      const template = templateOf((stack) => {
        const encryptionKey = new kms.Key(stack, 'Key');
        const secret = new secretsmanager.Secret(stack, 'Secret', { encryptionKey });
        const servers = Fn.split(',', Fn.importValue('Servers'));
        return { bootstrapServers: servers, secret, objectPrefix: 'shop/', networkHas: undefined };
      });
      expect(mappingOf(template)).toMatchObject({
        SelfManagedEventSource: {
          Endpoints: {
            KafkaBootstrapServers: { 'Fn::Split': [',', { 'Fn::ImportValue': 'Servers' }] },
          },
        },
        SourceAccessConfigurations: [
          { Type: 'SASL_SCRAM_512_AUTH', URI: { Ref: expect.stringMatching(/^Secret/) } },
        ],
      });
      const policies = JSON.stringify(resourcesOf(template, 'AWS::IAM::Policy'));
      expect(policies).toContain('secretsmanager:GetSecretValue');
      expect(policies).toMatch(/"kms:Decrypt".*kms:ViaService/);
    });

    it("puts pollers into a VPC's private subnets, and adds endpoints and rules to the VPC", () => {
      const template = templateOf((stack) => {
        const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
        return {
          bootstrapServers: ['b1.example.com:9096'],
          secret: new secretsmanager.Secret(stack, 'Secret'),
          vpc,
          securityGroups: [new ec2.SecurityGroup(stack, 'Pollers', { vpc })],
          networkAdds: ['brokers', 's3', 'services'],
        };
      });
      const configurations = JSON.stringify(mappingOf(template).SourceAccessConfigurations);
      expect(configurations.match(/VpcPrivateSubnet\dSubnet/g)).toHaveLength(2);
      expect(configurations).toContain('VPC_SECURITY_GROUP');
      const endpoints = Object.values(resourcesOf(template, 'AWS::EC2::VPCEndpoint'));
      expect(endpoints).toHaveLength(4);
      expect(JSON.stringify(endpoints[0]?.Properties.RouteTableIds)).toMatch(
        /VpcPrivateSubnet1RouteTable.*VpcPrivateSubnet2RouteTable/,
      );
      expect(Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'))).toHaveLength(
        1,
      );
    });

    it('encrypts with a given key, which it allows the services to use, and publishes to a given topic', () => {
      const template = templateOf((stack) => ({
        encryptionKey: new kms.Key(stack, 'Key'),
        alarmTopic: new sns.Topic(stack, 'Topic'),
      }));
      const [key = ''] = idsOf(template, 'AWS::KMS::Key');
      expect(idsOf(template, 'AWS::KMS::Key')).toEqual([key]);
      expect(JSON.stringify(resourceById(template, key).Properties.KeyPolicy)).toMatch(
        /s3\.amazonaws\.com.*kms:EncryptionContext:aws:logs:arn/,
      );
      expect(namesOf(template, 'AWS::SQS::Queue', 'KmsMasterKeyId')).toEqual([
        { 'Fn::GetAtt': [key, 'Arn'] },
        { 'Fn::GetAtt': [key, 'Arn'] },
      ]);
      const [topic] = idsOf(template, 'AWS::SNS::Topic');
      template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref: topic }] });
    });

    it('is the same at every synth, whatever its tokens', () => {
      const [first, second] = [0, 10].map((tokens) =>
        templateOf((stack) => {
          // Tokens are numbered in the order in which an app creates them.
          for (let index = 0; index < tokens; index++) Fn.importValue(`${index}`);
          return {
            bootstrapServers: [Fn.importValue('Server')],
            secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'kafka'),
            objectPrefix: 'shop/',
            networkHas: undefined,
          };
        }).toJSON(),
      );
      expect(first).toEqual(second);
    });

    it('bundles enrich into both functions', () => {
      const enrich = join(folder, 'enrich.mjs');
      writeFileSync(enrich, 'export const enrich = () => ({});');
      const codeOf = (props: Partial<KafkaArchiveProps>): unknown[] =>
        namesOf(
          templateOf(() => ({ ...props, catalog: false })),
          'AWS::Lambda::Function',
          'Code',
        );
      const enriched = codeOf({ enrich });
      expect(enriched).toHaveLength(2);
      for (const code of codeOf({})) expect(enriched).not.toContainEqual(code);
    });

    it('is created after its dependencies', () => {
      const stack = bareStack();
      const topics = new CustomResource(stack, 'Topics', { serviceToken: 'arn:aws:sns:::topics' });
      archiveIn(stack).node.addDependency(topics);
      const mappings = Object.values(resourcesOf(Template.fromStack(stack), MAPPING));
      for (const { DependsOn } of mappings) expect(DependsOn).toContain('Topics');
    });

    it('can be in a nested stack, whose name is a token', () => {
      const nested = new NestedStack(bareStack(), 'Nested');
      archiveIn(nested);
      const [dashboard] = namesOf(
        Template.fromStack(nested),
        'AWS::CloudWatch::Dashboard',
        'DashboardName',
      );
      expect(JSON.stringify(dashboard)).toContain('-Orders"');
    });

    it("has policies that fit IAM's limits, with the maximum number of topics and the longest names", () => {
      const stack = bareStack();
      const topics = Array.from({ length: 50 }, (_, index) => `${'t'.repeat(195)}${index + 100}`);
      const consumerGroupId = '{topic}';
      archiveIn(stack, {
        ...{ cluster: serverless(stack), objectPrefix: '', topics, consumerGroupId, audit: true },
        vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(stack, 'Subnet', 'subnet-0a1b2c3d')] },
        securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0a1b2c3d')],
      });
      const template = Template.fromStack(stack);
      const most = { 'AWS::IAM::Policy': 10_240, 'AWS::IAM::ManagedPolicy': 6144 };
      for (const [type, characters] of Object.entries(most)) {
        for (const { Properties } of Object.values(resourcesOf(template, type))) {
          const { length } = JSON.stringify(deployed(Properties.PolicyDocument));
          expect(length).toBeLessThanOrEqual(characters);
        }
      }
    });
  },
  SYNTH_TIMEOUT_MS,
);

/** A template value as deployed; values that are not known yet are as long as possible. */
function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name = '', argument] = []] = entries;
  if (name === 'Ref') return longestRefs[String(argument)] ?? 'x'.repeat(170);
  if (name === 'Fn::GetAtt') return 'x'.repeat(170);
  if (name === 'Fn::Select') {
    return argument[0] === 1 ? 'c'.repeat(64) : '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-s12';
  }
  if (name === 'Fn::Join') return argument[1].map(deployed).join('');
  return Object.fromEntries(entries.map(([key, each]) => [key, deployed(each)]));
}

const longestRefs: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': '111122223333',
};
