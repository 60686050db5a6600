import { Fn, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The parts of an MSK cluster's ARN; some may be tokens, for a cluster that is created in the same app. */
export interface ClusterArn {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly clusterName: string;
  readonly clusterUuid: string;
}

/**
 * Provisioned clusters end in `-<n>`, serverless ones in `-s<n>`.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedstreamingforapachekafka.html
 */
const pattern =
  /^arn:(aws[a-z-]*):kafka:([a-z]{2,4}(?:-[a-z]+)+-\d+):(\d{12}):cluster\/([A-Za-z0-9-]{1,64})\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-s?\d+)$/;

/**
 * Parses the ARN of an MSK cluster, provisioned or serverless, in any partition. Returns `undefined` for any
 * other text.
 */
export function parseClusterArn(arn: string): ClusterArn | undefined {
  const match = pattern.exec(arn);
  if (match === null) return undefined;
  const [, partition = '', region = '', account = '', clusterName = '', clusterUuid = ''] = match;
  return { arn, partition, region, account, clusterName, clusterUuid };
}

/**
 * The parts of an ARN that is known only at deployment. Account and region are the stack's, since Lambda
 * requires a mapping to share both with its cluster.
 */
export function deployedClusterArn(scope: IConstruct, arn: string): ClusterArn {
  const { partition, region, account } = Stack.of(scope);
  const parts = Fn.split('/', arn);
  const [clusterName, clusterUuid] = [Fn.select(1, parts), Fn.select(2, parts)];
  return { arn, partition, region, account, clusterName, clusterUuid };
}

/** The ARN of one of the cluster's topics, for `kafka-cluster` permissions. */
export function topicArn(cluster: ClusterArn, topic: string): string {
  return kafkaArn(cluster, 'topic', topic);
}

/** The ARN of one of the cluster's consumer groups, for `kafka-cluster` permissions. */
export function groupArn(cluster: ClusterArn, consumerGroupId: string): string {
  return kafkaArn(cluster, 'group', consumerGroupId);
}

function kafkaArn(cluster: ClusterArn, type: 'topic' | 'group', name: string): string {
  const { partition, region, account, clusterName, clusterUuid } = cluster;
  return `arn:${partition}:kafka:${region}:${account}:${type}/${clusterName}/${clusterUuid}/${name}`;
}
