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

/** Reads an MSK cluster's ARN, provisioned or serverless, of any partition; `undefined` if it is none. */
export function parseClusterArn(arn: string): ClusterArn | undefined {
  const match = pattern.exec(arn);
  if (match === null) return undefined;
  const [, partition = '', region = '', account = '', clusterName = '', clusterUuid = ''] = match;
  return { arn, partition, region, account, clusterName, clusterUuid };
}

/**
 * The parts of an ARN that is only known at deployment. Account and region are those of the stack, which Lambda
 * requires of a mapping and its cluster.
 */
export function deployedClusterArn(scope: IConstruct, arn: string): ClusterArn {
  const { partition, region, account } = Stack.of(scope);
  const parts = Fn.split('/', arn);
  const [clusterName, clusterUuid] = [Fn.select(1, parts), Fn.select(2, parts)];
  return { arn, partition, region, account, clusterName, clusterUuid };
}

/** ARN of a topic of the cluster, as `kafka-cluster` permissions name it. */
export function topicArn(cluster: ClusterArn, topic: string): string {
  return kafkaArn(cluster, 'topic', topic);
}

/** ARN of a consumer group of the cluster, as `kafka-cluster` permissions name it. */
export function groupArn(cluster: ClusterArn, consumerGroupId: string): string {
  return kafkaArn(cluster, 'group', consumerGroupId);
}

function kafkaArn(cluster: ClusterArn, type: 'topic' | 'group', name: string): string {
  const { partition, region, account, clusterName, clusterUuid } = cluster;
  return `arn:${partition}:kafka:${region}:${account}:${type}/${clusterName}/${clusterUuid}/${name}`;
}
