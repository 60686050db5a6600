import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Coverage, type PartitionCoverage } from '../../../../lambda/core/object/coverage.ts';
import { type OffsetRange, OffsetRanges } from '../../../../lambda/core/object/offset-ranges.ts';
import { parseObjectKey } from '../../../../lambda/core/object/parse-object-key.ts';

const hour = 'topic=orders/dt=2026-11-23/hour=09';

/** The coverage of objects with these names, each of 10 bytes. */
function coverageOf(...names: readonly string[]): PartitionCoverage[] {
  const coverage = new Coverage();
  for (const name of names) {
    const key = name.includes('/') ? name : `${hour}/${name}`;
    const parsed = parseObjectKey(key);
    if (parsed === undefined) throw new Error(`'${key}' is no key of an object`);
    coverage.add(parsed, 10);
  }
  return coverage.partitions();
}

const range = (first: number, last: number): OffsetRange => ({ first, last });

/** A partition with the offsets 100 to 199 in one object, and nothing remarkable. */
const plain: PartitionCoverage = {
  ...{ partition: 3, first: 100, last: 199, ranges: [range(100, 199)], gaps: [], holes: 0 },
  ...{ offsets: { atLeast: 100, atMost: 100 }, overlaps: [], conflicts: [], incomplete: [] },
  ...{ objects: 1, bytes: 10 },
};

describe('the coverage of a listing', () => {
  it('joins batches that follow each other, in any order', () => {
    const joined = [{ ...plain, objects: 3, bytes: 30 }];
    const names = ['p3.100-149.jsonl.gz', 'p3.150-150.jsonl.zst', 'p3.151-199.jsonl'] as const;
    expect(coverageOf(...names)).toEqual(joined);
    expect(coverageOf(...names.toReversed())).toEqual(joined);
    expect(coverageOf(names[0], names[2], names[1])).toEqual(joined);
    expect(coverageOf()).toEqual([]);
  });

  it('counts an object for each of its partitions, in the order of partitions', () => {
    expect(coverageOf('p3.100-199_p12.0-9.jsonl.gz', 'p4.5-5.jsonl.gz')).toEqual([
      plain,
      {
        ...{ ...plain, partition: 4, first: 5, last: 5, ranges: [range(5, 5)] },
        offsets: { atLeast: 1, atMost: 1 },
      },
      {
        ...{ ...plain, partition: 12, first: 0, last: 9, ranges: [range(0, 9)] },
        offsets: { atLeast: 10, atMost: 10 },
      },
    ]);
  });

  it('distinguishes gaps between batches from holes that Kafka left within them', () => {
    expect(coverageOf('p3.100-149x40.jsonl.gz', 'p3.160-199.jsonl.gz')).toEqual([
      {
        ...{ ...plain, ranges: [range(100, 149), range(160, 199)], gaps: [range(150, 159)] },
        ...{ holes: 10, offsets: { atLeast: 80, atMost: 80 }, objects: 2, bytes: 20 },
      },
    ]);
  });

  it('knows no more than bounds where another run may fill the holes of one', () => {
    const overlapping = coverageOf('p3.100-189x80.jsonl.gz', 'p3.180-199.jsonl.gz');
    expect(overlapping).toEqual([
      {
        ...{ ...plain, overlaps: [range(180, 189)], holes: 10, objects: 2, bytes: 20 },
        offsets: { atLeast: 90, atMost: 100 },
      },
    ]);
    // The dense run alone has more than what the sparse one is sure to add.
    const [sparse] = coverageOf('p3.100-199x2.jsonl.gz', 'p3.100-189.jsonl.gz');
    expect(sparse?.offsets).toEqual({ atLeast: 90, atMost: 100 });
  });

  it('does not know how many offsets an object of format 1 has', () => {
    const name = `orders-3-${'100'.padStart(20, '0')}-${'199'.padStart(20, '0')}.jsonl.gz`;
    expect(coverageOf(name)).toEqual([{ ...plain, offsets: { atLeast: 0, atMost: 100 } }]);
    expect(coverageOf(name, 'p3.150-199.jsonl.gz')[0]).toMatchObject({
      ...{ offsets: { atLeast: 50, atMost: 100 }, overlaps: [range(150, 199)] },
    });
  });

  it('counts a batch as stored once all of its objects are listed', () => {
    const parts = [1, 2, 3].map((place) => `p3.100-199.${place}of3.jsonl.gz`);
    expect(coverageOf(...parts)).toEqual([{ ...plain, objects: 3, bytes: 30 }]);
    expect(coverageOf(parts[1] ?? '', 'p3.90-94.jsonl.gz')).toEqual([
      {
        ...{ ...plain, first: 90, ranges: [range(90, 94)], gaps: [range(95, 99)] },
        ...{ offsets: { atLeast: 5, atMost: 5 }, objects: 2, bytes: 20 },
        incomplete: [{ ...range(100, 199), missing: [1, 3], count: 3 }],
      },
    ]);
    expect(coverageOf('p3.7-8.2of2.jsonl.gz', 'p3.7-9.2of2.jsonl.gz')[0]?.incomplete).toEqual([
      { ...range(7, 8), missing: [1], count: 2 },
      { ...range(7, 9), missing: [1], count: 2 },
    ]);
  });

  it('does not complete a batch by an object of other settings', () => {
    const first = `${hour}/p3.100-199.1of2.jsonl.gz`;
    for (const other of [
      `${hour}/p3.100-199.2of2.jsonl.zst`,
      'topic=orders/dt=2026-11-23/p3.100-199.2of2.jsonl.gz',
      `${hour}/p3.100-199x99.2of2.jsonl.gz`,
    ]) {
      expect(coverageOf(first, other)[0]?.incomplete, other).toHaveLength(2);
    }
  });

  it('can be asked in between', () => {
    const coverage = new Coverage();
    for (const [place, incomplete] of [
      [1, 1],
      [2, 0],
    ]) {
      const parsed = parseObjectKey(`${hour}/p3.100-199.${place}of2.jsonl.gz`);
      if (parsed !== undefined) coverage.add(parsed, 10);
      coverage.partitions();
      expect(coverage.partitions()[0]?.incomplete).toHaveLength(incomplete ?? -1);
    }
  });

  it('reports overlaps of batches, and objects in conflict, which are no overlaps', () => {
    const [coverage] = coverageOf(
      ...['p3.100-159.jsonl.gz', 'p3.140-199.jsonl.gz', 'p3.150-199.jsonl.gz'],
      'p3.100-159~0a1b2c3d.jsonl.gz',
    );
    expect(coverage).toEqual({
      ...{ ...plain, overlaps: [range(140, 199)], conflicts: [range(100, 159)] },
      ...{ objects: 4, bytes: 40 },
    });
    expect(coverageOf('p3.5-6~0a1b2c3d.jsonl.gz')).toEqual([
      {
        ...{ ...plain, first: 5, last: 6, ranges: [], conflicts: [range(5, 6)] },
        offsets: { atLeast: 0, atMost: 0 },
      },
    ]);
  });

  /** A run with some of these offsets. */
  const runs = fc.record({
    offsets: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }),
    isOld: fc.boolean(),
  });

  it('agrees with a plain set of offsets', () => {
    fc.assert(
      fc.property(fc.array(runs, { maxLength: 12 }), (given) => {
        const stored = new Set<number>();
        const spans: OffsetRange[] = [];
        const names = given.map(({ isOld, offsets }) => {
          const [first, last] = [Math.min(...offsets), Math.max(...offsets)];
          for (const offset of offsets) stored.add(offset);
          spans.push({ first, last });
          const x = offsets.length === last - first + 1 ? '' : `x${offsets.length}`;
          const padded = [first, last].map((offset) => String(offset).padStart(20, '0'));
          return isOld
            ? `orders-3-${padded.join('-')}.jsonl.gz`
            : `p3.${first}-${last}${x}.jsonl.gz`;
        });
        const coverage = coverageOf(...names)[0];
        if (coverage === undefined) return given.length === 0;
        const depth = (offset: number) =>
          spans.filter(({ first, last }) => first <= offset && offset <= last).length;
        const those = (wanted: (offset: number) => boolean) =>
          Array.from({ length: 61 }, (_, offset) => offset).filter(wanted);
        expect(flat(coverage.ranges)).toEqual(those((offset) => depth(offset) > 0));
        expect(flat(coverage.overlaps)).toEqual(those((offset) => depth(offset) > 1));
        const { first, last } = coverage;
        expect(flat(coverage.gaps)).toEqual(
          those((offset) => offset > first && offset < last && depth(offset) === 0),
        );
        expect(coverage.offsets.atLeast).toBeLessThanOrEqual(stored.size);
        expect(coverage.offsets.atMost).toBeGreaterThanOrEqual(stored.size);
        const isCounted = coverage.overlaps.length === 0 && given.every(({ isOld }) => !isOld);
        if (isCounted) {
          expect(coverage.offsets).toEqual({ atLeast: stored.size, atMost: stored.size });
          expect(coverage.holes).toBe(flat(coverage.ranges).length - stored.size);
        }
        // The order has no effect.
        expect(coverageOf(...names.toReversed())[0]).toEqual(coverage);
        return true;
      }),
    );
  });
});

describe('ranges of offsets', () => {
  it('are those of a plain set', () => {
    const ranges = fc.array(
      fc.record({ first: fc.nat(40), length: fc.integer({ min: 1, max: 6 }) }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(ranges, ranges, (one, two) => {
        const [a, b] = [one, two].map((given) => {
          const set = new OffsetRanges();
          const naive = new Set<number>();
          for (const { first, length } of given) {
            const added = range(first, first + length - 1);
            const had = flat([added]).filter((offset) => naive.has(offset));
            expect(flat(set.add(added))).toEqual(had);
            for (const offset of flat([added])) naive.add(offset);
          }
          expect(flat(set.ranges)).toEqual([...naive].sort((x, y) => x - y));
          expect(set.size).toBe(naive.size);
          for (const gap of set.gaps) expect(gap.last).toBeGreaterThanOrEqual(gap.first);
          return { set, naive };
        }) as [
          { set: OffsetRanges; naive: Set<number> },
          { set: OffsetRanges; naive: Set<number> },
        ];
        expect(a.set.meets(b.set)).toBe([...a.naive].some((offset) => b.naive.has(offset)));
        expect(OffsetRanges.union(a.set, b.set).size).toBe(new Set([...a.naive, ...b.naive]).size);
      }),
    );
  });
});

function flat(ranges: readonly OffsetRange[]): number[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}
