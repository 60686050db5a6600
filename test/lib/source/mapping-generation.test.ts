import { expect, it } from 'vitest';
import { parseSettings } from '../../../lib/settings/settings.ts';
import { groupDigest, mappingGeneration } from '../../../lib/source/mapping-generation.ts';
import { clusterArn, keyArn, msk, now, secretArn, selfManaged } from '../settings-fixture.ts';

const generationOf = (context: Record<string, unknown>): string =>
  mappingGeneration(parseSettings(context, { now }));

it('is eight hexadecimal digits that no version may change', () => {
  // With other digits, every mapping would get the starting position of the settings, which may replace it.
  expect(generationOf(msk)).toBe('51698c0f');
  expect(generationOf(selfManaged)).toBe('a8901640');
  expect(groupDigest('audit-orders')).toBe('467f8c48');
});

it.each<[string, Record<string, unknown>]>([
  ['the group', { ...msk, consumerGroupId: 'other' }],
  ['the cluster', { ...msk, clusterArn: clusterArn.replace('example', 'other') }],
  ['the servers', selfManaged],
])('changes with %s', (_, context) => {
  expect(generationOf(context)).not.toBe(generationOf(msk));
});

it.each<[string, Record<string, unknown>]>([
  ['more topics', { ...msk, topics: 'orders, payments' }],
  [
    'the position, which has no effect on a group with offsets',
    { ...msk, startingPosition: 'latest' },
  ],
  ['the same position, counted back from each synth', { ...msk, hoursBack: 3 }],
  ['what a mapping can change', { ...msk, batchSize: 7, secretArn, secretKeyArns: keyArn }],
  [
    'the default, set explicitly',
    { ...msk, startingPosition: 'earliest', consumerGroupId: 'KafkaArchive-{topic}' },
  ],
])('does not change with %s', (_, context) => {
  expect(generationOf(context)).toBe(generationOf(msk));
});
