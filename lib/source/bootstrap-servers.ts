import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  AwsCustomResource,
  type AwsSdkCall,
  PhysicalResourceId,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';

/** What {@link BootstrapServers} are asked of. */
export interface BootstrapServersProps {
  /** ARN of an MSK cluster with IAM access control. */
  readonly clusterArn: string;
}

const SERVERS = 'BootstrapBrokerStringSaslIam';

/**
 * The bootstrap servers of an MSK cluster of the stack, which CloudFormation does not tell: a function of
 * the CDK asks MSK, from outside of the cluster's network, which has no way to it.
 */
export class BootstrapServers extends Construct {
  /** `host:port`, with commas between. */
  public readonly servers: string;

  constructor(scope: Construct, id: string, { clusterArn }: BootstrapServersProps) {
    super(scope, id);

    // Of its own, and removed: the CDK's would be left behind.
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Asks MSK for the bootstrap servers of the trial cluster, writes its log',
    });
    logGroup.grantWrite(role);
    // ASSUMED: it counts by the time that the function, which is created after it, asks.
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['kafka:GetBootstrapBrokers'],
        resources: [clusterArn],
      }),
    );
    const call: AwsSdkCall = {
      service: 'Kafka',
      action: 'GetBootstrapBrokers',
      parameters: { ClusterArn: clusterArn },
      outputPaths: [SERVERS],
      physicalResourceId: PhysicalResourceId.of('bootstrap-servers'),
    };
    const brokers = new AwsCustomResource(this, 'Brokers', {
      resourceType: 'Custom::BootstrapServers',
      // Another cluster is another call.
      onUpdate: call,
      role,
      logGroup,
      // The runtime's does: nothing to download.
      installLatestAwsSdk: false,
    });
    this.servers = brokers.getResponseField(SERVERS);
  }
}
