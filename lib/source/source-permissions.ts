import { Arn, ArnFormat } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { viaService } from '../service-hosts.ts';
import type { TopicSettings } from '../settings/settings.ts';
import { type ClusterArn, groupArn, topicArn } from './cluster-arn.ts';
import { isInVpc, type KafkaSource, secretsOf } from './kafka-source.ts';

/** Why the network interface actions are allowed on every resource. */
export const NETWORK_REASON =
  "Lambda creates network interfaces in the cluster's subnets, which are not known at synth, and the Describe actions support no resource-level permissions";

/**
 * Why `kafka:GetBootstrapBrokers` is allowed on every resource: the service authorization reference lists no
 * resource type for it, and Lambda's documentation grants it on `*`. It discloses host names only.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedstreamingforapachekafka.html
 */
export const BROKERS_REASON =
  'kafka:GetBootstrapBrokers supports no resource-level permissions, and returns only the host names of brokers';

/** Topics or groups per statement, few enough that ten of the longest names fit a managed policy. */
const NAMES_PER_STATEMENT = 3;

/**
 * The permissions with which the function's role lets Lambda read the topics, and no others. With a secret,
 * Kafka's own access control lists decide what Lambda may read.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-permissions.html
 *
 * Each statement covers only a few topics or groups, because a role whose inline policy is too long is split
 * between statements.
 */
export function sourceStatements(
  scope: IConstruct,
  source: KafkaSource,
  topics: readonly TopicSettings[],
): iam.PolicyStatement[] {
  return [
    ...(source.kind === 'msk' ? clusterStatements(source, source.cluster, topics) : []),
    ...secretStatements(scope, secretsOf(source), source.secretKeyArns),
    // BROKERS_REASON says why.
    ...(source.kind === 'msk' ? [allow(['kafka:GetBootstrapBrokers'], ['*'])] : []),
    ...(isInVpc(source) ? [networkStatement()] : []),
  ];
}

/**
 * Permissions to read secrets, and to decrypt them if their keys are not Secrets Manager's own.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function secretStatements(
  scope: IConstruct,
  secretArns: readonly string[],
  keyArns: readonly string[] = [],
): iam.PolicyStatement[] {
  if (secretArns.length === 0) return [];
  const read = allow(['secretsmanager:GetSecretValue'], secretArns);
  if (keyArns.length === 0) return [read];
  const services = keyArns.flatMap((arn) => viaService(scope, regionOf(arn), ['secretsmanager']));
  const decrypt = new iam.PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [...keyArns],
    conditions: { StringEquals: { 'kms:ViaService': [...new Set(services)] } },
  });
  return [read, decrypt];
}

/**
 * The permissions with which the audit reads the topics and the offsets of their groups, without joining a group. With
 * a secret, Kafka's own access control lists decide: Describe, DescribeConfigs and Read on the topics, Describe on the
 * groups.
 */
export function auditStatements(
  scope: IConstruct,
  source: KafkaSource,
  topics: readonly TopicSettings[],
): iam.PolicyStatement[] {
  const hasIam = source.kind === 'msk' && source.credentials === undefined;
  const actions = {
    topic: ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
    group: ['DescribeGroup'],
  };
  return [
    ...(hasIam ? dataStatements(source.cluster, topics, actions) : []),
    ...secretStatements(scope, secretsOf(source), source.secretKeyArns),
    ...(isInVpc(source) ? [networkStatement()] : []),
  ];
}

function clusterStatements(
  { credentials }: KafkaSource,
  cluster: ClusterArn,
  topics: readonly TopicSettings[],
): iam.PolicyStatement[] {
  // DescribeClusterV2 works for both kinds of cluster, and Lambda plans to retire DescribeCluster.
  const find = allow(['kafka:DescribeClusterV2'], [cluster.arn]);
  if (credentials?.type === 'SASL_SCRAM_512_AUTH') {
    return [find, allow(['kafka:ListScramSecrets'], [cluster.arn])];
  }
  if (credentials !== undefined) return [find];
  const actions = { topic: ['DescribeTopic', 'ReadData'], group: ['DescribeGroup', 'AlterGroup'] };
  return [find, ...dataStatements(cluster, topics, actions)];
}

/** The resource type of each action: https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html */
function dataStatements(
  cluster: ClusterArn,
  topics: readonly TopicSettings[],
  actions: { readonly topic: readonly string[]; readonly group: readonly string[] },
): iam.PolicyStatement[] {
  const allowData = (names: readonly string[], arns: readonly string[]) =>
    allow(
      names.map((name) => `kafka-cluster:${name}`),
      arns,
    );
  const topicArns = topics.map(({ topic }) => topicArn(cluster, topic));
  const groupArns = topics.map(({ consumerGroupId }) => groupArn(cluster, consumerGroupId));
  return [
    allowData(['Connect'], [cluster.arn]),
    ...chunks(topicArns).map((arns) => allowData(actions.topic, arns)),
    ...chunks(groupArns).map((arns) => allowData(actions.group, arns)),
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
