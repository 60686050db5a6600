import { CfnOutput, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import { Construct, type IDependable } from 'constructs';
import { BootstrapServers } from './source/bootstrap-servers.ts';
import { createdClusterArn } from './source/cluster-arn.ts';
import type { MskSource } from './source/kafka-source.ts';
import { TrialFunction } from './trial-function.ts';
import { TrialNetwork } from './trial-network.ts';

/** Partitions of each topic: enough to see that there are several. */
const PARTITIONS = 3;

/** What a {@link TrialCluster} is made of. */
export interface TrialClusterProps {
  readonly clusterName: string;
  /** Created with three partitions each. */
  readonly topics: readonly string[];
  /** Whether event source mappings are in provisioned mode, where pollers need less of the network. */
  readonly isProvisioned: boolean;
}

/** How long CloudFormation waits for topics: longer than one invocation of the function takes. */
const TOPICS_TIMEOUT = Duration.minutes(10);

/**
 * An MSK Serverless cluster for a trial, with its network and topics, and a function that produces sample
 * records. All of it goes when the stack is deleted, with the records in it.
 *
 * Topics are created by a Kafka client, since neither MSK's API nor CloudFormation creates those of a
 * serverless cluster: https://docs.aws.amazon.com/msk/latest/developerguide/msk-topic-operations-information.html
 */
export class TrialCluster extends Construct {
  public readonly source: MskSource;
  /** The topics are there, and pollers reach them: what reads them has to depend on it. */
  public readonly ready: IDependable;

  constructor(scope: Construct, id: string, props: TrialClusterProps) {
    super(scope, id);

    const network = new TrialNetwork(this, 'Network', { hasPollerEndpoints: !props.isProvisioned });
    const { vpc, securityGroup } = network;
    // Every property is one whose change makes another cluster.
    const resource = new CfnServerlessCluster(this, 'Cluster', {
      clusterName: props.clusterName,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [
        {
          subnetIds: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
          securityGroups: [securityGroup.securityGroupId],
        },
      ],
    });
    const cluster = createdClusterArn(resource, props.clusterName);
    this.source = { kind: 'msk', cluster };
    const trial = new TrialFunction(this, 'Function', {
      network,
      cluster,
      bootstrapServers: new BootstrapServers(this, 'Bootstrap', { clusterArn: cluster.arn })
        .servers,
      topics: props.topics,
    });
    const topics = new CustomResource(this, 'Topics', {
      resourceType: 'Custom::KafkaTopics',
      serviceToken: trial.function.functionArn,
      serviceTimeout: TOPICS_TIMEOUT,
      properties: {
        // So that another cluster gets them, too.
        ClusterArn: cluster.arn,
        Topics: props.topics,
        Partitions: PARTITIONS,
      },
    });
    // Also when the stack is deleted, the function answers through the network.
    topics.node.addDependency(network);
    this.ready = topics;
    new CfnOutput(Stack.of(this), 'TrialFunctionName', { value: trial.function.functionName });
  }
}
