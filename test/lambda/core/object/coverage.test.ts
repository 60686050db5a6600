import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Coverage,
  isDense,
  type PartitionCoverage,
  sumOfDigests,
} from '../../../../lambda/core/object/coverage.ts';
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

/** A run with some of these offsets. */
const runs = fc.record({
  offsets: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }),
  isOld: fc.boolean(),
});

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

/** Sets of offsets by partition, as bodies are read. */
function bodyOf(...partitions: readonly [number, readonly number[]][]): Map<number, OffsetRanges> {
  return new Map(partitions.map(([partition, offsets]) => [partition, setOf(offsets)]));
}

function setOf(offsets: readonly number[]): OffsetRanges {
  const set = new OffsetRanges();
  for (const offset of offsets) set.add(range(offset, offset));
  return set;
}

/** A coverage of objects with these keys, which reads the bodies of runs that are not dense. */
function readingCoverage(...names: readonly string[]): Coverage {
  const coverage = new Coverage((run) => !isDense(run));
  addTo(coverage, ...names);
  return coverage;
}

function addTo(coverage: Coverage, ...names: readonly string[]): void {
  for (const name of names) {
    const parsed = parseObjectKey(`${hour}/${name}`);
    if (parsed === undefined) throw new Error(`'${name}' is no name of an object`);
    coverage.add(parsed, 10, name);
  }
}

describe('bodies of a coverage', () => {
  const whole = range(0, 99);

  it('are read where keys are not dense, and make a run that can be judged', () => {
    const coverage = readingCoverage('p3.0-9x8_p4.0-4.jsonl.gz', 'p3.10-19.jsonl.gz');
    expect(coverage.unread()).toEqual(['p3.0-9x8_p4.0-4.jsonl.gz']);
    const p3 = coverage.partition(3);
    expect([...p3.holesIn(range(0, 24))]).toEqual([range(0, 9), range(20, 24)]);
    const body = bodyOf([3, [0, 1, 2, 3, 5, 6, 7, 9, 40]], [4, [0, 1, 2, 3, 4]]);
    const runs = coverage.read('p3.0-9x8_p4.0-4.jsonl.gz', body);
    expect(runs).toEqual([{ partition: 3, ...range(0, 9), offsets: expect.any(OffsetRanges) }]);
    expect([...(runs[0]?.offsets.gapsIn(range(0, 9)) ?? [])]).toEqual([range(4, 4), range(8, 8)]);
    expect(coverage.unread()).toEqual([]);
    // Judged on its own, so that no hole of it is kept.
    expect([...p3.holesIn(range(0, 24))]).toEqual([range(20, 24)]);
    expect(p3.countIn(whole)).toBe(10);
    expect(coverage.partition(4).countIn(whole)).toBe(5);
  });

  it('of all objects are read if that is asked for', () => {
    const coverage = new Coverage(({ first }) => first < 10);
    addTo(coverage, 'p3.0-9.jsonl.gz', 'p3.10-19.jsonl.gz');
    expect(coverage.unread()).toEqual(['p3.0-9.jsonl.gz']);
    expect(coverage.partition(3).countIn(whole)).toBe(10);
    const [run] = coverage.read('p3.0-9.jsonl.gz', bodyOf([3, [0, 1, 2]]));
    expect([...(run?.offsets.gapsIn(range(0, 9)) ?? [])]).toEqual([range(3, 9)]);
  });

  it('of a batch are read together', () => {
    const names = ['p3.0-9x4.1of2.jsonl.gz', 'p3.0-9x4.2of2.jsonl.gz'] as const;
    const coverage = readingCoverage(...names);
    expect(coverage.unread()).toEqual(names);
    expect(coverage.read(names[0], bodyOf([3, [0, 4]]))).toEqual([]);
    const [run] = coverage.read(names[1], bodyOf([3, [5, 9]]));
    expect(run?.offsets.ranges).toEqual([range(0, 0), range(4, 5), range(9, 9)]);
  });

  it('of an incomplete batch say what is stored of it', () => {
    const coverage = readingCoverage('p3.0-9.2of2.jsonl.gz', 'p3.4-12x7.jsonl.gz');
    expect(coverage.unread()).toEqual(['p3.0-9.2of2.jsonl.gz', 'p3.4-12x7.jsonl.gz']);
    const p3 = coverage.partition(3);
    expect(coverage.read('p3.0-9.2of2.jsonl.gz', bodyOf([3, [2, 3, 5]]))).toEqual([]);
    expect([...p3.holesIn(range(0, 12))]).toEqual([range(0, 1), range(4, 4), range(6, 12)]);
    const [run] = coverage.read('p3.4-12x7.jsonl.gz', bodyOf([3, [4, 6, 8, 9, 10, 11, 12]]));
    expect([...(run?.offsets.gapsIn(range(4, 12)) ?? [])]).toEqual([range(7, 7)]);
    expect(p3.countIn(whole)).toBe(2);
    expect(coverage.partitions()[0]?.incomplete).toHaveLength(1);
  });

  it('of an incomplete batch are not read if its run is not due', () => {
    const coverage = new Coverage(() => false);
    addTo(coverage, 'p3.0-9.2of2.jsonl.gz');
    expect(coverage.unread()).toEqual([]);
  });

  it('of runs that overlap are stored together, whatever is read first', () => {
    const bodies = {
      'p3.0-9x2.jsonl.gz': bodyOf([3, [0, 9]]),
      'p3.5-14x2.jsonl.gz': bodyOf([3, [5, 14]]),
    };
    for (const names of [Object.keys(bodies), Object.keys(bodies).toReversed()]) {
      const coverage = readingCoverage(...names);
      for (const [name, body] of Object.entries(bodies)) {
        expect(coverage.read(name, body)).toEqual([]);
      }
      const p3 = coverage.partition(3);
      expect([...p3.holesIn(range(0, 15))]).toEqual([
        ...[range(1, 4), range(6, 8), range(10, 13), range(15, 15)],
      ]);
      expect(p3.overlaps.countIn(whole)).toBe(5);
    }
  });

  it('keep nothing of a partition that a body does not have', () => {
    const coverage = readingCoverage('p3.0-9x2_p4.0-9x2.jsonl.gz');
    const runs = coverage.read('p3.0-9x2_p4.0-9x2.jsonl.gz', bodyOf([4, [0, 9]]));
    expect(runs.map(({ offsets, partition }) => [partition, offsets.size])).toEqual([
      ...[
        [3, 0],
        [4, 2],
      ],
    ]);
  });

  it('name the objects with conflicts, whose bodies are read by those who need them', () => {
    const coverage = readingCoverage('p3.5-6~0a1b2c3d.jsonl.gz');
    expect(coverage.conflicts).toEqual([
      {
        key: 'p3.5-6~0a1b2c3d.jsonl.gz',
        runs: [{ partition: 3, ...range(5, 6), offsets: 2 }],
      },
    ]);
    expect(coverage.unread()).toEqual([]);
    expect(coverage.read('p3.5-6~0a1b2c3d.jsonl.gz', bodyOf([3, [5, 6]]))).toEqual([]);
    expect(coverage.partition(3).countIn(whole)).toBe(2);
  });

  it('of a delivery stream count as batches do', () => {
    const { stored } = new Coverage().partition(3);
    expect(stored.size).toBe(0);
    const p3 = readingCoverage('p3.0-9.jsonl.gz').partition(3);
    p3.addStored(range(8, 12));
    expect(p3.countIn(whole)).toBe(13);
    expect(p3.overlaps.ranges).toEqual([range(8, 9)]);
  });

  it('leave evidence of a listing that every deletion lowers', () => {
    const names = [
      ...['p3.0-9.jsonl.gz', 'p3.5-14.jsonl.gz', 'p3.20-29x4.jsonl.gz', 'p3.25-34x6.jsonl.gz'],
      'orders-3-00000000000000000040-00000000000000000049.jsonl.gz',
    ];
    const evidence = (...left: readonly string[]) =>
      readingCoverage(...left)
        .partition(3)
        .evidenceIn(whole);
    expect(evidence(...names)).toMatchObject({ spanned: 40, unsure: 20 });
    expect(
      readingCoverage(...names)
        .partition(3)
        .evidenceIn(range(0, 24)),
    ).toMatchObject({
      ...{ spanned: 20, unsure: 4 },
    });
    expect(evidence(...names.slice(1))).toMatchObject({ spanned: 35, unsure: 20 });
    expect(evidence(...names.toSpliced(2, 1))).toMatchObject({ spanned: 35, unsure: 16 });
    expect(evidence(...names.toSpliced(4, 1))).toMatchObject({ spanned: 30, unsure: 10 });
  });

  it('leave a digest of the offsets, which is the sum of those of its parts', () => {
    const offsets = readingCoverage('p3.0-9.jsonl.gz', 'p3.20-29.jsonl.gz').partition(3);
    const digest = (first: number, last: number) =>
      offsets.evidenceIn({ first, last }).digest as number;
    for (const end of [4, 9, 15, 19, 20, 29, 30]) {
      expect(sumOfDigests(digest(0, end), digest(end + 1, 99))).toBe(digest(0, 99));
    }
    expect(digest(10, 19)).toBe(0);
    const others = ['p3.0-9_p3.20-29', 'p3.1-10_p3.20-29', 'p3.1-10_p3.19-28'].map(
      (name) => readingCoverage(`${name}.jsonl.gz`).partition(3).evidenceIn(whole).digest,
    );
    expect(others[0]).toBe(digest(0, 99));
    expect(new Set(others).size).toBe(3);
    const far = 2 ** 32;
    const late = readingCoverage(`p3.${far}-${far + 9}.jsonl.gz`).partition(3);
    expect(late.evidenceIn(whole).digest).not.toBe(digest(0, 9));
  });

  it('and keys give the extent of a partition', () => {
    const extent = (...names: readonly string[]) => {
      const coverage = readingCoverage(...names);
      expect(coverage.numbers()).toEqual([3]);
      return coverage.partition(3).extent;
    };
    expect(extent('p3.10-19x4.jsonl.gz', 'p3.30-39.jsonl.gz')).toEqual(range(10, 39));
    expect(extent('p3.10-19.jsonl.gz', 'p3.0-49.1of2.jsonl.gz')).toEqual(range(0, 49));
    expect(extent('p3.10-19~0a1b2c3d.jsonl.gz')).toEqual(range(10, 19));
    const coverage = new Coverage();
    expect(coverage.partition(3).extent).toBeUndefined();
    expect(coverage.partitions()).toEqual([]);
    coverage.partition(3).addStored(range(7, 9));
    expect(coverage.partition(3).extent).toEqual(range(7, 9));
    expect(coverage.partitions()[0]).toMatchObject(range(7, 9));
  });

  it('need not be read to count offsets, unless keys leave it open', () => {
    const named = (first: number, last: number, ...names: readonly string[]) =>
      readingCoverage(...names)
        .partition(3)
        .namedIn(range(first, last));
    const runs = ['p3.0-9.jsonl.gz', 'p3.5-14.jsonl.gz', 'p3.20-29x4.jsonl.gz'];
    expect(named(0, 99, ...runs)).toBe(19);
    expect(named(8, 19, ...runs)).toBe(7);
    expect(named(16, 40, ...runs)).toBe(4);
    expect(named(0, 25, ...runs)).toBeUndefined();
    expect(named(25, 40, ...runs)).toBeUndefined();
    expect(named(0, 99, ...runs, 'p3.29-40.jsonl.gz')).toBeUndefined();
    expect(named(0, 19, ...runs, 'p3.29-40.jsonl.gz')).toBe(15);
    const format1 = 'orders-3-00000000000000000040-00000000000000000049.jsonl.gz';
    expect(named(0, 99, ...runs, format1)).toBeUndefined();
    expect(named(0, 39, ...runs, format1)).toBe(19);
  });

  it('give the holes of a plain set of offsets', () => {
    fc.assert(
      fc.property(fc.array(runs, { maxLength: 12 }), (given) => {
        const stored = new Set(given.flatMap(({ offsets }) => offsets));
        const bodies = new Map<string, number[]>();
        for (const [index, { offsets }] of given.entries()) {
          const [first, last] = [Math.min(...offsets), Math.max(...offsets)];
          const x = offsets.length === last - first + 1 ? '' : `x${offsets.length}`;
          // The same run in another partition keeps the names apart.
          bodies.set(`p3.${first}-${last}${x}_p9.${index}-${index}.jsonl.gz`, offsets);
        }
        const coverage = readingCoverage(...bodies.keys());
        const judged = coverage.unread().flatMap((key) => {
          return coverage.read(key, bodyOf([3, bodies.get(key) ?? []]));
        });
        const p3 = coverage.partition(3);
        const span = range(0, 61);
        const holes = [
          ...p3.holesIn(span),
          ...judged.flatMap((run) => [...run.offsets.gapsIn(run)]),
        ];
        const missing = flat([span]).filter((offset) => !stored.has(offset));
        expect(flat(holes).sort((a, b) => a - b)).toEqual(missing);
        const counted = judged.reduce((sum, run) => sum + run.offsets.size, p3.countIn(span));
        expect(counted).toBe(stored.size);
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
        const some = range(7, 23);
        const inSome = flat([some]).filter((offset) => a.naive.has(offset));
        expect(flat([...a.set.within(some)])).toEqual(inSome);
        expect(a.set.countIn(some)).toBe(inSome.length);
        expect(a.set.has(some)).toBe(inSome.length > 0);
        expect(flat([...a.set.gapsIn(some)])).toEqual(
          flat([some]).filter((offset) => !a.naive.has(offset)),
        );
        expect(a.set.meets(b.set)).toBe([...a.naive].some((offset) => b.naive.has(offset)));
        expect(OffsetRanges.union(a.set, b.set).size).toBe(new Set([...a.naive, ...b.naive]).size);
      }),
    );
  });
});

describe('many ranges of offsets', () => {
  const RANGES = 20_000;
  const all = Array.from({ length: RANGES }, (_, index) => range(10 * index, 10 * index + 4));
  /** In the order of keys in a listing: 1000 precedes 200. */
  const byText = all.toSorted((a, b) => (String(a.first) < String(b.first) ? -1 : 1));

  it('are in order, whatever the order of additions is', () => {
    for (const order of [all, all.toReversed(), byText]) {
      const set = new OffsetRanges();
      expect(order.flatMap((each) => set.add(each))).toEqual([]);
      expect(set.ranges).toEqual(all);
      expect(set.size).toBe(5 * RANGES);
      expect([...set.within(range(99_993, 100_023))]).toEqual([
        ...[range(99_993, 99_994), range(100_000, 100_004), range(100_010, 100_014)],
        range(100_020, 100_023),
      ]);
    }
  });

  it('are joined by those between them', () => {
    const set = new OffsetRanges();
    for (const each of byText) set.add(each);
    // Over the ends of several blocks, and to the end.
    expect(set.add(range(2, 49_999))).toHaveLength(5_000);
    expect(set.ranges.slice(0, 2)).toEqual([range(0, 50_004), range(50_010, 50_014)]);
    expect(set.size).toBe(50_005 + 5 * (RANGES - 5_001));
    expect(set.add(range(60_000, 10 * RANGES))).toHaveLength(RANGES - 6_000);
    expect(set.ranges.at(-1)).toEqual(range(60_000, 10 * RANGES));
    expect(set.add(range(0, 10 * RANGES))).toHaveLength(1_001);
    expect(set.ranges).toEqual([range(0, 10 * RANGES)]);
  });
});

function flat(ranges: readonly OffsetRange[]): number[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}
