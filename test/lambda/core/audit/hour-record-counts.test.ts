import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countRecords } from '../../../../lambda/core/audit/hour-record-counts.ts';
import { objectKey } from '../../../../lambda/core/object/object-key.ts';
import type { OffsetRange } from '../../../../lambda/core/object/offset-ranges.ts';

const folder = 'shop/topic=orders/dt=2026-11-23/hour=09';

/** Counts the records of objects, of which some have lines: `p0.0-9.1of2.jsonl.gz` and what its body holds. */
async function count(
  names: readonly string[],
  bodies: Readonly<Record<string, Readonly<Record<number, readonly OffsetRange[]>>>> = {},
) {
  const read: string[] = [];
  const objects = names.map((name) => ({ key: `${folder}/${name}`, bytes: 1 }));
  const counts = await countRecords(objects, async ({ key }) => {
    const name = key.slice(folder.length + 1);
    read.push(name);
    return new Map(Object.entries(bodies[name] ?? {}).map(([each, own]) => [Number(each), own]));
  });
  return { counts: Object.fromEntries(counts), read };
}

describe('the records of an hour', () => {
  it('are counted by keys alone where all records of a batch are in the hour', async () => {
    const names = ['p0.0-9_p2.100-199x60.jsonl.gz', 'p0.10-19.jsonl.gz', 'p2.200-209x8.jsonl.zst'];
    expect(await count(names)).toEqual({
      counts: {
        0: { records: 20, first: 0, last: 19, doubles: 0 },
        2: { records: 68, first: 100, last: 209, doubles: 0 },
      },
      read: [],
    });
    expect(await count([])).toEqual({ counts: {}, read: [] });
  });

  it('are counted once where batches overlap or conflict', async () => {
    const names = ['p0.0-9.jsonl.gz', 'p0.5-14.jsonl.gz', 'p0.5-14~0a1b2c3d.jsonl.gz'];
    expect(await count(names)).toEqual({
      counts: { 0: { records: 15, first: 0, last: 14, doubles: 15 } },
      read: [],
    });
  });

  it('are read where the batch spans several hours, and from objects of format 1 and of streams', async () => {
    const names = [
      'p0.0-9.2of3.jsonl.gz',
      'orders-0-00000000000000000010-00000000000000000019.jsonl.gz',
      'stream-1-2026-11-23-10-15-00-0f1e2d3c.jsonl.gz',
      'p0.40-49.jsonl.gz',
    ];
    const bodies = {
      'p0.0-9.2of3.jsonl.gz': { 0: [{ first: 2, last: 3 }] },
      'orders-0-00000000000000000010-00000000000000000019.jsonl.gz': {
        0: [{ first: 10, last: 17 }],
      },
      'stream-1-2026-11-23-10-15-00-0f1e2d3c.jsonl.gz': { 1: [{ first: 7, last: 7 }] },
    };
    expect(await count(names, bodies)).toEqual({
      counts: {
        0: { records: 20, first: 2, last: 49, doubles: 0 },
        1: { records: 1, first: 7, last: 7, doubles: 0 },
      },
      read: names.slice(0, 3),
    });
  });

  it('are read where another batch overlaps one with holes, and only then', async () => {
    const names = ['p0.0-9x5_p1.0-9.jsonl.gz', 'p0.8-19.jsonl.gz', 'p0.20-29x5.jsonl.gz'];
    const even = [0, 2, 4, 6, 8].map((offset) => ({ first: offset, last: offset }));
    const bodies = { 'p0.0-9x5_p1.0-9.jsonl.gz': { 0: even, 1: [{ first: 0, last: 9 }] } };
    expect(await count(names, bodies)).toEqual({
      counts: {
        0: { records: 21, first: 0, last: 29, doubles: 1 },
        1: { records: 10, first: 0, last: 9, doubles: 0 },
      },
      read: names.slice(0, 1),
    });
  });

  it('agree with a count of every line, whatever the batches are', async () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), {
      minLength: 1,
      maxLength: 12,
    });
    const batches = fc.array(
      fc.record({ offsets, partition: fc.integer({ min: 0, max: 1 }), isSplit: fc.boolean() }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (given) => {
        const bodies = new Map<string, Map<number, OffsetRange[]>>();
        for (const { isSplit, offsets: unsorted, partition } of given) {
          const own = unsorted.toSorted((a, b) => a - b);
          const ends = { first: own[0] as number, last: own.at(-1) as number };
          const key = objectKey({
            ...{ prefix: 'shop/', topic: 'orders', folder: 'dt=2026-11-23/hour=09/' },
            runs: [{ partition, ...ends, offsets: own.length }],
            ...{ place: 1, count: isSplit ? 2 : 1, compression: 'gzip' },
          });
          const stored = isSplit ? own.slice(0, Math.ceil(own.length / 2)) : own;
          const ranges = stored.map((offset) => ({ first: offset, last: offset }));
          // A key that exists is not written again.
          if (!bodies.has(key)) bodies.set(key, new Map([[partition, ranges]]));
        }
        const objects = [...bodies.keys()].map((key) => ({ key, bytes: 1 }));
        const counts = await countRecords(objects, async ({ key }) => bodies.get(key) ?? new Map());
        const lines = new Map<number, number[]>();
        for (const body of bodies.values()) {
          for (const [partition, ranges] of body) {
            const own = lines.get(partition) ?? [];
            lines.set(partition, [...own, ...ranges.map(({ first }) => first)]);
          }
        }
        const expected = [...lines].map(([partition, own]) => {
          const records = new Set(own).size;
          const ends = { first: Math.min(...own), last: Math.max(...own) };
          return [partition, { records, ...ends, doubles: own.length - records }] as const;
        });
        expect(counts).toEqual(new Map(expected));
      }),
    );
  });
});
