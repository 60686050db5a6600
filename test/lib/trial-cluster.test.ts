import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArchiveStack } from '../../lib/archive-stack.ts';
import { parse } from './settings-fixture.ts';
import {
  bareStack,
  propertiesOf,
  type Resource,
  resourceById,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
  type Synthesis,
  synthesize,
} from './synthesize.ts';

const trial = { clusterArn: undefined, networkHas: undefined, createCluster: 'serverless' };

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
const join = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] });
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
  join(...ofRegion('kafka'), `:${type}/KafkaArchive/`, clusterUuid, `/${name}`);

/** Resources that only the stack with a new cluster has: how many of each type. */
function addedTypes(template: Template, without: Template): Record<string, number> {
  const known = Object.keys(template.toJSON().Resources).filter(
    (id) => without.toJSON().Resources[id] === undefined && !id.includes('CurrentVersion'),
  );
  const types = known.map((id) => resourceById(template, id).Type).sort();
  return Object.fromEntries(
    [...new Set(types)].map((type) => [type, types.filter((other) => other === type).length]),
  );
}

/** A value of the template as it is deployed, where what is not known yet is as long as it can be. */
function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name = '', argument] = []] = entries;
  if (name === 'Ref') return longestRefs[String(argument)];
  if (name === 'Fn::GetAtt') return 'x'.repeat(170);
  if (name === 'Fn::Select') return '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-s12';
  if (name === 'Fn::Join') return argument[1].map(deployed).join('');
  return Object.fromEntries(entries.map(([key, each]) => [key, deployed(each)]));
}

const longestRefs: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': '111122223333',
};

describe('a stack with a new cluster', () => {
  let synthesis: Synthesis;
  let template: Template;
  let provisioned: Synthesis;
  let given: Template;

  const propertiesById = (id: string): Resource['Properties'] =>
    resourceById(template, id).Properties;

  beforeAll(() => {
    const topics = 'orders, payments';
    synthesis = synthesize({ ...trial, topics });
    template = synthesis.template;
    provisioned = synthesize({ ...trial, topics, provisionedPollers: { min: 1, max: 1 } });
    given = synthesize({ topics }).template;
  }, SYNTH_TIMEOUT_MS);

  it('has no finding and no warning', () => {
    expect(synthesis.findings).toEqual([]);
    expect(provisioned.findings).toEqual([]);
  });

  it('has this besides, and neither a gateway to the internet nor one for NAT', () => {
    expect(addedTypes(template, given)).toEqual({
      'AWS::EC2::RouteTable': 2,
      'AWS::EC2::SecurityGroup': 2,
      'AWS::EC2::SecurityGroupEgress': 1,
      'AWS::EC2::SecurityGroupIngress': 2,
      'AWS::EC2::Subnet': 2,
      'AWS::EC2::SubnetRouteTableAssociation': 2,
      'AWS::EC2::VPC': 1,
      'AWS::EC2::VPCEndpoint': 3,
      'AWS::IAM::Policy': 2,
      'AWS::IAM::Role': 2,
      'AWS::Lambda::Function': 2,
      'AWS::Logs::LogGroup': 2,
      'AWS::MSK::ServerlessCluster': 1,
      'Custom::BootstrapServers': 1,
      'Custom::KafkaTopics': 1,
    });
  });

  it('has endpoints for Lambda and STS on demand only', () => {
    const services = ({ Properties }: Resource) => JSON.stringify(Properties.ServiceName);
    const endpointsOf = (from: Template) =>
      Object.values(resourcesOf(from, 'AWS::EC2::VPCEndpoint')).map(services);
    const service = (name: string) =>
      JSON.stringify(join('com.amazonaws.', ref('AWS::Region'), `.${name}`));
    expect(endpointsOf(template)).toEqual([service('s3'), service('lambda'), service('sts')]);
    expect(endpointsOf(provisioned.template)).toEqual([service('s3')]);
    expect(Object.keys(resourcesOf(provisioned.template, 'AWS::EC2::SecurityGroup'))).toEqual([
      GROUP,
    ]);
  });

  it('has a cluster with IAM access control, in two subnets', () => {
    expect(propertiesOf(template, 'AWS::MSK::ServerlessCluster')).toEqual({
      ClusterName: 'KafkaArchive',
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
      VpcConfigs: [{ SecurityGroups: [groupId(GROUP)], SubnetIds: SUBNETS.map(ref) }],
      Tags: { project: 'msk-s3-archiver' },
    });
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::EC2::Subnet'))) {
      expect(Properties.MapPublicIpOnLaunch).toBe(false);
    }
  });

  it('lets brokers be reached from their own group only, and that group reach HTTPS', () => {
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

  it('lets the trial function do this and nothing else', () => {
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
          Resource: [kafkaArn('topic', 'orders'), kafkaArn('topic', 'payments')],
        },
        {
          Effect: 'Allow',
          Action: [
            'ec2:AssignPrivateIpAddresses',
            'ec2:CreateNetworkInterface',
            'ec2:DeleteNetworkInterface',
            'ec2:UnassignPrivateIpAddresses',
          ],
          Resource: join(...ofRegion('ec2'), ':*/*'),
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

  it('has policies that IAM takes also with as many topics as there may be, of long names', () => {
    const topics = Array.from({ length: 10 }, (_, index) => `${'t'.repeat(199)}${index}`);
    const settings = { ...trial, topics, stackName: 'S'.repeat(64), consumerGroupId: '{topic}' };
    const stack = new ArchiveStack(bareStack(), 'Archive', { settings: parse(settings) });
    const policies = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::IAM::Policy'));

    const lengths = policies.map(
      ({ Properties }) => JSON.stringify(deployed(Properties.PolicyDocument)).length,
    );
    expect(lengths).toHaveLength(4);
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10_240);
  });

  it("lets the CDK's function ask for the bootstrap servers, and nothing else", () => {
    expect(propertiesById('TrialBootstrapRoleDefaultPolicy4B4013AF').PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: attribute('TrialBootstrapLogGroup10735F18', 'Arn'),
        },
        { Effect: 'Allow', Action: 'kafka:GetBootstrapBrokers', Resource: clusterArn },
      ],
    });
    expect(propertiesById('TrialBootstrapRole74026988').ManagedPolicyArns).toBeUndefined();
    expect(propertiesById(CDK_FUNCTION)).toMatchObject({
      LoggingConfig: { LogGroup: ref('TrialBootstrapLogGroup10735F18') },
    });
  });

  it('has no function in the network but the one that needs it', () => {
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

  it('creates the topics once the function reaches CloudFormation, and mappings after them', () => {
    expect(propertiesById(TOPICS)).toEqual({
      ServiceToken: attribute(FUNCTION, 'Arn'),
      ServiceTimeout: '600',
      ClusterArn: clusterArn,
      Topics: ['orders', 'payments'],
      Partitions: 3,
    });
    const network = Object.keys(template.toJSON().Resources).filter((id) =>
      id.startsWith('TrialNetwork'),
    );
    expect([...(resourceById(template, TOPICS).DependsOn ?? [])].sort()).toEqual(network.sort());
    const mappings = Object.entries(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'));
    const ofKafka = mappings.filter(([, { Properties }]) => Properties.Topics !== undefined);
    expect(ofKafka).toHaveLength(2);
    for (const [, { DependsOn, Properties }] of ofKafka) {
      expect(DependsOn).toEqual(['ArchiveFunctionRoleDefaultPolicyE0222564', TOPICS]);
      expect(Properties.EventSourceArn).toEqual(clusterArn);
    }
  });

  it('lets the archive function read the topics of the new cluster', () => {
    const policy = propertiesById('ArchiveFunctionRoleDefaultPolicyE0222564');
    expect(policy.PolicyDocument).toMatchObject({
      Statement: expect.arrayContaining([
        {
          Effect: 'Allow',
          Action: ['kafka-cluster:Connect', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
          Resource: clusterArn,
        },
        {
          Effect: 'Allow',
          Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
          Resource: [kafkaArn('topic', 'orders'), kafkaArn('topic', 'payments')],
        },
        {
          Effect: 'Allow',
          Action: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
          Resource: [
            kafkaArn('group', 'KafkaArchive-orders'),
            kafkaArn('group', 'KafkaArchive-payments'),
          ],
        },
      ]),
    });
  });

  it('leaves the archive, its failed batches and dead letters behind, and nothing of the trial', () => {
    const resources: Record<string, Resource> = template.toJSON().Resources;
    const kept = Object.entries(resources)
      .filter(([, { DeletionPolicy }]) => !['Delete', undefined].includes(DeletionPolicy))
      .map(([id, { DeletionPolicy }]) => [id.replace(/(?<=CurrentVersion).*/, ''), DeletionPolicy]);
    expect(kept).toEqual([
      ['ArchiveBucket', 'Retain'],
      ['ArchiveBucketPolicy13E3D5ED', 'Retain'],
      ['FailedBatchesDeadLetterQueueF82B3E85', 'Retain'],
      ['FailedBatchesDeadLetterQueuePolicyFDFCC07E', 'Retain'],
      ['FailedBatchBucket', 'Retain'],
      ['FailedBatchesBucketPolicyDC215D2A', 'Retain'],
      // Goes with its function.
      ['ArchiveFunctionCurrentVersion', 'Retain'],
    ]);
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    // Lambda makes a group that stays for a function that has none of its own.
    expect(Object.keys(groups)).toHaveLength(Object.keys(functions).length);
    for (const { Properties } of Object.values(functions)) {
      expect(Properties.LoggingConfig).toHaveProperty('LogGroup');
    }
  });

  it('tells the name of the trial function, and carries the tag of the project', () => {
    expect(template.toJSON().Outputs.TrialFunctionName).toEqual({ Value: ref(FUNCTION) });
    const tags = [{ Key: 'project', Value: 'msk-s3-archiver' }];
    for (const id of [VPC, GROUP, FUNCTION, CDK_FUNCTION]) {
      expect(propertiesById(id).Tags).toEqual(expect.arrayContaining(tags));
    }
  });
});
