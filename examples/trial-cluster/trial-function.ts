import { Duration, Fn, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { bundleTrialFunction } from './bundle.ts';
import { BOOTSTRAP_SERVERS } from './function/settings.ts';
import type { TrialNetwork } from './trial-network.ts';

/** Props of a {@link TrialFunction}. */
export interface TrialFunctionProps {
  readonly network: TrialNetwork;
  readonly clusterArn: string;
  readonly clusterName: string;
  /** The `host:port` of each bootstrap server, separated by commas. */
  readonly bootstrapServers: string;
  /** The topics that it may create and produce to. */
  readonly topics: readonly string[];
}

/**
 * The trial function with its role and log group. In the network of the cluster, it creates topics for the stack,
 * and produces sample records when it is invoked directly.
 */
export class TrialFunction extends Construct {
  public readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: TrialFunctionProps) {
    super(scope, id);

    const { vpc, securityGroup } = props.network;
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Trial function: creates its topics, and writes sample records and its log',
    });
    logGroup.grantWrite(role);
    this.allowProducing(role, props);
    this.allowNetworkInterfaces(role);
    this.function = new lambda.Function(this, 'Function', {
      description: 'Creates the topics of the trial cluster, and produces sample records',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(bundleTrialFunction()),
      handler: 'index.handler',
      role,
      logGroup,
      memorySize: 512,
      timeout: Duration.minutes(5),
      environment: {
        [BOOTSTRAP_SERVERS]: props.bootstrapServers,
        NODE_OPTIONS: '--enable-source-maps',
      },
      ...{ vpc, securityGroups: [securityGroup] },
    });
  }

  /** https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html */
  private allowProducing(
    role: iam.Role,
    { clusterArn, clusterName, topics }: TrialFunctionProps,
  ): void {
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
        resources: [clusterArn],
      }),
    );
    const uuid = Fn.select(2, Fn.split('/', clusterArn));
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: [
          'kafka-cluster:CreateTopic',
          'kafka-cluster:DescribeTopic',
          'kafka-cluster:WriteData',
        ],
        resources: topics.map((topic) =>
          Stack.of(this).formatArn({
            service: 'kafka',
            resource: 'topic',
            resourceName: `${clusterName}/${uuid}/${topic}`,
          }),
        ),
      }),
    );
  }

  /**
   * The permissions of the managed policy AWSLambdaVPCAccessExecutionRole, except those for every log group.
   * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
   */
  private allowNetworkInterfaces(role: iam.Role): void {
    const { partition, region, account } = Stack.of(this);
    const statements = [
      {
        actions: [
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        // An interface has no id before it is created:
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        resources: [`arn:${partition}:ec2:${region}:${account}:*/*`],
      },
      { actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], resources: ['*'] },
    ];
    for (const statement of statements) role.addToPolicy(new iam.PolicyStatement(statement));
    Validations.of(role).acknowledge(
      { id: 'AwsSolutions-IAM5[Resource::*]', reason: 'These Describe actions take no resource' },
      {
        id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]',
        reason: 'The ids of network interfaces are not known before Lambda creates them',
      },
    );
  }
}
