import { Annotations, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { NetworkPart } from '../settings/network-settings.ts';
import type { NetworkSettings } from '../settings/settings.ts';
import { isInVpc, type KafkaSource, secretsOf } from './kafka-source.ts';

/** What a {@link KafkaNetwork} is made of. */
export interface KafkaNetworkProps {
  readonly source: KafkaSource;
  readonly network: NetworkSettings;
  /** In provisioned mode Lambda reaches its own services without the VPC. */
  readonly isProvisioned: boolean;
}

/**
 * What the VPC of the pollers lacks, where the settings say so. Of what it needs, and nothing is said of, it
 * warns: at synth nobody knows what the VPC has.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
 */
export class KafkaNetwork extends Construct {
  constructor(scope: Construct, id: string, props: KafkaNetworkProps) {
    super(scope, id);

    const { adds, has } = props.network;
    const add: Readonly<Record<NetworkPart, () => void>> = {
      brokers: () => this.letInBrokers(props),
      s3: () => this.addS3Endpoint(props.network),
      services: () => this.addServiceEndpoints(props),
    };
    for (const part of adds) add[part]();
    for (const part of neededParts(props)) {
      if (!adds.includes(part) && !has.includes(part)) this.warnOf(part);
    }
  }

  private letInBrokers({ source, network: { securityGroupIds } }: KafkaNetworkProps): void {
    for (const [index, groupId] of securityGroupIds.entries()) {
      const group = Token.isUnresolved(groupId) ? index : groupId;
      for (const port of brokerPorts(source)) {
        new ec2.CfnSecurityGroupIngress(this, `Brokers-${group}-${port}`, {
          ...{ groupId, sourceSecurityGroupId: groupId },
          ...{ ipProtocol: 'tcp', fromPort: port, toPort: port },
          description: 'Pollers of Lambda to the brokers',
        });
      }
    }
  }

  private addS3Endpoint({ vpcId = '', routeTableIds }: NetworkSettings): void {
    // With the policy that endpoints have, which allows all: the route tables may serve other buckets'
    // users, and who may do what is in the policies of roles and buckets.
    new ec2.CfnVPCEndpoint(this, 'S3Endpoint', {
      vpcEndpointType: 'Gateway',
      serviceName: ec2.GatewayVpcEndpointAwsService.S3.name,
      ...{ vpcId, routeTableIds: [...routeTableIds] },
    });
  }

  private addServiceEndpoints({ source, network }: KafkaNetworkProps): void {
    const { vpcId = '', subnetIds, securityGroupIds } = network;
    const group = new ec2.CfnSecurityGroup(this, 'EndpointSecurityGroup', {
      groupDescription: 'Endpoints of the services that Lambda pollers call',
      vpcId,
      securityGroupIngress: securityGroupIds.map((sourceSecurityGroupId) => ({
        ...{ ipProtocol: 'tcp', fromPort: 443, toPort: 443, sourceSecurityGroupId },
        description: 'Pollers of Lambda',
      })),
      // An endpoint answers, and begins nothing. A group without a rule would have one for everything, so
      // this is one that nothing meets.
      securityGroupEgress: [
        {
          ...{ ipProtocol: 'icmp', fromPort: 252, toPort: 86, cidrIp: '255.255.255.255/32' },
          description: 'Nothing',
        },
      ],
    });
    const { LAMBDA, STS, SECRETS_MANAGER } = ec2.InterfaceVpcEndpointAwsService;
    const services = { LAMBDA, STS, ...(secretsOf(source).length > 0 && { SECRETS_MANAGER }) };
    for (const [name, service] of Object.entries(services)) {
      new ec2.CfnVPCEndpoint(this, `Endpoint-${name}`, {
        vpcEndpointType: 'Interface',
        serviceName: service.name,
        ...{ vpcId, subnetIds: [...subnetIds] },
        securityGroupIds: [group.attrGroupId],
        // Pollers know the services by their public names.
        privateDnsEnabled: true,
      });
    }
  }

  private warnOf(part: NetworkPart): void {
    const settle = `add it with networkAdds, or say in networkHas that it is there: docs/network.md`;
    Annotations.of(this).addWarningV2(
      `msk-s3-archiver:network-${part}`,
      `${lacks[part]}; ${settle}`,
    );
  }
}

const lacks: Readonly<Record<NetworkPart, string>> = {
  brokers:
    "it is not known whether the security group of the brokers lets itself in at their port; without that, the mappings read nothing ('brokers')",
  s3: "it is not known whether the pollers reach S3 from their subnets; without that, batches that are given up are dropped ('s3')",
  services:
    "it is not known whether the pollers reach Lambda and STS (and Secrets Manager, with a secret) from their subnets; without that, the mappings read nothing ('services')",
};

/** What the VPC of the pollers has to have; nothing where they are in none. */
export function neededParts({ source, isProvisioned }: Omit<KafkaNetworkProps, 'network'>) {
  if (!isInVpc(source)) return [];
  return isProvisioned ? (['brokers', 's3'] as const) : (['brokers', 's3', 'services'] as const);
}

/** https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
function brokerPorts(source: KafkaSource): number[] {
  if (source.kind === 'self-managed') {
    return [...new Set(source.bootstrapServers.map((server) => Number(server.split(':').at(-1))))];
  }
  if (source.credentials === undefined) return [9098];
  return source.credentials.type === 'CLIENT_CERTIFICATE_TLS_AUTH' ? [9094] : [9096];
}
