import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  AwsCustomResource,
  type AwsSdkCall,
  PhysicalResourceId,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { BROKERS_REASON } from '../../lib/source/source-permissions.ts';

/** Props of {@link BootstrapServers}. */
export interface BootstrapServersProps {
  /** The ARN of an MSK cluster with IAM access control. */
  readonly clusterArn: string;
}

const SERVERS = 'BootstrapBrokerStringSaslIam';

/**
 * The bootstrap servers of an MSK cluster that is created in the same stack. CloudFormation does not return
 * them, so one of the CDK's functions asks MSK for them. It runs outside the cluster's VPC, which has no route
 * to MSK's API.
 */
export class BootstrapServers extends Construct {
  /** The `host:port` of each server, separated by commas. */
  public readonly servers: string;

  constructor(scope: Construct, id: string, { clusterArn }: BootstrapServersProps) {
    super(scope, id);

    // The CDK's own log group would outlive the stack.
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Asks MSK for the bootstrap servers of the trial cluster, and writes its log',
    });
    logGroup.grantWrite(role);
    // ASSUMED: the permission has taken effect when the function, which is created later, calls MSK.
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['kafka:GetBootstrapBrokers'],
        resources: ['*'],
      }),
    );
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: BROKERS_REASON,
    });
    const call: AwsSdkCall = {
      service: 'Kafka',
      action: 'GetBootstrapBrokers',
      parameters: { ClusterArn: clusterArn },
      outputPaths: [SERVERS],
      physicalResourceId: PhysicalResourceId.of('bootstrap-servers'),
    };
    const brokers = new AwsCustomResource(this, 'Brokers', {
      resourceType: 'Custom::BootstrapServers',
      // Called again if the cluster is replaced.
      onUpdate: call,
      role,
      logGroup,
      // The runtime's SDK has this call.
      installLatestAwsSdk: false,
    });
    this.servers = brokers.getResponseField(SERVERS);
  }
}
