import { describe, expect, it } from 'vitest';
import {
  explainHoles,
  type PartitionEvidence,
  skippedOffsets,
} from '../../../../lambda/core/audit/explain-holes.ts';
import { type OffsetRange, OffsetRanges } from '../../../../lambda/core/object/offset-ranges.ts';

function explain(holes: readonly OffsetRange[], known: Partial<PartitionEvidence>) {
  const { ranges, unread } = explainHoles(holes, {
    ...{ floor: 0, lastLogStart: undefined, archiveStart: 0, failed: [], skipped: [] },
    ...{ spans: new OffsetRanges(), mostHidden: 1 },
    ...known,
  });
  const found = ranges.map(({ first, last, offsets, verdict }) => {
    expect(offsets).toBe(last - first + 1);
    return `${verdict.class} ${first}-${last}`;
  });
  return { found, unread };
}

const whole = [{ first: 0, last: 99 }];
const kept = { class: 'failed-batch', evidence: 'kept' } as const;
const skipped = { partition: 0, first: 2, last: 5, at: '2026-11-23T00:00:00Z' };
const spans = new OffsetRanges();
spans.add({ first: 20, last: 29 });

describe('explainHoles', () => {
  it('leaves everything to be read without evidence', () => {
    expect(explain(whole, {})).toEqual({ found: [], unread: whole });
  });

  it.each<[string, Partial<PartitionEvidence>, string[], number]>([
    ['before the archive', { archiveStart: 10 }, ['before-archive 0-9'], 10],
    ['below the log start, in the first audit', { floor: 10 }, ['below-log-start 0-9'], 10],
    [
      'below the log start that the last audit saw, and above it',
      { floor: 10, lastLogStart: 4 },
      ['below-log-start 0-3', 'lost 4-9'],
      10,
    ],
    [
      'deleted since the last audit, in a batch and around it',
      { floor: 40, lastLogStart: 0, spans },
      ['lost 0-19', 'below-log-start 20-29', 'lost 30-39'],
      40,
    ],
    [
      'deleted, and kept in a failed batch',
      { floor: 10, lastLogStart: 0, failed: [{ partition: 0, first: 5, last: 20, verdict: kept }] },
      ['lost 0-4', 'failed-batch 5-9'],
      10,
    ],
    [
      'deleted, and skipped by a reset',
      { floor: 4, lastLogStart: 0, skipped: [skippedOffsets(skipped)] },
      ['lost 0-1', 'skipped-by-reset 2-3'],
      4,
    ],
  ])('explains offsets %s', (_, known, found, first) => {
    expect(explain(whole, known)).toEqual({ found, unread: [{ first, last: 99 }] });
  });

  it('takes deleted offsets between batches for marks, up to a number of them', () => {
    const holes = [
      { first: 3, last: 3 },
      { first: 5, last: 6 },
    ];
    const known = { floor: 10, lastLogStart: 0 };
    expect(explain(holes, known).found).toEqual(['below-log-start 3-3', 'lost 5-6']);
    expect(explain(holes, { ...known, mostHidden: 2 }).found).toEqual([
      'below-log-start 3-3',
      'below-log-start 5-6',
    ]);
  });
});
