import { Aws, CfnCondition, Fn, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/**
 * The port of brokers with IAM access control:
 * https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html
 */
const BROKER_PORT = 9098;

/**
 * Zones of us-east-1, in which MSK refuses subnets in the zone `use1-az3`. The names of zones differ between
 * accounts, so the first two of a region may include that zone; ids do not differ.
 * https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html#clusters-model-brokernodegroupinfo
 *
 * ASSUMED: this holds for serverless clusters too. AWS documents it for provisioned ones.
 */
const ZONES_OF_US_EAST_1 = ['use1-az1', 'use1-az2'];

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
    this.avoidRefusedZone();
    this.securityGroup = this.createSecurityGroup();
    // For failed batches, and for the answers of the trial function to CloudFormation. It is free.
    this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    this.addPollerEndpoints();
  }

  /** Selects the zones of us-east-1 by their ids, at deployment, since the region may be unknown at synth. */
  private avoidRefusedZone(): void {
    const isUsEast1 = new CfnCondition(this, 'IsUsEast1', {
      expression: Fn.conditionEquals(Stack.of(this).region, 'us-east-1'),
    });
    const only = (then: string, otherwise: string) =>
      Fn.conditionIf(isUsEast1.logicalId, then, otherwise).toString();
    for (const [index, zoneId] of ZONES_OF_US_EAST_1.entries()) {
      const subnet = this.vpc.isolatedSubnets[index]?.node.defaultChild as ec2.CfnSubnet;
      subnet.availabilityZone = only(Aws.NO_VALUE, subnet.availabilityZone ?? Aws.NO_VALUE);
      subnet.availabilityZoneId = only(zoneId, Aws.NO_VALUE);
      Validations.of(subnet).acknowledge({
        id: 'CloudFormation-Validate::F3020',
        reason: 'The condition leaves one of the two properties',
      });
    }
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
