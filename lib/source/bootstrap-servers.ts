import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  type AwsSdkCall,
  PhysicalResourceId,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { MskSource } from './kafka-source.ts';
import { BROKERS_REASON } from './source-permissions.ts';

/** Props of {@link BootstrapServers}. */
export interface BootstrapServersProps {
  /** The ARN of an MSK cluster. */
  readonly clusterArn: string;
  /** How clients authenticate, which decides the listeners. @default - with IAM */
  readonly credentials?: MskSource['credentials'];
  /** The key that encrypts the log. @default - the key of CloudWatch Logs */
  readonly encryptionKey?: kms.IKey;
}

/**
 * The bootstrap servers of an MSK cluster, as of the deployment. CloudFormation does not return them, so the CDK's
 * function for single API calls asks MSK for them. It runs outside the cluster's VPC, which has no route to MSK's API.
 *
 * A stack has at most one such function, whichever construct needs it first. Its role and log are created here only if
 * it does not exist yet; otherwise its present role is allowed this call too.
 */
export class BootstrapServers extends Construct {
  /** The `host:port` of each server, separated by commas. */
  public readonly servers: string;

  constructor(scope: Construct, id: string, props: BootstrapServersProps) {
    super(scope, id);

    const attribute = attributeOf(props.credentials);
    const call: AwsSdkCall = {
      service: 'Kafka',
      action: 'GetBootstrapBrokers',
      parameters: { ClusterArn: props.clusterArn },
      outputPaths: [attribute],
      physicalResourceId: PhysicalResourceId.of('bootstrap-servers'),
    };
    const brokers = new AwsCustomResource(this, 'Brokers', {
      ...(hasFunction(this) ? {} : this.createRole(props.encryptionKey)),
      resourceType: 'Custom::BootstrapServers',
      // Called again if the cluster or the listeners change.
      onUpdate: call,
      // ASSUMED: the permission has taken effect when the function, which waits for this policy, calls MSK.
      policy: AwsCustomResourcePolicy.fromStatements([
        new iam.PolicyStatement({ actions: ['kafka:GetBootstrapBrokers'], resources: ['*'] }),
      ]),
      // The runtime's SDK has this call.
      installLatestAwsSdk: false,
    });
    Validations.of(brokers).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: BROKERS_REASON,
    });
    this.servers = brokers.getResponseField(attribute);
  }

  /** The CDK's own role may write to every log group, and its own log group would outlive the stack. */
  private createRole(encryptionKey?: kms.IKey) {
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
      encryptionKey,
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Asks MSK for the bootstrap servers of a cluster, and writes its log',
    });
    logGroup.grantWrite(role);
    return { logGroup, role };
  }
}

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-bootstrap-brokers.html */
function attributeOf(credentials: MskSource['credentials']): string {
  if (credentials === undefined) return 'BootstrapBrokerStringSaslIam';
  return credentials.type === 'CLIENT_CERTIFICATE_TLS_AUTH'
    ? 'BootstrapBrokerStringTls'
    : 'BootstrapBrokerStringSaslScram';
}

/** Whether the stack already has the CDK's function for single API calls. */
function hasFunction(scope: Construct): boolean {
  const id = `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`;
  return Stack.of(scope).node.tryFindChild(id) !== undefined;
}
