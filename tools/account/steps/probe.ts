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
