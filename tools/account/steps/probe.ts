import { allow } from '../step.ts';

const POLLER_ACTIONS = [
  'kafka:DescribeClusterV2',
  'kafka:GetBootstrapBrokers',
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeVpcs',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeSubnets',
  'ec2:DescribeSecurityGroups',
  'kafka-cluster:Connect',
  'kafka-cluster:Describe*',
  'kafka-cluster:ReadData',
  'kafka-cluster:AlterGroup',
];

/** What sessions of the probe's role may be allowed. */
const PROBED_ACTIONS = [
  'kafka:GetBootstrapBrokers',
  'glue:GetSchemaVersion',
  'cloudformation:DescribeStacks',
  // What the policy of readers allows, and more.
  'athena:*',
  'glue:*',
  's3:*',
];

function role(principal: object, actions: readonly string[]) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
      },
      Policies: [
        {
          PolicyName: 'probe',
          PolicyDocument: { Version: '2012-10-17', Statement: [allow(actions, '*')] },
        },
      ],
    },
  };
}

const output = (resource: string, attribute: string) => ({
  Value: { 'Fn::GetAtt': [resource, attribute] },
});

/**
 * CloudFormation template of what the questions without a deployment need: a role to assume, a function that
 * accepts every batch, and a schema. It costs nothing.
 */
export const probeTemplate = {
  Description: 'Questions of msk-s3-archiver to an AWS account; delete it at any time',
  Resources: {
    ProbeRole: role({ AWS: '{account}' }, PROBED_ACTIONS),
    FunctionRole: role({ Service: 'lambda.amazonaws.com' }, POLLER_ACTIONS),
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: '{stack}-probe',
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: { 'Fn::GetAtt': ['FunctionRole', 'Arn'] },
        Code: { ZipFile: 'exports.handler = async () => undefined;' },
      },
    },
    Registry: { Type: 'AWS::Glue::Registry', Properties: { Name: '{stack}-probe' } },
    Schema: {
      Type: 'AWS::Glue::Schema',
      Properties: {
        Name: '{stack}-probe',
        Registry: { Arn: { 'Fn::GetAtt': ['Registry', 'Arn'] } },
        DataFormat: 'AVRO',
        Compatibility: 'NONE',
        SchemaDefinition: '"string"',
      },
    },
  },
  Outputs: {
    ProbeRoleArn: output('ProbeRole', 'Arn'),
    ProbeFunctionArn: output('Function', 'Arn'),
    RegistryArn: output('Registry', 'Arn'),
    SchemaArn: output('Schema', 'Arn'),
    SchemaVersionId: output('Schema', 'InitialSchemaVersionId'),
  },
};

/** The probe with a disabled mapping, which reads nothing and costs nothing, and an output that names it. */
function withMapping(outputName: string, position: string | object, timestamp: number | object) {
  const Mapping = {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      ...{ FunctionName: { Ref: 'Function' }, EventSourceArn: '{cluster}', Topics: ['{topic}'] },
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: '{stack}-probe-position' },
      ...{ StartingPosition: position, StartingPositionTimestamp: timestamp, Enabled: false },
    },
  };
  return {
    ...probeTemplate,
    Resources: { ...probeTemplate.Resources, Mapping },
    Outputs: { ...probeTemplate.Outputs, [outputName]: { Value: { Ref: 'Mapping' } } },
  };
}

/** 2026-01-01, in Unix seconds. */
const START = 1_767_225_600;

/** The probe with a mapping whose starting position is in the template, as in version 0.1.0 of this project. */
export const literalPosition = withMapping('MappingInTemplate', 'AT_TIMESTAMP', START);

/** The same mapping with its starting position as in lib/source/starting-position.ts. */
export const positionAsParameter = {
  Parameters: { Position: { Type: 'String', Default: String(START) } },
  Conditions: { IsLatest: { 'Fn::Equals': [{ Ref: 'Position' }, 'LATEST'] } },
  ...withMapping(
    'MappingByParameter',
    { 'Fn::If': ['IsLatest', 'LATEST', 'AT_TIMESTAMP'] },
    { 'Fn::If': ['IsLatest', { Ref: 'AWS::NoValue' }, { Ref: 'Position' }] },
  ),
};
