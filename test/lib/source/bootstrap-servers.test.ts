import { Template } from 'aws-cdk-lib/assertions';
import { AwsCustomResource, AwsCustomResourcePolicy } from 'aws-cdk-lib/custom-resources';
import { describe, expect, it } from 'vitest';
import { BootstrapServers } from '../../../lib/source/bootstrap-servers.ts';
import type { Credentials } from '../../../lib/source/kafka-source.ts';
import { clusterArn, secretArn } from '../settings-fixture.ts';
import { bareStack, propertiesOf, resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';

const credentials = (type: Credentials['type']): Credentials => ({ type, secretArn });

describe('the bootstrap servers', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it.each<[string, Credentials | undefined]>([
    ['BootstrapBrokerStringSaslIam', undefined],
    ['BootstrapBrokerStringSaslScram', credentials('SASL_SCRAM_512_AUTH')],
    ['BootstrapBrokerStringTls', credentials('CLIENT_CERTIFICATE_TLS_AUTH')],
  ])('are %s', (attribute, given) => {
    const stack = bareStack();
    const { servers } = new BootstrapServers(stack, 'Bootstrap', {
      ...{ clusterArn, credentials: given },
    });
    const template = Template.fromStack(stack);
    const { Create, Update } = propertiesOf(template, 'Custom::BootstrapServers');
    expect(JSON.parse(String(Create))).toEqual({
      service: 'Kafka',
      action: 'GetBootstrapBrokers',
      parameters: { ClusterArn: clusterArn },
      outputPaths: [attribute],
      physicalResourceId: { id: 'bootstrap-servers' },
    });
    // Another cluster or authentication changes the properties, and so asks again.
    expect(Update).toEqual(Create);
    const [id] = Object.keys(resourcesOf(template, 'Custom::BootstrapServers'));
    expect(stack.resolve(servers)).toEqual({ 'Fn::GetAtt': [id, attribute] });
  });

  it('are asked for by a function that may do nothing else but write its log', () => {
    const stack = bareStack();
    new BootstrapServers(stack, 'Bootstrap', { clusterArn });
    const template = Template.fromStack(stack);
    const policies = Object.values(resourcesOf(template, 'AWS::IAM::Policy'));
    const actions = policies.map(({ Properties }) => {
      const { Statement } = Properties.PolicyDocument as { Statement: { Action: unknown }[] };
      return Statement.map(({ Action }) => Action);
    });
    expect(actions).toEqual([
      [['logs:CreateLogStream', 'logs:PutLogEvents']],
      ['kafka:GetBootstrapBrokers'],
    ]);
    expect(propertiesOf(template, 'AWS::IAM::Role')).not.toHaveProperty('ManagedPolicyArns');
    expect(propertiesOf(template, 'AWS::Logs::LogGroup').RetentionInDays).toBe(30);
  });

  it('are asked for by the function that the stack has already, whose role may do so then', () => {
    const stack = bareStack();
    new AwsCustomResource(stack, 'Other', {
      onUpdate: {
        ...{ service: 'S3', action: 'ListBuckets' },
        physicalResourceId: { id: 'buckets' },
      },
      policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: ['*'] }),
      installLatestAwsSdk: false,
    });
    for (const id of ['First', 'Second']) new BootstrapServers(stack, id, { clusterArn });
    const template = Template.fromStack(stack);
    expect(Object.keys(resourcesOf(template, 'AWS::Lambda::Function'))).toHaveLength(1);
    // The log of that function, which the CDK created with it.
    expect(Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup'))).toEqual([
      expect.stringMatching(/^AWS679f53fac002430cb0da5b7982bd2287LogGroup/),
    ]);
    const [role, ...more] = Object.keys(resourcesOf(template, 'AWS::IAM::Role'));
    expect(more).toEqual([]);
    const policies = Object.entries(resourcesOf(template, 'AWS::IAM::Policy'));
    expect(policies.map(([id, { Properties }]) => [id.slice(0, 5), Properties.Roles])).toEqual([
      ['Other', [{ Ref: role }]],
      ['First', [{ Ref: role }]],
      ['Secon', [{ Ref: role }]],
    ]);
  });
});
