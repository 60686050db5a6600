import { Annotations, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { NetworkPart } from '../settings/network-settings.ts';
import type { NetworkSettings } from '../settings/settings.ts';
import { isInVpc, type KafkaSource, secretsOf } from './kafka-source.ts';

/** Props of a {@link KafkaNetwork}. */
export interface KafkaNetworkProps {
  readonly source: KafkaSource;
  readonly network: NetworkSettings;
  /** Whether Lambda is in provisioned mode, in which it reaches its own services without the VPC. */
  readonly isProvisioned: boolean;
  /** Whether the function of the audit is in the VPC too. @default false */
  readonly hasAudit?: boolean;
}

/**
 * Adds the parts that the settings request to the pollers' VPC. It warns about each required part that is
 * neither added nor declared to exist, since synth cannot inspect the VPC.
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
      if (!adds.includes(part) && !has.includes(part)) this.warnOf(part, props);
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
    // With the default endpoint policy, which allows everything: other workloads may share the route tables,
    // and the policies of roles and buckets control access.
    new ec2.CfnVPCEndpoint(this, 'S3Endpoint', {
      vpcEndpointType: 'Gateway',
      serviceName: ec2.GatewayVpcEndpointAwsService.S3.name,
      ...{ vpcId, routeTableIds: [...routeTableIds] },
    });
  }

  private addServiceEndpoints({ isProvisioned, network, source }: KafkaNetworkProps): void {
    const { vpcId = '', subnetIds, securityGroupIds } = network;
    const group = new ec2.CfnSecurityGroup(this, 'EndpointSecurityGroup', {
      groupDescription: 'Endpoints of the services that Lambda pollers call',
      vpcId,
      securityGroupIngress: securityGroupIds.map((sourceSecurityGroupId) => ({
        ...{ ipProtocol: 'tcp', fromPort: 443, toPort: 443, sourceSecurityGroupId },
        description: 'Pollers of Lambda',
      })),
      // Endpoints never open connections. EC2 gives a group without egress rules one that allows everything, so
      // this rule matches nothing.
      securityGroupEgress: [
        {
          ...{ ipProtocol: 'icmp', fromPort: 252, toPort: 86, cidrIp: '255.255.255.255/32' },
          description: 'Nothing',
        },
      ],
    });
    const { LAMBDA, STS, SECRETS_MANAGER } = ec2.InterfaceVpcEndpointAwsService;
    const services = {
      ...(!isProvisioned && { LAMBDA, STS }),
      ...(secretsOf(source).length > 0 && { SECRETS_MANAGER }),
    };
    for (const [name, service] of Object.entries(services)) {
      new ec2.CfnVPCEndpoint(this, `Endpoint-${name}`, {
        vpcEndpointType: 'Interface',
        serviceName: service.name,
        ...{ vpcId, subnetIds: [...subnetIds] },
        securityGroupIds: [group.attrGroupId],
        // Pollers call the services by their public DNS names.
        privateDnsEnabled: true,
      });
    }
  }

  private warnOf(part: NetworkPart, { hasAudit, isProvisioned }: KafkaNetworkProps): void {
    const settle =
      'add it with networkAdds, or list it in networkHas if the VPC has it: docs/configure.md#network';
    const problem = part === 'services' && isProvisioned ? LACKS_SECRETS : lacks[part];
    const ofAudit = hasAudit && part === 's3' ? ', and the audit would fail' : '';
    Annotations.of(this).addWarningV2(
      `msk-s3-archiver:network-${part}`,
      `${problem}${ofAudit}; ${settle}`,
    );
  }
}

const LACKS_SECRETS =
  "the audit might be unable to reach Secrets Manager from its subnets, and would then fail ('services')";

const lacks: Readonly<Record<NetworkPart, string>> = {
  brokers:
    "the brokers' security group might not allow traffic from itself at the brokers' port, and the mappings would then read nothing ('brokers')",
  s3: "the pollers might be unable to reach S3 from their subnets, and batches that Lambda gives up would then be dropped ('s3')",
  services:
    "the pollers might be unable to reach Lambda and STS (and Secrets Manager, with a secret) from their subnets, and the mappings would then read nothing ('services')",
};

/** The parts that the pollers' VPC must have; none if the pollers are not in a VPC. */
function neededParts({ hasAudit, isProvisioned, source }: Omit<KafkaNetworkProps, 'network'>) {
  if (!isInVpc(source)) return [];
  const needsServices = !isProvisioned || (hasAudit && secretsOf(source).length > 0);
  return needsServices ? (['brokers', 's3', 'services'] as const) : (['brokers', 's3'] as const);
}

/** https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
function brokerPorts(source: KafkaSource): number[] {
  if (source.kind === 'self-managed') {
    return [...new Set(source.bootstrapServers.map((server) => Number(server.split(':').at(-1))))];
  }
  if (source.credentials === undefined) return [9098];
  return source.credentials.type === 'CLIENT_CERTIFICATE_TLS_AUTH' ? [9094] : [9096];
}
