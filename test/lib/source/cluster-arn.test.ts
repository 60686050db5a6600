import { expect, it } from 'vitest';
import { groupArn, parseClusterArn, topicArn } from '../../../lib/source/cluster-arn.ts';

const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

it.each([
  ['aws', 'us-east-1', 'example', `${uuid}-12`],
  ['aws', 'us-east-1', 'serverless-1', `${uuid}-s1`],
  ['aws-cn', 'cn-north-1', 'example', `${uuid}-1`],
  ['aws-us-gov', 'us-gov-west-1', 'example', `${uuid}-1`],
  ['aws-iso-b', 'us-isob-east-1', 'example', `${uuid}-1`],
  ['aws-eusc', 'eusc-de-east-1', 'example', `${uuid}-1`],
])('reads a cluster of the partition %s in %s', (partition, region, clusterName, clusterUuid) => {
  const account = '111122223333';
  const arn = `arn:${partition}:kafka:${region}:${account}:cluster/${clusterName}/${clusterUuid}`;

  const cluster = { arn, partition, region, account, clusterName, clusterUuid };

  expect(parseClusterArn(arn)).toEqual(cluster);
  const rest = `${clusterName}/${clusterUuid}`;
  const start = `arn:${partition}:kafka:${region}:${account}`;
  expect(topicArn(cluster, 'orders')).toBe(`${start}:topic/${rest}/orders`);
  expect(groupArn(cluster, 'archive/1')).toBe(`${start}:group/${rest}/archive/1`);
});

it.each([
  '',
  'example',
  `arn:aws:kafka:us-east-1:111122223333:topic/example/${uuid}-1/orders`,
  `arn:aws:kafka:us-east-1:111122223333:cluster/example/${uuid}`,
  `arn:aws:kafka:us-east-1:1111:cluster/example/${uuid}-1`,
  `arn:aws:kafka:*:111122223333:cluster/example/${uuid}-1`,
  `arn:aws:kafka:us-east-1:111122223333:cluster/*/${uuid}-1`,
  `arn:aws:kinesis:us-east-1:111122223333:cluster/example/${uuid}-1`,
  ` arn:aws:kafka:us-east-1:111122223333:cluster/example/${uuid}-1`,
  `arn:aws:kafka:us-east-1:111122223333:cluster/example/${uuid}-1\n`,
])('rejects %j', (arn) => {
  expect(parseClusterArn(arn)).toBeUndefined();
});
