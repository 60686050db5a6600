import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../lib/settings/settings.ts';
import { KafkaNetwork } from '../../../lib/source/kafka-network.ts';
import {
  keyArn,
  msk,
  mskSecretArn,
  now,
  secretArn,
  selfManaged,
  sourceOf,
} from '../settings-fixture.ts';
import { bareStack, propertiesOf, resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';

const vpcId = 'vpc-0123456789abcdef0';
const subnetIds = ['subnet-11111111', 'subnet-22222222'];
const securityGroupIds = ['sg-33333333'];
const everything = {
  networkAdds: ['brokers', 's3', 'services'],
  ...{ vpcId, subnetIds, securityGroupIds, routeTableIds: ['rtb-44444444'] },
};

function stackOf(context: Record<string, unknown>) {
  const settings = parseSettings(context, { now });
  const { audit: hasAudit, network, provisionedPollers } = settings;
  const stack = bareStack();
  const isProvisioned = provisionedPollers !== undefined;
  const source = sourceOf(settings);
  new KafkaNetwork(stack, 'KafkaNetwork', { source, network, isProvisioned, hasAudit });
  return stack;
}

const templateOf = (context: Record<string, unknown>) => Template.fromStack(stackOf(context));

const warningsOf = (context: Record<string, unknown>): (string | undefined)[] =>
  Annotations.fromStack(stackOf(context))
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => /\('(\w+)'\)/.exec(String(entry.data))?.[1]);

describe('the network', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('adds nothing, and puts nothing into a VPC, by default', () => {
    expect(templateOf(msk).toJSON().Resources ?? {}).toEqual({});
  });

  it('adds the rule that lets pollers reach the brokers', () => {
    const template = templateOf({ ...msk, networkAdds: 'brokers', securityGroupIds });
    expect(propertiesOf(template, 'AWS::EC2::SecurityGroupIngress')).toEqual({
      Description: 'Pollers of Lambda to the brokers',
      GroupId: 'sg-33333333',
      SourceSecurityGroupId: 'sg-33333333',
      IpProtocol: 'tcp',
      FromPort: 9098,
      ToPort: 9098,
    });
  });

  it.each<[number[], Record<string, unknown>]>([
    [[9098], msk],
    [[9096], { ...msk, secretArn: mskSecretArn, secretKeyArns: keyArn }],
    [[9094], { ...msk, secretArn, authentication: 'CLIENT_CERTIFICATE_TLS_AUTH' }],
    [[9093, 9095], { ...selfManaged, bootstrapServers: 'a:9093, b:9093, c:9095', subnetIds }],
  ])('adds that rule for the ports %j', (ports, context) => {
    const template = templateOf({ ...context, networkAdds: 'brokers', securityGroupIds });
    const rules = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'));
    expect(rules.map(({ Properties }) => Properties.FromPort)).toEqual(ports);
    expect(rules.map(({ Properties }) => Properties.ToPort)).toEqual(ports);
  });

  it('adds endpoints for S3, Lambda and STS, and for Secrets Manager with a secret', () => {
    const endpointsOf = (context: Record<string, unknown>) =>
      Object.values(resourcesOf(templateOf(context), 'AWS::EC2::VPCEndpoint')).map(
        ({ Properties }) => Properties,
      );
    const service = (name: string) => ({
      'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, `.${name}`]],
    });
    const interfaceOf = (name: string) => ({
      PrivateDnsEnabled: true,
      SecurityGroupIds: [{ 'Fn::GetAtt': [expect.stringContaining('Endpoint'), 'GroupId'] }],
      ServiceName: service(name),
      SubnetIds: subnetIds,
      VpcEndpointType: 'Interface',
      VpcId: vpcId,
    });
    const s3 = {
      RouteTableIds: ['rtb-44444444'],
      ServiceName: service('s3'),
      VpcEndpointType: 'Gateway',
      VpcId: vpcId,
    };
    const iam = [s3, interfaceOf('lambda'), interfaceOf('sts')];
    expect(endpointsOf({ ...msk, ...everything })).toEqual(iam);
    expect(endpointsOf({ ...msk, ...everything, secretArn })).toEqual([
      ...iam,
      interfaceOf('secretsmanager'),
    ]);
    // In provisioned mode, only the audit uses an endpoint.
    const audit = { ...msk, ...everything, audit: true, provisionedPollers: {}, secretArn };
    expect(endpointsOf(audit)).toEqual([s3, interfaceOf('secretsmanager')]);
  });

  it('adds a security group that allows HTTPS from pollers, and no egress', () => {
    const template = templateOf({ ...msk, ...everything });
    expect(propertiesOf(template, 'AWS::EC2::SecurityGroup')).toMatchObject({
      VpcId: vpcId,
      SecurityGroupIngress: [
        {
          Description: 'Pollers of Lambda',
          SourceSecurityGroupId: 'sg-33333333',
          IpProtocol: 'tcp',
          FromPort: 443,
          ToPort: 443,
        },
      ],
      SecurityGroupEgress: [{ CidrIp: '255.255.255.255/32', IpProtocol: 'icmp' }],
    });
  });
});

describe('the warnings', { timeout: SYNTH_TIMEOUT_MS }, () => {
  const vpc = { subnetIds, securityGroupIds };
  const provisionedPollers = { min: 1, max: 1 };

  it.each<[string[], Record<string, unknown>]>([
    [['brokers', 's3', 'services'], msk],
    [['brokers', 's3'], { ...msk, provisionedPollers }],
    [['services'], { ...msk, networkHas: 'brokers, s3' }],
    [['s3'], { ...msk, networkAdds: 'brokers', securityGroupIds, networkHas: 'services' }],
    [[], { ...msk, networkHas: 'brokers, s3, services' }],
    [[], { ...msk, ...everything }],
    [['brokers', 's3', 'services'], { ...selfManaged, ...vpc }],
    [['brokers', 's3'], { ...selfManaged, ...vpc, provisionedPollers }],
    // Over the internet, Lambda uses its own network.
    [[], selfManaged],
    [['brokers', 's3'], { ...msk, ...vpc, audit: true, provisionedPollers }],
    [['brokers', 's3', 'services'], { ...msk, ...vpc, audit: true, provisionedPollers, secretArn }],
    [['brokers', 's3', 'services'], { ...msk, ...vpc, audit: true }],
    [[], { ...selfManaged, audit: true }],
  ])('are about %j', (expected, context) => {
    expect(warningsOf(context)).toEqual(expected);
  });

  it('say what the audit would miss', () => {
    const audit = { ...msk, ...vpc, audit: true, provisionedPollers, secretArn };
    const texts = Annotations.fromStack(stackOf({ ...audit, networkHas: 'brokers' }))
      .findWarning('*', Match.anyValue())
      .map(({ entry }) => String(entry.data).split('; ')[0]);
    expect(texts).toEqual([
      "the pollers might be unable to reach S3 from their subnets, and batches that Lambda gives up would then be dropped ('s3'), and the audit would fail",
      "the audit might be unable to reach Secrets Manager from its subnets, and would then fail ('services')",
    ]);
  });
});
