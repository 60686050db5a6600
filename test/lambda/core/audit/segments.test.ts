import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../lambda/core/audit/finding.ts';
import type { PartitionLedger, Segment } from '../../../../lambda/core/audit/ledger.ts';
import {
  atLogStart,
  changedSegments,
  extend,
  holesOf,
  isMoved,
  type JudgedRange,
  type ListedSegment,
  listedSegment,
  type RelistedSegment,
  relist,
  settle,
  throughOf,
} from '../../../../lambda/core/audit/segments.ts';
import { Coverage, isDense, type ListedEvidence } from '../../../../lambda/core/object/coverage.ts';
import { type OffsetRange, OffsetRanges } from '../../../../lambda/core/object/offset-ranges.ts';
import { parseObjectKey } from '../../../../lambda/core/object/parse-object-key.ts';
import { unionOf } from '../../../../lambda/core/object/range-sets.ts';

const seenAt = '2026-11-24T10:00:00.000Z';
const later = '2026-11-25T10:00:00.000Z';
const gone = 'Objects held the offsets at an earlier audit, and no object holds them any more.';

const empty: PartitionLedger = {
  ...{ partition: 3, from: 100, segments: [], findings: [], logStart: 100 },
};

/** A range of which everything is stored. */
function judged(first: number, last: number, more: Partial<JudgedRange> = {}): JudgedRange {
  const size = last - first + 1;
  return {
    ...{ first, last, stored: size, holes: {}, longestHole: 0, findings: [] },
    ...{ ...evidenceOf(`p3.${first}-${last}`), ...more },
  };
}

/** What a listing says of all offsets, given the names of objects. */
function evidenceOf(...names: readonly string[]): ListedEvidence {
  const coverage = new Coverage();
  for (const name of names) coverage.add(parsed(`${name}.jsonl.gz`), 10);
  return coverage.partition(3).evidenceIn({ first: 0, last: Number.MAX_SAFE_INTEGER });
}

function finding(first: number, last: number, more: Partial<Finding> = {}): Finding {
  return {
    ...{ partition: 3, first, last, class: 'lost', offsets: last - first + 1 },
    ...{ seenAt, evidence: 'why', isOnBroker: true, ...more },
  };
}

/** 100 to 199: 10 lost, 5 marks. */
const holed = extend(empty, [
  judged(100, 199, {
    ...{ stored: 85, holes: { 'transaction-mark': 5, lost: 10 }, longestHole: 1 },
    ...{ spanned: 90, unsure: 20, findings: [finding(120, 129)] },
  }),
]);

const relisted = (stored: number, more: Partial<RelistedSegment> = {}): RelistedSegment => ({
  ...{ stored, spanned: 90, unsure: 20, holes: [], found: [], seenAt: later, missing: 'lost' },
  ...more,
});

describe('segments of a partition', () => {
  it('begin where the archive does, and follow each other', () => {
    expect(throughOf(empty)).toBe(100);
    const ledger = extend(empty, [
      judged(100, 149),
      judged(150, 199, { stored: 48, holes: { lost: 2 }, findings: [finding(160, 161)] }),
    ]);
    expect(throughOf(ledger)).toBe(200);
    expect(ledger.segments.map(({ first, last }) => [first, last])).toEqual([
      ...[
        [100, 149],
        [150, 199],
      ],
    ]);
    expect(ledger.segments[0]).not.toHaveProperty('findings');
    expect(ledger.findings).toEqual([finding(160, 161)]);
    expect(holesOf(ledger)).toEqual({ lost: 2 });
    expect(() => extend(ledger, [judged(201, 210)])).toThrow(
      'the ledger has a gap: offset 201 of partition 3 follows 199',
    );
  });

  it('balance', () => {
    expect(() => extend(empty, [judged(100, 149, { stored: 49 })])).toThrow(
      'the ledger does not balance: 49 of the offsets 100 to 149 of partition 3 are judged',
    );
    const tooMany = judged(100, 149, { stored: -1, holes: { lost: 51 } });
    expect(() => extend(empty, [tooMany])).toThrow('does not balance');
  });

  it('are joined, the shortest neighbours first, so that few are left', () => {
    const ranges = Array.from({ length: 17 }, (_, index) =>
      judged(100 + 10 * index, 109 + 10 * index, {
        ...{ stored: 9, holes: { aborted: 1 }, longestHole: index, spanned: 8, unsure: 7 },
      }),
    );
    const { segments } = extend(empty, ranges);
    expect(segments).toHaveLength(16);
    expect(segments[0]).toEqual({
      ...{ first: 100, last: 119, stored: 18, holes: { aborted: 2 } },
      ...{ longestHole: 1, spanned: 16, unsure: 14 },
      digest: evidenceOf('p3.100-109', 'p3.110-119').digest,
    });
    const old = ranges.map(({ digest, ...range }) => range);
    expect(extend(empty, old).segments[0]).not.toHaveProperty('digest');
    expect(extend(empty, [...old.slice(0, 1), ...ranges.slice(1)]).segments[0]).not.toHaveProperty(
      'digest',
    );
    const [, second] = extend({ ...empty, segments }, [judged(270, 279)]).segments;
    expect(second).toMatchObject({ first: 120, last: 139, longestHole: 3 });
  });

  it('stay few and balanced in any number of audits', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 17, maxLength: 60 });
    fc.assert(
      fc.property(lengths, (given) => {
        let ledger = empty;
        for (const length of given) {
          const first = throughOf(ledger);
          const holes = { 'transaction-mark': 1 };
          const next = judged(first, first + length, { stored: length, holes, longestHole: 1 });
          ledger = extend(ledger, [next]);
        }
        expect(ledger.segments).toHaveLength(16);
        expect(holesOf(ledger)).toEqual({ 'transaction-mark': given.length });
        const ends = ledger.segments.map(({ last }) => last + 1);
        expect(ledger.segments.map(({ first }) => first)).toEqual([100, ...ends.slice(0, -1)]);
        for (const { first, holes, last, stored } of ledger.segments) {
          expect(stored + (holes['transaction-mark'] ?? 0)).toBe(last - first + 1);
        }
      }),
    );
  });
});

describe('a full listing', () => {
  it('changes the segments of which something was deleted or added', () => {
    const ledger = extend(empty, [
      judged(100, 109),
      judged(110, 119, { stored: 8, holes: { aborted: 2 }, unsure: 8 }),
      judged(120, 129),
    ]);
    const offsetsOf = (...names: readonly string[]) => {
      const coverage = new Coverage();
      for (const name of names) coverage.add(parsed(`p3.${name}.jsonl.gz`), 10);
      return coverage.partition(3);
    };
    const firsts = (...names: readonly string[]) =>
      changedSegments(ledger, offsetsOf(...names)).map(({ first }) => first);
    expect(firsts('100-109', '110-119x8', '120-129')).toEqual([]);
    // The same offsets in other batches, and again.
    expect(firsts('100-105', '103-109', '110-119x8', '120-129', '120-129')).toEqual([]);
    expect(firsts('110-119x8', '120-128')).toEqual([100, 120]);
    expect(firsts('100-109', '110-119x7', '120-129')).toEqual([110]);
    expect(firsts('100-109', '110-119x8', '110-118x2', '120-129')).toEqual([110]);
  });

  it('changes the segments that have other offsets, and as many as before', () => {
    const range = { stored: 9, holes: { filtered: 1 }, ...evidenceOf('p3.100-108') };
    const ledger = extend(empty, [judged(100, 109, range)]);
    const [segment] = ledger.segments as [Segment];
    const coverage = new Coverage();
    coverage.add(parsed('p3.101-109.jsonl.gz'), 10);
    const offsets = coverage.partition(3);
    expect(changedSegments(ledger, offsets)).toEqual([segment]);
    const listed = listedSegment(segment, offsets) as ListedSegment;
    expect(isMoved(segment, listed)).toBe(true);
    expect(isMoved({ ...segment, digest: listed.digest }, listed)).toBe(false);
    expect(isMoved(segment, { ...listed, stored: 8 })).toBe(false);
    // A ledger of an early version says nothing about it, and its segments are judged again once.
    const { digest, ...old } = segment;
    expect(isMoved(old, listed)).toBe(false);
    const now = relist({ ...ledger, segments: [old] }, old, {
      ...{ ...listed, found: [], seenAt: later, missing: 'lost' },
    });
    expect(now.segments).toEqual([{ ...old, digest: listed.digest }]);
    expect(changedSegments(now, offsets)).toEqual([]);
  });

  it('says by its keys what is stored of a segment, unless bodies have to', () => {
    const coverage = new Coverage();
    for (const name of ['100-109', '120-139x15', '140-149', '130-130_p9.0-0']) {
      coverage.add(parsed(`p3.${name}.jsonl.gz`), 10);
    }
    const listed = (first: number, last: number) =>
      listedSegment({ first, last }, coverage.partition(3));
    expect(listed(100, 119)).toEqual({
      ...{ stored: 10, ...evidenceOf('p3.100-109'), holes: [{ first: 110, last: 119 }] },
    });
    expect(listed(100, 149)).toBeUndefined();
  });

  it('finds what was deleted, in the hole that it has left', () => {
    const [segment] = holed.segments as [Segment];
    const holes = [
      { first: 118, last: 129 },
      { first: 140, last: 149 },
      { first: 160, last: 160 },
    ];
    const now = relist(holed, segment, relisted(73, { spanned: 78, unsure: 19, holes }));
    expect(now.segments).toEqual([
      {
        ...{ first: 100, last: 199, stored: 73, holes: { 'transaction-mark': 5, lost: 22 } },
        ...{ longestHole: 1, spanned: 78, unsure: 19 },
      },
    ]);
    const lost = { seenAt: later, evidence: gone, isOnBroker: false };
    // What was lost before, 120 to 129, is not lost again.
    expect(now.findings).toEqual([
      finding(118, 119, lost),
      finding(120, 129),
      finding(140, 149, lost),
    ]);
  });

  it('spans what it can be where holes were that long before', () => {
    const ledger = extend(empty, [
      judged(100, 199, { stored: 80, holes: { compacted: 20 }, longestHole: 10 }),
    ]);
    const [segment] = ledger.segments as [Segment];
    const missing = (count: number, holes: readonly OffsetRange[]) => {
      const now = relist(ledger, segment, relisted(80 - count, { holes, missing: 'expired' }));
      expect(holesOf(now)).toEqual({ compacted: 20, expired: count });
      return now.findings.map(({ class: kind, first, last, offsets }) => [
        ...[kind, first, last, offsets],
      ]);
    };
    const holes = [
      { first: 110, last: 119 },
      { first: 130, last: 144 },
      { first: 190, last: 194 },
    ];
    expect(missing(5, holes)).toEqual([['expired', 130, 144, 5]]);
    expect(missing(16, holes)).toEqual([['expired', 110, 194, 16]]);
    // Only bodies show what is missing.
    expect(missing(1, [])).toEqual([['expired', 100, 199, 1]]);
    expect(missing(6, [{ first: 110, last: 114 }])).toEqual([['expired', 100, 199, 6]]);
  });

  it('adds what the broker still has', () => {
    const [segment] = holed.segments as [Segment];
    const found = [finding(190, 199, { class: 'expired', seenAt: later })];
    const holes = [
      { first: 140, last: 142 },
      { first: 189, last: 199 },
    ];
    const now = relist(holed, segment, relisted(71, { found, holes }));
    expect(holesOf(now)).toEqual({ 'transaction-mark': 5, expired: 10, lost: 14 });
    expect(now.findings.map(({ first, last, offsets }) => [first, last, offsets])).toEqual([
      ...[
        [120, 129, 10],
        [140, 142, 3],
        [189, 189, 1],
        [190, 199, 10],
      ],
    ]);
  });

  it('takes back what is stored now: from the newest findings, then from what is counted', () => {
    const ledger = extend(empty, [
      judged(100, 199, {
        ...{ stored: 80, holes: { filtered: 4, lost: 10, unexplained: 6 } },
        findings: [
          finding(110, 119),
          finding(115, 115, { class: 'conflict' }),
          finding(116, 119, { class: 'another-life' }),
          finding(150, 155, { class: 'unexplained' }),
        ],
      }),
    ]);
    const [segment] = ledger.segments as [Segment];
    const stored = (count: number) => {
      const now = relist(ledger, segment, relisted(count));
      return [holesOf(now), now.findings.map(({ class: kind, offsets }) => [kind, offsets])];
    };
    expect(stored(80)).toEqual([
      { filtered: 4, lost: 10, unexplained: 6 },
      [
        ['lost', 10],
        ['conflict', 1],
        ['another-life', 4],
        ['unexplained', 6],
      ],
    ]);
    expect(stored(84)).toEqual([
      { filtered: 4, lost: 10, unexplained: 2 },
      [
        ['lost', 10],
        ['conflict', 1],
        ['another-life', 4],
        ['unexplained', 2],
      ],
    ]);
    expect(stored(90)).toEqual([
      { filtered: 4, lost: 6 },
      [
        ['lost', 6],
        ['conflict', 1],
        ['another-life', 4],
      ],
    ]);
    expect(stored(98)).toEqual([
      { filtered: 2 },
      [
        ['conflict', 1],
        ['another-life', 4],
      ],
    ]);
    expect(() => relist(ledger, segment, relisted(101))).toThrow('does not balance');
    // Objects hold only some of the offsets of the findings.
    const holes = [
      { first: 112, last: 119 },
      { first: 150, last: 155 },
    ];
    const now = relist(ledger, segment, relisted(84, { holes }));
    expect(holesOf(now)).toEqual({ filtered: 2, lost: 8, unexplained: 6 });
    expect(now.findings).toMatchObject([
      ...[{ class: 'lost', offsets: 8 }, { class: 'conflict' }, { class: 'another-life' }],
      { class: 'unexplained', offsets: 6 },
    ]);
  });

  it('leaves other segments and their findings alone', () => {
    const ledger = extend(holed, [
      judged(200, 209, { stored: 9, holes: { lost: 1 }, findings: [finding(205, 205)] }),
    ]);
    const [segment, other] = ledger.segments as [Segment, Segment];
    const now = relist(ledger, segment, relisted(95, { unsure: 30 }));
    expect(now.segments[1]).toBe(other);
    expect(now.findings).toEqual([finding(205, 205)]);
    expect(now.segments[0]).toMatchObject({ stored: 95, holes: { 'transaction-mark': 5 } });
  });
});

describe('a finding', () => {
  it('is settled by what has become of its offsets', () => {
    const [lost] = holed.findings as [Finding];
    const rest = finding(125, 126, { seenAt: later });
    const now = settle(holed, lost, { stored: 7, holes: { filtered: 1 }, findings: [rest] });
    expect(now.findings).toEqual([rest]);
    expect(now.segments[0]).toMatchObject({
      ...{ stored: 92, holes: { 'transaction-mark': 5, filtered: 1, lost: 2 } },
    });
    const healed = settle(now, rest, { stored: 2, holes: {}, findings: [] });
    expect(healed.findings).toEqual([]);
    expect(holesOf(healed)).toEqual({ 'transaction-mark': 5, filtered: 1 });
    const tooMany = { stored: 11, holes: {}, findings: [] };
    expect(() => settle(holed, lost, tooMany)).toThrow('does not balance');
  });

  it('of a conflict is about stored offsets', () => {
    const conflict = finding(205, 206, { class: 'conflict' });
    const ledger = extend(holed, [judged(200, 209, { findings: [conflict] })]);
    const left = finding(206, 206, { class: 'conflict' });
    const one = settle(ledger, conflict, { stored: 0, holes: {}, findings: [left] });
    expect(one.findings).toEqual([...holed.findings, left]);
    const now = settle(one, left, { stored: 0, holes: {}, findings: [] });
    expect(now.findings).toEqual(holed.findings);
    expect(now.segments).toEqual(ledger.segments);
  });

  it('stays acknowledged', () => {
    const acknowledged = { at: later, reason: 'Known.' };
    const known = finding(120, 129, { acknowledged });
    const ledger = extend({ ...holed, findings: [known] }, [judged(200, 209)]);
    const [segment] = ledger.segments as [Segment];
    expect(relist(ledger, segment, relisted(85, { unsure: 30 })).findings).toEqual([known]);
  });

  it('is on the broker until the log starts after it', () => {
    expect(atLogStart(holed, 129).findings).toEqual([finding(120, 129)]);
    const { findings, logStart } = atLogStart(holed, 130);
    expect(findings).toEqual([finding(120, 129, { isOnBroker: false })]);
    expect(logStart).toBe(130);
  });
});

/** An object of up to 20 offsets, some of which are marks or aborted. */
const objects = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 20 }),
    holes: fc.uniqueArray(fc.nat(20), { maxLength: 4 }),
    overlap: fc.nat(5),
    isDeleted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

describe('deletions of a random history', () => {
  it('are found to the offset by a later full listing, long after the broker forgot', () => {
    fc.assert(
      fc.property(objects, (given) => {
        const written: { readonly name: string; readonly offsets: readonly number[] }[] = [];
        const marks = new Set<number>();
        let next = 100;
        for (const { holes, length, overlap } of given) {
          const start = Math.max(100, next - overlap);
          for (const hole of holes) if (start + hole >= next) marks.add(start + hole);
          const all = Array.from({ length }, (_, index) => start + index);
          const offsets = all.filter((offset) => !marks.has(offset));
          next = Math.max(next, start + length);
          if (offsets.length === 0) continue;
          const [first, last] = [offsets[0] as number, offsets.at(-1) as number];
          const x = offsets.length === last - first + 1 ? '' : `x${offsets.length}`;
          written.push({
            name: `p3.${first}-${last}${x}_p9.${written.length}-${written.length}`,
            offsets,
          });
        }
        const range = { first: 100, last: next - 1 };
        const list = (
          left: readonly { readonly name: string; readonly offsets: readonly number[] }[],
        ) => {
          const coverage = new Coverage((run) => !isDense(run));
          for (const { name } of left) coverage.add(parsed(`${name}.jsonl.gz`), 10, name);
          const judgedRuns = coverage.unread().flatMap((key) => {
            const { offsets = [] } = left.find(({ name }) => name === key) ?? {};
            return coverage.read(key, new Map([[3, setOf(offsets)]]));
          });
          const p3 = coverage.partition(3);
          const byKeys = listedSegment(range, p3);
          const stored = judgedRuns.reduce((sum, run) => sum + run.offsets.size, p3.countIn(range));
          if (byKeys !== undefined) expect(byKeys.stored).toBe(stored);
          const inRuns = judgedRuns.flatMap((run) => [...run.offsets.gapsIn(run)]);
          const holes = unionOf([...p3.holesIn(range), ...inRuns]);
          return { stored, holes, p3, ...p3.evidenceIn(range) };
        };
        const before = list(written);
        const size = range.last - range.first + 1;
        const holes = size - before.stored;
        const ledger = extend(empty, [
          judged(range.first, range.last, {
            ...{ stored: before.stored, spanned: before.spanned, unsure: before.unsure },
            digest: before.digest,
            ...{ holes: holes === 0 ? {} : { 'transaction-mark': holes }, longestHole: 5 },
          }),
        ]);
        expect(changedSegments(ledger, before.p3)).toEqual([]);
        const left = written.filter((_, index) => given[index]?.isDeleted === false);
        const kept = new Set(left.flatMap(({ offsets }) => offsets));
        const lost = new Set(
          written.flatMap(({ offsets }) => offsets.filter((each) => !kept.has(each))),
        );
        const after = list(left);
        const [segment] = changedSegments(ledger, after.p3);
        if (lost.size > 0) expect(segment).toBeDefined();
        if (segment === undefined) return;
        const now = relist(ledger, segment, relisted(after.stored, after));
        const found = now.findings.reduce((sum, { offsets }) => sum + offsets, 0);
        expect(found).toBe(lost.size);
        expect(holesOf(now)['transaction-mark'] ?? 0).toBe(holes);
        // And everything is where it was, once the objects are restored.
        const [again] = now.segments as [Segment];
        const restored = relist(now, again, relisted(before.stored, before));
        expect(restored).toEqual(ledger);
      }),
    );
  });
});

function parsed(name: string) {
  const object = parseObjectKey(`topic=orders/dt=2026-11-23/${name}`);
  if (object === undefined) throw new Error(`'${name}' is no name of an object`);
  return object;
}

function setOf(offsets: readonly number[]): OffsetRanges {
  const set = new OffsetRanges();
  for (const offset of offsets) set.add({ first: offset, last: offset });
  return set;
}
