import type { Authentication } from '../../lambda/contract.ts';
import type { ClusterArn } from './cluster-arn.ts';

/** The credentials with which Lambda authenticates to a cluster, from a secret. */
export interface Credentials {
  readonly type: Exclude<Authentication, 'IAM'>;
  readonly secretArn: string;
}

/** Properties of both kinds of cluster. */
interface SourceBase {
  /** The KMS keys that encrypt the secrets. @default - Secrets Manager's own key */
  readonly secretKeyArns?: readonly string[];
}

/** An MSK cluster. */
export interface MskSource extends SourceBase {
  readonly kind: 'msk';
  readonly cluster: ClusterArn;
  /** @default - the function's own IAM role */
  readonly credentials?: Credentials;
}

/** A Kafka cluster reached through its bootstrap servers. */
export interface SelfManagedSource extends SourceBase {
  readonly kind: 'self-managed';
  readonly bootstrapServers: readonly string[];
  /** @default - none: the cluster accepts every client that can reach it */
  readonly credentials?: Credentials;
  /**
   * The secret with the certificate of the private authority that signed the brokers' certificates.
   *
   * @default - a public authority signed them
   */
  readonly rootCaSecretArn?: string;
  /** The part of a VPC from which the brokers are reached. @default - over the internet */
  readonly network?: PollerNetwork;
}

/** The subnets and security groups of the pollers' network interfaces. */
export interface PollerNetwork {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** A Kafka cluster to read. */
export type KafkaSource = MskSource | SelfManagedSource;

/** Whether the pollers run in a VPC, which then limits what they can reach. */
export function isInVpc(source: KafkaSource): boolean {
  return source.kind === 'msk' || source.network !== undefined;
}

/** Every secret of the source. */
export function secretsOf(source: KafkaSource): string[] {
  const rootCa = source.kind === 'self-managed' ? source.rootCaSecretArn : undefined;
  return [source.credentials?.secretArn, rootCa].filter((arn) => arn !== undefined);
}
