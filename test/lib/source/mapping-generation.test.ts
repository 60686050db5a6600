import { expect, it } from 'vitest';
import { parseSettings } from '../../../lib/settings/settings.ts';
import { mappingGeneration } from '../../../lib/source/mapping-generation.ts';
import { clusterArn, keyArn, msk, now, secretArn, selfManaged } from '../settings-fixture.ts';

const generationOf = (context: Record<string, unknown>): string =>
  mappingGeneration(parseSettings(context, { now }));

it('is eight hexadecimal digits that no version may change', () => {
  // Different digits would restart every mapping of every stack at the next deployment.
  expect(generationOf(msk)).toBe('dc135a93');
  expect(generationOf(selfManaged)).toBe('b68c90c8');
});

it.each<[string, Record<string, unknown>]>([
  ['the position', { ...msk, startingPosition: 'latest' }],
  ['a time', { ...msk, startingPosition: '2026-11-22T09:00:00Z' }],
  ['hours back', { ...msk, hoursBack: 3 }],
  ['the group', { ...msk, consumerGroupId: 'other' }],
  ['the servers', selfManaged],
])('changes with %s', (_, context) => {
  expect(generationOf(context)).not.toBe(generationOf(msk));
});

it.each<[string, Record<string, unknown>]>([
  ['more topics', { ...msk, topics: 'orders, payments' }],
  [
    'another cluster, which is another event source',
    { ...msk, clusterArn: clusterArn.replace('example', 'other') },
  ],
  ['what a mapping can change', { ...msk, batchSize: 7, secretArn, secretKeyArns: keyArn }],
  [
    'the default, set explicitly',
    { ...msk, startingPosition: 'earliest', consumerGroupId: 'KafkaArchive-{topic}' },
  ],
])('does not change with %s', (_, context) => {
  expect(generationOf(context)).toBe(generationOf(msk));
});
