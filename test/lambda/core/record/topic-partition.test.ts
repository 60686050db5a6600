import { expect, it } from 'vitest';
import { parseTopicPartition } from '../../../../lambda/core/record/topic-partition.ts';

it.each([
  ['orders-3', { topic: 'orders', partition: 3 }],
  ['a-b-12', { topic: 'a-b', partition: 12 }],
  ['a-1-2', { topic: 'a-1', partition: 2 }],
  ['\n-0', { topic: '\n', partition: 0 }],
  ['orders', undefined],
  ['orders-', undefined],
  ['orders-x', undefined],
  ['orders-3x', undefined],
  ['-3', undefined],
  ['', undefined],
])('parses the name of a topic-partition %j', (name, parsed) => {
  expect(parseTopicPartition(name)).toEqual(parsed);
});
