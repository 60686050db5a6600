import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  findingsOf,
  propertiesOf,
  type Resource,
  resourceById,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../../../test/lib/synthesize.ts';
import { TrialStack } from '../trial-stack.ts';

const CLUSTER = 'TrialClusterAE62DDA2';
const FUNCTION = 'TrialFunction3C8B35C2';
const FUNCTION_POLICY = 'TrialFunctionRoleDefaultPolicy6AC381CB';
const TOPICS = 'TrialTopics05C80230';
const VPC = 'TrialNetworkVpcE4F8B868';
const GROUP = 'TrialNetworkSecurityGroupF1B722B7';
const ENDPOINT_GROUP = 'TrialNetworkEndpointSecurityGroup2BE6B48E';
const SUBNETS = [
  'TrialNetworkVpcKafkaSubnet1Subnet1E4CEE7D',
  'TrialNetworkVpcKafkaSubnet2Subnet9444E585',
];
const CDK_FUNCTION = 'AWS679f53fac002430cb0da5b7982bd22872D164C4C';

const ref = (id: string) => ({ Ref: id });
const attribute = (id: string, name: string) => ({ 'Fn::GetAtt': [id, name] });
const groupId = (id: string) => attribute(id, 'GroupId');
const joined = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] });
const ofRegion = (service: string) => [
  'arn:',
  ref('AWS::Partition'),
  `:${service}:`,
  ref('AWS::Region'),
  ':',
  ref('AWS::AccountId'),
];

const clusterArn = attribute(CLUSTER, 'Arn');
const clusterUuid = { 'Fn::Select': [2, { 'Fn::Split': ['/', clusterArn] }] };
const kafkaArn = (type: string, name: string) =>
  joined(...ofRegion('kafka'), `:${type}/kafka-archive-trial/`, clusterUuid, `/${name}`);

let template: Template;
const outdir = mkdtempSync(join(tmpdir(), 'trial-stack-'));
const app = new App({ outdir, analyticsReporting: false });

beforeAll(() => {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  template = Template.fromStack(new TrialStack(app, 'KafkaArchiveTrial'));
}, SYNTH_TIMEOUT_MS);

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const propertiesById = (id: string): Resource['Properties'] =>
  resourceById(template, id).Properties;

it('has no findings and no warnings', () => {
  expect(findingsOf(app)).toEqual([]);
});

it('adds these resources to the archive, and no gateway to the internet', () => {
  const resources: Record<string, Resource> = template.toJSON().Resources;
  const types = Object.entries(resources)
    .filter(([id]) => !id.startsWith('Orders'))
    .map(([, { Type }]) => Type);
  const count = (type: string) => types.filter((other) => other === type).length;
  expect(Object.fromEntries(types.sort().map((type) => [type, count(type)]))).toEqual({
    'AWS::EC2::RouteTable': 2,
    'AWS::EC2::SecurityGroup': 2,
    'AWS::EC2::SecurityGroupEgress': 1,
    'AWS::EC2::SecurityGroupIngress': 2,
    'AWS::EC2::Subnet': 2,
    'AWS::EC2::SubnetRouteTableAssociation': 2,
    'AWS::EC2::VPC': 1,
    'AWS::EC2::VPCEndpoint': 3,
    'AWS::IAM::Policy': 3,
    'AWS::IAM::Role': 2,
    'AWS::Lambda::Function': 2,
    'AWS::Logs::LogGroup': 2,
    'AWS::MSK::ServerlessCluster': 1,
    'Custom::BootstrapServers': 1,
    'Custom::KafkaTopics': 1,
  });
});

it('has a cluster with IAM access control, in two subnets', () => {
  expect(propertiesOf(template, 'AWS::MSK::ServerlessCluster')).toEqual({
    ClusterName: 'kafka-archive-trial',
    ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
    VpcConfigs: [{ SecurityGroups: [groupId(GROUP)], SubnetIds: SUBNETS.map(ref) }],
    Tags: { project: 'msk-s3-archiver' },
  });
  for (const { Properties } of Object.values(resourcesOf(template, 'AWS::EC2::Subnet'))) {
    expect(Properties.MapPublicIpOnLaunch).toBe(false);
  }
});

it('is never in the zone of us-east-1 that MSK refuses', () => {
  const [[condition, isUsEast1] = []] = Object.entries(template.toJSON().Conditions).filter(
    ([id]) => id.startsWith('TrialNetwork'),
  );
  expect(isUsEast1).toEqual({ 'Fn::Equals': [ref('AWS::Region'), 'us-east-1'] });
  const noValue = ref('AWS::NoValue');
  expect(SUBNETS.map((id) => propertiesById(id))).toMatchObject(
    ['use1-az1', 'use1-az2'].map((zoneId, index) => ({
      AvailabilityZone: {
        'Fn::If': [condition, noValue, { 'Fn::Select': [index, { 'Fn::GetAZs': '' }] }],
      },
      AvailabilityZoneId: { 'Fn::If': [condition, zoneId, noValue] },
    })),
  );
});

it('allows only group members to reach the brokers, and the group to reach HTTPS', () => {
  const rule = (port: number) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port });
  expect(propertiesById(GROUP).SecurityGroupEgress).toMatchObject([
    { ...rule(443), CidrIp: '0.0.0.0/0' },
  ]);
  expect(propertiesById(GROUP)).not.toHaveProperty('SecurityGroupIngress');
  const ingress = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'));
  expect(ingress.map(({ Properties }) => Properties)).toEqual([
    expect.objectContaining({
      ...rule(9098),
      GroupId: groupId(GROUP),
      SourceSecurityGroupId: groupId(GROUP),
    }),
    expect.objectContaining({
      ...rule(443),
      GroupId: groupId(ENDPOINT_GROUP),
      SourceSecurityGroupId: groupId(GROUP),
    }),
  ]);
  expect(resourceOf(template, 'AWS::EC2::SecurityGroupEgress').Properties).toMatchObject({
    ...rule(9098),
    GroupId: groupId(GROUP),
    DestinationSecurityGroupId: groupId(GROUP),
  });
});

it('gives the trial function only these permissions', () => {
  expect(propertiesById(FUNCTION_POLICY).PolicyDocument).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: attribute('TrialFunctionLogGroup1F743E8B', 'Arn'),
      },
      {
        Effect: 'Allow',
        Action: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
        Resource: clusterArn,
      },
      {
        Effect: 'Allow',
        Action: [
          'kafka-cluster:CreateTopic',
          'kafka-cluster:DescribeTopic',
          'kafka-cluster:WriteData',
        ],
        Resource: kafkaArn('topic', 'orders'),
      },
      {
        Effect: 'Allow',
        Action: [
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        Resource: joined(...ofRegion('ec2'), ':*/*'),
      },
      {
        Effect: 'Allow',
        Action: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
        Resource: '*',
      },
    ],
  });
  const { ManagedPolicyArns } = propertiesById('TrialFunctionRoleC7E9BCCD');
  expect(ManagedPolicyArns).toBeUndefined();
});

it("allows the CDK's function only to get the bootstrap servers", () => {
  const role = ref('TrialBootstrapRole74026988');
  const allowed = Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
    .filter(({ Properties }) => isDeepStrictEqual(Properties.Roles, [role]))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: unknown[] }).Statement);
  expect(allowed).toEqual([
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: attribute('TrialBootstrapLogGroup10735F18', 'Arn'),
    },
    { Effect: 'Allow', Action: 'kafka:GetBootstrapBrokers', Resource: '*' },
  ]);
  expect(propertiesById('TrialBootstrapRole74026988').ManagedPolicyArns).toBeUndefined();
  expect(propertiesById(CDK_FUNCTION)).toMatchObject({
    LoggingConfig: { LogGroup: ref('TrialBootstrapLogGroup10735F18') },
  });
});

it('puts only the trial function into the network', () => {
  const inside = Object.entries(resourcesOf(template, 'AWS::Lambda::Function'))
    .filter(([, { Properties }]) => Properties.VpcConfig !== undefined)
    .map(([id]) => id);
  expect(inside).toEqual([FUNCTION]);
  expect(propertiesById(FUNCTION)).toMatchObject({
    Environment: {
      Variables: {
        BOOTSTRAP_SERVERS: attribute(
          'TrialBootstrapBrokersDCA535FE',
          'BootstrapBrokerStringSaslIam',
        ),
      },
    },
    Timeout: 300,
    VpcConfig: { SecurityGroupIds: [groupId(GROUP)], SubnetIds: SUBNETS.map(ref) },
  });
});

it('creates the topics after the network, and the mapping after the topics', () => {
  expect(propertiesById(TOPICS)).toEqual({
    ServiceToken: attribute(FUNCTION, 'Arn'),
    ServiceTimeout: '600',
    ClusterArn: clusterArn,
    Topics: ['orders'],
    Partitions: 3,
  });
  const network = Object.keys(template.toJSON().Resources).filter((id) =>
    id.startsWith('TrialNetwork'),
  );
  expect([...(resourceById(template, TOPICS).DependsOn ?? [])].sort()).toEqual(network.sort());
  const mappings = Object.entries(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'));
  const ofKafka = mappings.filter(([, { Properties }]) => Properties.Topics !== undefined);
  expect(ofKafka).toHaveLength(1);
  for (const [, { DependsOn, Properties }] of ofKafka) {
    expect(DependsOn).toContain(TOPICS);
    expect(Properties.EventSourceArn).toEqual(ref(CLUSTER));
  }
});

it('leaves nothing of the trial cluster behind when the stack is deleted', () => {
  const resources: Record<string, Resource> = template.toJSON().Resources;
  const kept = Object.entries(resources).filter(
    ([id, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain') && !id.startsWith('Orders'),
  );
  expect(kept).toEqual([]);
  const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  // For a function without a log group, Lambda creates one that outlives the stack.
  expect(Object.keys(groups)).toHaveLength(Object.keys(functions).length);
  for (const { Properties } of Object.values(functions)) {
    expect(Properties.LoggingConfig).toHaveProperty('LogGroup');
  }
});

it('outputs the name of the trial function, and tags its resources with the project', () => {
  expect(template.toJSON().Outputs.TrialFunctionName).toEqual({ Value: ref(FUNCTION) });
  const tags = [{ Key: 'project', Value: 'msk-s3-archiver' }];
  for (const id of [VPC, GROUP, FUNCTION, CDK_FUNCTION]) {
    expect(propertiesById(id).Tags).toEqual(expect.arrayContaining(tags));
  }
});
