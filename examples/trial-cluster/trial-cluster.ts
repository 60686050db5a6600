import { CustomResource, Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import { Construct, type IDependable } from 'constructs';
import { BootstrapServers } from '../../lib/source/bootstrap-servers.ts';
import { TrialFunction } from './trial-function.ts';
import { TrialNetwork } from './trial-network.ts';

/** The partitions of each topic, enough to show more than one. */
const PARTITIONS = 3;

/** How long CloudFormation waits for the topics, which is longer than one invocation of the function. */
const TOPICS_TIMEOUT = Duration.minutes(10);

/** Props of a {@link TrialCluster}. */
export interface TrialClusterProps {
  readonly clusterName: string;
  /** The topics to create, with three partitions each. */
  readonly topics: readonly string[];
}

/**
 * An MSK Serverless cluster for a trial, with its network and topics, and a function that produces sample
 * records. All of it is deleted with the stack, including the records.
 *
 * A Kafka client creates the topics, since neither MSK's API nor CloudFormation can create those of a serverless
 * cluster: https://docs.aws.amazon.com/msk/latest/developerguide/msk-topic-operations-information.html
 */
export class TrialCluster extends Construct {
  public readonly cluster: CfnServerlessCluster;
  /** Creates topics, and produces sample records when it is invoked directly. */
  public readonly function: lambda.IFunction;
  /** Depend on it to wait until the topics exist and pollers can reach them. */
  public readonly ready: IDependable;

  constructor(scope: Construct, id: string, { clusterName, topics }: TrialClusterProps) {
    super(scope, id);

    const network = new TrialNetwork(this, 'Network');
    const { vpc, securityGroup } = network;
    // A change of any property replaces the cluster.
    this.cluster = new CfnServerlessCluster(this, 'Cluster', {
      clusterName,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [
        {
          subnetIds: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
          securityGroups: [securityGroup.securityGroupId],
        },
      ],
    });
    const clusterArn = this.cluster.attrArn;
    const { servers } = new BootstrapServers(this, 'Bootstrap', { clusterArn });
    const trial = new TrialFunction(this, 'Function', {
      ...{ network, clusterArn, clusterName, topics },
      bootstrapServers: servers,
    });
    this.function = trial.function;
    const created = new CustomResource(this, 'Topics', {
      resourceType: 'Custom::KafkaTopics',
      serviceToken: trial.function.functionArn,
      serviceTimeout: TOPICS_TIMEOUT,
      // Includes the ARN, so that a replacement cluster gets the topics, too.
      properties: { ClusterArn: clusterArn, Topics: topics, Partitions: PARTITIONS },
    });
    // The function answers through the network, even while the stack is being deleted.
    created.node.addDependency(network);
    this.ready = created;
  }
}
