import { Arn, ArnFormat } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { TopicSettings } from '../settings/settings.ts';
import { type ClusterArn, groupArn, topicArn } from './cluster-arn.ts';
import { isInVpc, type KafkaSource, secretsOf } from './kafka-source.ts';

/** Why the actions about network interfaces are allowed on every resource. */
export const NETWORK_REASON =
  'Lambda makes its network interfaces in the subnets of the cluster, which are not known at synth, and the Describe actions take no resource';

/** Topics or groups in one statement: few enough for any ten names to fit a managed policy. */
const NAMES_PER_STATEMENT = 3;

/**
 * What the role of the function needs for Lambda to read the topics, and nothing else. With a secret, Kafka's
 * own access control lists say what may be read.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-permissions.html
 *
 * Topics and groups come in statements of a few, since a role splits what is too long for its inline
 * policy by statements.
 */
export function sourceStatements(
  source: KafkaSource,
  topics: readonly TopicSettings[],
): iam.PolicyStatement[] {
  return [
    ...(source.kind === 'msk' ? clusterStatements(source, source.cluster, topics) : []),
    ...secretStatements(secretsOf(source), source.secretKeyArns),
    ...(isInVpc(source) ? [networkStatement()] : []),
  ];
}

/**
 * To read secrets, with the keys that they are encrypted with where those are not Secrets Manager's own.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function secretStatements(
  secretArns: readonly string[],
  keyArns: readonly string[] = [],
): iam.PolicyStatement[] {
  if (secretArns.length === 0) return [];
  const read = allow(['secretsmanager:GetSecretValue'], secretArns);
  if (keyArns.length === 0) return [read];
  const services = keyArns.map((arn) => `secretsmanager.${regionOf(arn)}.amazonaws.com`);
  const decrypt = new iam.PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [...keyArns],
    conditions: { StringEquals: { 'kms:ViaService': [...new Set(services)] } },
  });
  return [read, decrypt];
}

/** Each action with the type of resource it is about: https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html */
function clusterStatements(
  { credentials }: KafkaSource,
  cluster: ClusterArn,
  topics: readonly TopicSettings[],
): iam.PolicyStatement[] {
  // DescribeClusterV2 does for both kinds of cluster; Lambda means to give DescribeCluster up.
  const find = allow(['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], [cluster.arn]);
  if (credentials?.type === 'SASL_SCRAM_512_AUTH') {
    return [find, allow(['kafka:ListScramSecrets'], [cluster.arn])];
  }
  if (credentials !== undefined) return [find];
  return [
    find,
    allow(['kafka-cluster:Connect'], [cluster.arn]),
    ...chunks(topics.map(({ topic }) => topicArn(cluster, topic))).map((arns) =>
      allow(['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], arns),
    ),
    ...chunks(topics.map(({ consumerGroupId }) => groupArn(cluster, consumerGroupId))).map((arns) =>
      allow(['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'], arns),
    ),
  ];
}

function regionOf(arn: string): string {
  return Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).region ?? '';
}

function networkStatement(): iam.PolicyStatement {
  return allow(
    [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeVpcs',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeSubnets',
      'ec2:DescribeSecurityGroups',
    ],
    // NETWORK_REASON says why.
    ['*'],
  );
}

function allow(actions: readonly string[], resources: readonly string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: [...actions], resources: [...resources] });
}

function chunks(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / NAMES_PER_STATEMENT);
  return Array.from({ length: count }, (_, index) =>
    names.slice(index * NAMES_PER_STATEMENT, (index + 1) * NAMES_PER_STATEMENT),
  );
}
