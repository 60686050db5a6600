import { Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { trialEnvironmentNames } from '../lambda/trial-contract.ts';
import { BundledFunction } from './functions/bundled-function.ts';
import { type ClusterArn, topicArn } from './source/cluster-arn.ts';
import type { TrialNetwork } from './trial-network.ts';

/** What a {@link TrialFunction} is made of. */
export interface TrialFunctionProps {
  readonly network: TrialNetwork;
  readonly cluster: ClusterArn;
  /** `host:port` of the cluster, with commas between. */
  readonly bootstrapServers: string;
  /** The topics that it may create, and produce into. */
  readonly topics: readonly string[];
}

/**
 * The trial Lambda with its role and log group: in the network of the cluster, it creates topics for the
 * stack, and produces sample records when it is invoked by hand.
 */
export class TrialFunction extends BundledFunction {
  constructor(scope: Construct, id: string, props: TrialFunctionProps) {
    const { vpc, securityGroup } = props.network;
    super(scope, id, {
      entry: 'trial',
      description: 'Creates the topics of the trial cluster, and produces sample records',
      roleDescription: 'Trial function: creates its topics, writes its log and sample records',
      memory: Size.mebibytes(512),
      timeout: Duration.minutes(5),
      environment: {
        [trialEnvironmentNames.bootstrapServers]: props.bootstrapServers,
        NODE_OPTIONS: '--enable-source-maps',
      },
      network: { vpc, securityGroups: [securityGroup] },
    });
    this.allowProducing(props);
    this.allowNetworkInterfaces();
  }

  /** https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html */
  private allowProducing({ cluster, topics }: TrialFunctionProps): void {
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
        resources: [cluster.arn],
      }),
    );
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: [
          'kafka-cluster:CreateTopic',
          'kafka-cluster:DescribeTopic',
          'kafka-cluster:WriteData',
        ],
        resources: topics.map((topic) => topicArn(cluster, topic)),
      }),
    );
  }

  /**
   * What the managed policy AWSLambdaVPCAccessExecutionRole has, less every log group.
   * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
   */
  private allowNetworkInterfaces(): void {
    const { partition, region, account } = Stack.of(this);
    const ofStack = `arn:${partition}:ec2:${region}:${account}:*/*`;
    const statements = [
      {
        actions: [
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        // In this form in https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: an
        // interface that is not there yet has no id.
        resources: [ofStack],
      },
      { actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], resources: ['*'] },
    ];
    for (const statement of statements) this.role.addToPolicy(new iam.PolicyStatement(statement));
    Validations.of(this.role).acknowledge(
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'These Describe actions take no resource',
      },
      {
        id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]',
        reason:
          'Lambda makes the network interfaces of the function, whose ids are not known before',
      },
    );
  }
}
