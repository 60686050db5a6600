import type { authentications } from '../settings/source-settings.ts';
import type { ClusterArn } from './cluster-arn.ts';

/** What Lambda signs in to a cluster with, from a secret. */
export interface Credentials {
  readonly type: Exclude<(typeof authentications)[number], 'IAM'>;
  readonly secretArn: string;
}

/** What both kinds of cluster have. */
interface SourceBase {
  /** Keys of KMS that the secrets are encrypted with. @default - none but Secrets Manager's own */
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
  /** @default - none: the cluster lets everybody in its network in */
  readonly credentials?: Credentials;
  /** Secret with the certificate of who signed the brokers'. @default - one that everybody trusts */
  readonly rootCaSecretArn?: string;
  /** Where in a VPC the brokers are reached from. @default - over the internet */
  readonly network?: PollerNetwork;
}

/** Where Lambda puts the network interfaces of the pollers. */
export interface PollerNetwork {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** A Kafka cluster to read. */
export type KafkaSource = MskSource | SelfManagedSource;

/** Whether the pollers are in a VPC, and reach what that lets them reach. */
export function isInVpc(source: KafkaSource): boolean {
  return source.kind === 'msk' || source.network !== undefined;
}

/** Every secret of the source. */
export function secretsOf(source: KafkaSource): string[] {
  const rootCa = source.kind === 'self-managed' ? source.rootCaSecretArn : undefined;
  return [source.credentials?.secretArn, rootCa].filter((arn) => arn !== undefined);
}
