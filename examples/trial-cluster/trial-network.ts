import { Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/**
 * The port of brokers with IAM access control:
 * https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html
 */
const BROKER_PORT = 9098;

/**
 * The network of the trial cluster: two subnets in two zones, with no route to or from the internet. Members of its
 * security group reach the brokers, S3, and the services that pollers call.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
 */
export class TrialNetwork extends Construct {
  public readonly vpc: ec2.Vpc;
  /**
   * The security group of the brokers, their clients, and the pollers, to which Lambda assigns their cluster's
   * group.
   */
  public readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string) {
    super(scope, id);

    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/24'),
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [
        { name: 'Kafka', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 26 },
      ],
      // Restricting it would add a function whose log group outlives the stack. Nothing uses the default group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(this.vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason:
        'The network of a trial has no route to the internet, and is deleted with its records',
    });
    this.securityGroup = this.createSecurityGroup();
    // For failed batches, and for the answers of the trial function to CloudFormation. It is free.
    this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    this.addPollerEndpoints();
  }

  private createSecurityGroup(): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'Brokers and clients of the trial cluster',
      allowAllOutbound: false,
    });
    group.connections.allowInternally(ec2.Port.tcp(BROKER_PORT), 'Brokers, from their clients');
    // Only S3 and the endpoints can be reached this way.
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'S3 and endpoints');
    return group;
  }

  /** In on-demand mode, pollers call Lambda and STS from the network of the cluster. */
  private addPollerEndpoints(): void {
    const group = new ec2.SecurityGroup(this, 'EndpointSecurityGroup', {
      vpc: this.vpc,
      description: 'Endpoints that pollers of the trial cluster call',
      allowAllOutbound: false,
    });
    group.addIngressRule(this.securityGroup, ec2.Port.HTTPS, 'Pollers');
    const { LAMBDA, STS } = ec2.InterfaceVpcEndpointAwsService;
    for (const [id, service] of Object.entries({ Lambda: LAMBDA, Sts: STS })) {
      this.vpc.addInterfaceEndpoint(id, { service, securityGroups: [group], open: false });
    }
  }
}
