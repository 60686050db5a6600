import { describe, expect, it } from 'vitest';
import { viewNames } from '../../../lib/catalog/view-names.ts';

const namesOf = (...topics: string[]): string[] => [...viewNames(topics).values()];

describe('the name of a view', () => {
  it.each([
    ['orders', 'orders'],
    ['Shop.Orders-v2', 'shop_orders_v2'],
    ['_schemas', 'topic__schemas'],
    ['-x', 'topic__x'],
    ['2026.orders', 'topic_2026_orders'],
    ['archive', 'topic_archive'],
    ['Archive.once', 'topic_archive_once'],
    ['archives', 'archives'],
  ])('of topic %s is %s', (topic, name) => {
    expect(namesOf(topic)).toEqual([name]);
  });

  it('gets a suffix if an earlier topic has it, or has it with that suffix', () => {
    expect(namesOf('a.b', 'a-b', 'A_B', 'a_b_2')).toEqual(['a_b', 'a_b_2', 'a_b_3', 'a_b_2_2']);
    expect(namesOf('a_b_2', 'a.b', 'a_b')).toEqual(['a_b_2', 'a_b', 'a_b_3']);
    expect(namesOf('archive', 'topic.archive')).toEqual(['topic_archive', 'topic_archive_2']);
  });

  it('has 255 characters at most', () => {
    const topic = `_${'x'.repeat(248)}`;
    expect(namesOf(topic, topic.toUpperCase())).toEqual([
      `topic_${topic}`,
      `topic_${topic.slice(0, 247)}_2`,
    ]);
  });
});
