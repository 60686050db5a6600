import { describe, expect, it } from 'vitest';
import { type Fact, PartitionFacts, TopicFacts, type Transaction } from '../facts.ts';
import { type Judged, judgeTopic, type Verdict } from '../oracle.ts';

function record(of: Partial<Fact & { kind: 'record' }> = {}): Fact {
  return { kind: 'record', transaction: undefined, isFiltered: false, isOversize: false, ...of };
}

function inTransaction(outcome: Transaction['outcome']): Fact {
  return record({ transaction: { outcome } });
}

function partition(offsets: readonly Fact[], given: Partial<PartitionFacts> = {}): PartitionFacts {
  const facts = new PartitionFacts();
  facts.offsets.push(...offsets);
  return Object.assign(facts, { lastStable: offsets.length, committed: offsets.length, ...given });
}

function verdictsOf(
  of: PartitionFacts,
  { before = 0, failed = [], livesBefore = 0, seen = {}, stored = [] }: Given = {},
): Verdict[] {
  const facts = new TopicFacts(livesBefore);
  facts.partitions.push(of);
  facts.failed.push(...failed);
  const places = (offsets: readonly number[]) => new Set(offsets.map((offset) => `0:${offset}`));
  const known = Object.entries(seen).map(([offset, verdict]) => [`0:${offset}`, verdict] as const);
  const judged: Judged = {
    ...{ verdicts: new Map(known), due: new Map([[0, before]]) },
    ...{ others: new Map(), livesBefore: 0 },
  };
  const [first = Number.NaN] = stored;
  const named = new Map(first >= 0 ? [[0, { first, last: Math.max(...stored) }]] : []);
  const isFirst = known.length === 0;
  const view = {
    before: isFirst ? undefined : judged,
    facts,
    named,
    stored: places(stored),
  };
  return [...judgeTopic(view).verdicts.values()];
}

interface Given {
  /** What was due before. */
  readonly before?: number;
  /** @default - this is the first topic of the name */
  readonly livesBefore?: number;
  readonly failed?: TopicFacts['failed'];
  readonly seen?: Readonly<Record<number, Verdict>>;
  readonly stored?: readonly number[];
}

describe('the oracle', () => {
  it('knows what the broker still has', () => {
    const offsets: Fact[] = [
      record(),
      record(),
      inTransaction('aborted'),
      inTransaction('committed'),
      { kind: 'mark' },
      record({ isFiltered: true }),
      record({ isOversize: true }),
    ];
    expect(verdictsOf(partition(offsets), { stored: [0] })).toEqual([
      ...['stored', 'lost', 'aborted', 'lost', 'transaction-mark', 'filtered', 'oversize'],
    ]);
  });

  it('expects nothing from the last stable offset and the committed one on, nor before the start', () => {
    const offsets = [record(), record(), record(), record()];
    const of = partition(offsets, { start: 1, committed: 3, lastStable: 2 });
    expect(verdictsOf(of)).toEqual(['before-archive', 'lost', 'not-yet', 'not-yet']);
    const none = partition(offsets, { committed: undefined });
    expect(verdictsOf(none)).toEqual(['not-yet', 'not-yet', 'not-yet', 'not-yet']);
  });

  it('cannot show that a mapping had begun at the end before it archived anything', () => {
    const of = partition([record(), record(), record(), record()], {
      start: 1,
      isFromLatest: true,
    });
    const early = 'before-archive';
    expect(verdictsOf(of)).toEqual([early, early, early, early]);
    expect(verdictsOf(of, { stored: [2] })).toEqual([early, early, 'stored', 'lost']);
    const seen = { 0: early, 1: 'stored', 2: 'stored' } as const;
    expect(verdictsOf(of, { seen, stored: [2] })).toEqual([early, 'lost', 'stored', 'lost']);
  });

  it('leaves what was judged of a topic of the same name as it was', () => {
    const of = partition([record(), record(), record(), record()]);
    const seen = { 0: 'stored', 1: 'aborted' } as const;
    expect(verdictsOf(of, { before: 2, livesBefore: 1, seen, stored: [1, 2] })).toEqual([
      ...['stored', 'aborted', 'stored', 'lost'],
    ]);
    expect(verdictsOf(of, { livesBefore: 1, stored: [0, 2] })).toEqual([
      ...['stored', 'another-life', 'stored', 'lost'],
    ]);
  });

  it('keeps due what was due before a group was moved back', () => {
    const offsets = [record(), record(), record(), record()];
    const of = partition(offsets, { committed: 1 });
    const seen = { 1: 'skipped-by-reset', 2: 'stored' } as const;
    expect(verdictsOf(of, { before: 3, seen })).toEqual([
      ...['lost', 'skipped-by-reset', 'lost', 'not-yet'],
    ]);
  });

  it('explains by a failed batch only while it waits', () => {
    const places = (offset: number) => new Set([`0:${offset}`]);
    const failed: TopicFacts['failed'] = [
      { state: 'waiting', isOversize: false, places: places(0) },
      { state: 'waiting', isOversize: true, places: places(1) },
      { state: 'dismissed', isOversize: false, places: places(2) },
      { state: 'replayed', isOversize: false, places: places(3) },
    ];
    const of = partition([record(), record(), record(), record()]);
    expect(verdictsOf(of, { failed, stored: [3] })).toEqual([
      ...['failed-batch', 'oversize', 'lost', 'stored'],
    ]);
  });

  it('falls back on what earlier audits saw where the broker has forgotten', () => {
    const offsets = Array.from({ length: 6 }, () => record());
    const of = partition(offsets, { logStart: 4, removed: new Set([4, 5]) });
    const seen = { 0: 'stored', 1: 'aborted', 2: 'not-yet', 4: 'lost' } as const;
    expect(verdictsOf(of, { seen })).toEqual([
      ...['lost', 'aborted', 'expired-unread', 'expired-unread', 'lost', 'compacted'],
    ]);
    expect(verdictsOf(of).slice(0, 4)).toEqual(Array(4).fill('below-log-start'));
  });

  it('explains by a reset where no other reason is older', () => {
    const offsets: Fact[] = [record(), { kind: 'mark' }, record()];
    const of = partition(offsets, { skipped: new Set([0, 1]), logStart: 0 });
    expect(verdictsOf(of)).toEqual(['skipped-by-reset', 'transaction-mark', 'lost']);
  });
});
