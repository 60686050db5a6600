import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  conflictKey,
  groupRuns,
  type NamedRun,
  objectKey,
} from '../../../../lambda/core/object/object-key.ts';
import { parseObjectKey } from '../../../../lambda/core/object/parse-object-key.ts';

const folder = 'dt=2026-11-23/hour=09/';
const dense = (partition: number, first: number, last: number): NamedRun => ({
  ...{ partition, first, last, offsets: last - first + 1 },
});
const name = {
  ...{ prefix: 'shop/', topic: 'orders', folder, runs: [dense(3, 100, 149)] },
  ...{ place: 1, count: 1, compression: 'gzip' as const },
};

describe('a key of format 2', () => {
  it.each([
    [name, 'shop/topic=orders/dt=2026-11-23/hour=09/p3.100-149.jsonl.gz'],
    [{ ...name, prefix: '', folder: '' }, 'topic=orders/p3.100-149.jsonl.gz'],
    [
      { ...name, topic: 'a.jsonl.b', place: 1, count: 2, compression: 'none' as const },
      'shop/topic=a.jsonl.b/dt=2026-11-23/hour=09/p3.100-149.1of2.jsonl',
    ],
    [
      {
        ...name,
        ...{ place: 2, count: 3, compression: 'zstd' as const },
        runs: [
          ...[dense(0, 100, 149), dense(1, 90, 155)],
          { partition: 3, first: 7000, last: 7040, offsets: 39 },
        ],
      },
      'shop/topic=orders/dt=2026-11-23/hour=09/p0.100-149_p1.90-155_p3.7000-7040x39.2of3.jsonl.zst',
    ],
  ])('names its runs: %#', (parts, key) => {
    expect(objectKey(parts)).toBe(key);
    const parsed = { ...parts, format: 2, conflict: undefined };
    expect(parseObjectKey(key)).toEqual(parsed);
    expect(parseObjectKey(conflictKey(key, 'ab12cd34ef'))).toEqual({
      ...parsed,
      conflict: 'ab12cd34',
    });
  });

  const runsOf = fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 200 }).chain((partitions) =>
    fc.tuple(
      ...partitions
        .sort((a, b) => a - b)
        .map((partition) =>
          fc
            .tuple(fc.maxSafeNat(), fc.nat({ max: 20_000 }), fc.nat({ max: 20_000 }))
            .map(([start, length, holes]): NamedRun => {
              const first = Math.min(start, Number.MAX_SAFE_INTEGER - length);
              const offsets = Math.max(1, length + 1 - holes);
              return { partition, first, last: first + length, offsets };
            }),
        ),
    ),
  );

  it('never exceeds 1,024 bytes: as many runs share a key as fit', () => {
    fc.assert(
      fc.property(runsOf, fc.nat({ max: 400 }), fc.integer({ min: 1, max: 249 }), (runs, p, t) => {
        const place = { prefix: `${'p'.repeat(p)}/`.slice(-p || 1), topic: 't'.repeat(t) };
        const groups = groupRuns(runs, place);
        expect(groups.flat()).toEqual(runs);
        const keyOf = (group: readonly NamedRun[]) =>
          conflictKey(
            objectKey({
              ...place,
              ...{ folder, runs: group, place: 10_000, count: 10_000, compression: 'zstd' },
            }),
            '0123456789',
          );
        groups.forEach((group, index) => {
          expect(group.length).toBeGreaterThan(0);
          expect(keyOf(group).length).toBeLessThanOrEqual(1024);
          expect(parseObjectKey(keyOf(group))?.runs).toEqual(group);
          const [next] = groups[index + 1] ?? [];
          if (next) expect(keyOf([...group, next]).length).toBeGreaterThanOrEqual(1024);
        });
      }),
    );
  });
});

describe('a key of format 1', () => {
  it.each([
    ['orders', '', '', ''],
    ['orders', 'shop/', 'dt=2026-11-23/', '.2of3'],
    ['p1.2-3', 'a/topic=b/', folder, ''],
    ['a.jsonl.b-7', 'shop/', 'dt=invalid/hour=00/', '.1of2~ab12cd34'],
  ])('of topic %s has one run of unknown density', (topic, prefix, time, marks) => {
    const range = '00000000000000000100-00000000000000000149';
    const [place, count] = /(\d)of(\d)/.exec(marks)?.slice(1).map(Number) ?? [1, 1];
    expect(
      parseObjectKey(`${prefix}topic=${topic}/${time}${topic}-3-${range}${marks}.jsonl`),
    ).toEqual({
      ...{ format: 1, prefix, topic, folder: time, compression: 'none', place, count },
      runs: [{ partition: 3, first: 100, last: 149, offsets: undefined }],
      conflict: marks.split('~')[1],
    });
  });
});

it.each([
  'topic=orders/archive-1-2026-11-23-09-15-00-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0.jsonl.gz',
  'topic=orders/dt=2026-11-23/other-3-00000000000000000100-00000000000000000149.jsonl.gz',
  'topic=orders/orders-3-100-149.jsonl.gz',
  'topic=orders/p3.100-149.parquet',
  'topic=orders/p3.100.jsonl',
  'topic=orders/x/p3.100-149.jsonl',
  'p3.100-149.jsonl',
])('%s is not the key of an archived object', (key) => {
  expect(parseObjectKey(key)).toBeUndefined();
});
