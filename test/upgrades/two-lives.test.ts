import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import type { KafkaEventRecord } from '../../lambda/core/record/kafka-event.ts';
import { archiveHandler, archiveParts, invocation } from '../helpers/archive-parts.ts';
import { mskEvent, mskRecords, noon } from '../helpers/kafka-events.ts';
import { recordsIn, takeStock } from './archived-lines.ts';

const minute = 60_000;
const folder = 'shop/topic=orders/dt=2025-11-23/hour=10';

/** Archives batches one after the other. */
async function archive(...batches: readonly (readonly KafkaEventRecord[])[]) {
  const { deps, store } = archiveParts();
  const handle = archiveHandler(deps);
  for (const records of batches) await handle(mskEvent(records), invocation);
  const keys = [...store.objects.keys()];
  return { keys, lines: recordsIn(store.objects) };
}

/** Records of the topic that was created again: the same offsets, keys and values, a minute later. */
const secondLife = (first: number, count: number) =>
  mskRecords(first, count, { timestamp: noon + minute });

describe('a topic that is deleted and created again', () => {
  it('has the records of both lives, though they share offsets', async () => {
    const { keys, lines } = await archive(
      mskRecords(0, 100),
      mskRecords(100, 60),
      secondLife(0, 80),
      secondLife(80, 70),
    );
    expect(keys.map((key) => parseObjectKey(key)?.runs)).toEqual(
      [
        [0, 99, 100],
        [100, 159, 60],
        [0, 79, 80],
        [80, 149, 70],
      ].map(([first, last, offsets]) => [{ partition: 3, first, last, offsets }]),
    );
    expect(lines).toHaveLength(310);
    expect(new Set(lines.map(({ offset }) => offset)).size).toBe(160);
    expect(takeStock(lines)).toEqual({ records: 310, duplicates: 0, conflicts: 150 });
  });

  it('keeps both records of a batch with the same ranges, under a marked key', async () => {
    const { keys, lines } = await archive(mskRecords(0, 50), secondLife(0, 50));
    expect(keys).toEqual([
      `${folder}/p3.0-49.jsonl.gz`,
      expect.stringMatching(/hour=10\/p3\.0-49~[0-9a-f]{8}\.jsonl\.gz$/),
    ]);
    expect(takeStock(lines)).toEqual({ records: 100, duplicates: 0, conflicts: 50 });
  });

  it.each([
    ['key', { key: 'u-18' }],
    ['value', { value: '{"order":2}' }],
    ['tombstone', { value: null }],
  ])('is told apart by its records at equal timestamps, too: another %s', async (_, other) => {
    const { lines } = await archive(mskRecords(0, 2), mskRecords(1, 2, other));
    expect(takeStock(lines)).toEqual({ records: 4, duplicates: 0, conflicts: 1 });
  });
});

describe('batches that are cut again', () => {
  it('overlap in their ranges and repeat records, which is no conflict', async () => {
    const { keys, lines } = await archive(mskRecords(0, 50), mskRecords(25, 50));
    expect(keys.map((key) => parseObjectKey(key)?.runs)).toEqual([
      [{ partition: 3, first: 0, last: 49, offsets: 50 }],
      [{ partition: 3, first: 25, last: 74, offsets: 50 }],
    ]);
    expect(takeStock(lines)).toEqual({ records: 75, duplicates: 25, conflicts: 0 });
  });
});
