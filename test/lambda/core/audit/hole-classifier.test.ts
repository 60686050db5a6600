import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { BrokerBatch } from '../../../../lambda/core/audit/broker.ts';
import { HoleClassifier, type Verdict } from '../../../../lambda/core/audit/hole-classifier.ts';
import type { OffsetRange } from '../../../../lambda/core/object/offset-ranges.ts';

const lost: Verdict = { class: 'lost', evidence: 'lost' };
const oversize: Verdict = { class: 'oversize', evidence: 'oversize' };
const filtered: Verdict = { class: 'filtered', evidence: 'filtered' };
const unexplained: Verdict = { class: 'unexplained', evidence: 'nothing' };
const compacted: Verdict = { class: 'compacted', evidence: 'compacted' };

interface BatchParts {
  readonly first: number;
  readonly last?: number;
  readonly offsets?: readonly number[];
  readonly producer?: bigint;
  readonly control?: 'commit' | 'abort';
}

/** A batch with records at the given offsets; by default one at its first offset. Timestamps are the offsets. */
function batch({ control, first, last = first, offsets, producer }: BatchParts): BrokerBatch {
  const own = offsets ?? (control === undefined ? [first] : []);
  return {
    ...{ firstOffset: first, lastOffset: last, producerId: producer ?? -1n, control },
    isTransactional: producer !== undefined,
    records: own.map((offset) => ({
      ...{ partition: 0, offset, timestamp: offset, timestampType: 'CREATE_TIME' },
      ...{ key: null, value: Buffer.from('1'), headers: [] },
    })),
  };
}

const offsetsOf = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

interface Given {
  readonly holes: readonly OffsetRange[];
  readonly batches: readonly BrokerBatch[];
  readonly judge?: (offset: number) => Verdict;
  readonly nothing?: Verdict;
}

function classify({ batches, holes, judge = () => lost, nothing = unexplained }: Given) {
  const classifier = new HoleClassifier({ holes, nothing, judge: ({ offset }) => judge(offset) });
  for (const each of batches) classifier.add(each);
  const { next } = classifier;
  const { counts, ranges } = classifier.finish();
  const found = ranges.map(({ first, last, offsets, verdict }) => [
    verdict.class,
    first,
    last,
    offsets,
  ]);
  return { counts, found, next };
}

describe('HoleClassifier', () => {
  it('finds records that consumers see, and nothing of the offsets around the hole', () => {
    const batches = [batch({ first: 0, last: 9, offsets: offsetsOf(0, 9) })];
    expect(classify({ holes: [{ first: 3, last: 5 }], batches })).toEqual({
      counts: {},
      found: [['lost', 3, 5, 3]],
      next: undefined,
    });
  });

  it('names the earliest and the latest timestamp', () => {
    const classifier = new HoleClassifier({
      holes: [{ first: 3, last: 5 }],
      ...{ judge: () => lost, nothing: unexplained },
    });
    classifier.add(batch({ first: 0, last: 9, offsets: [5, 3] }));
    expect(classifier.finish().ranges.map(({ times }) => times)).toEqual([
      undefined,
      { first: 5, last: 5 },
    ]);
  });

  it('keeps holes apart', () => {
    const holes = [
      { first: 1, last: 2 },
      { first: 4, last: 4 },
    ];
    const batches = [batch({ first: 0, last: 9, offsets: offsetsOf(0, 9) })];
    expect(classify({ holes, batches }).found).toEqual([
      ['lost', 1, 2, 2],
      ['lost', 4, 4, 1],
    ]);
  });

  it.each([
    ['inside the span of a batch', [batch({ first: 0, last: 9, offsets: [0, 9] })]],
    ['between batches', [batch({ first: 0 }), batch({ first: 9 })]],
    ['after the last batch', [batch({ first: 0 })]],
    ['of a batch without records', [batch({ first: 0, last: 9, offsets: [] })]],
    ['where the log is empty', []],
  ])('finds nothing %s', (_, batches) => {
    const holes = [{ first: 2, last: 6 }];
    expect(classify({ holes, batches })).toMatchObject({
      counts: {},
      found: [['unexplained', 2, 6, 5]],
    });
    expect(classify({ holes, batches, nothing: compacted })).toMatchObject({
      counts: { compacted: 5 },
      found: [],
    });
  });

  it('finds named records that the log has no more, and judges those that it has', () => {
    const classifier = new HoleClassifier({
      ...{ holes: [{ first: 2, last: 9 }], judge: () => lost, nothing: compacted },
      named: [1, 4, 6, 12].map((first) => ({ first, last: first, verdict: oversize })),
    });
    classifier.add(batch({ first: 0, last: 6, offsets: [6] }));
    expect(classifier.finish()).toMatchObject({
      counts: { compacted: 6 },
      ranges: [
        { first: 4, last: 4, offsets: 1, verdict: oversize, times: undefined },
        { first: 6, last: 6, offsets: 1, verdict: lost },
      ],
    });
  });

  it('counts marks', () => {
    const batches = [
      batch({ first: 0, producer: 7n }),
      batch({ first: 1, producer: 7n, control: 'commit' }),
    ];
    expect(classify({ holes: [{ first: 1, last: 1 }], batches })).toEqual({
      counts: { 'transaction-mark': 1 },
      found: [],
      next: undefined,
    });
  });

  it('decides the records of a transaction by the next mark of their producer, beyond the hole', () => {
    const holes = [{ first: 0, last: 3 }];
    const open = [
      batch({ first: 0, last: 1, offsets: [0, 1], producer: 7n }),
      batch({ first: 2, last: 3, offsets: [2, 3], producer: 8n }),
      batch({ first: 4, producer: 8n, control: 'abort' }),
    ];
    expect(classify({ holes, batches: open }).next).toBe(5);
    expect(
      classify({ holes, batches: [...open, batch({ first: 5, producer: 7n, control: 'commit' })] }),
    ).toEqual({ counts: { aborted: 2 }, found: [['lost', 0, 1, 2]], next: undefined });
    expect(
      classify({ holes, batches: [...open, batch({ first: 5, producer: 7n, control: 'abort' })] }),
    ).toEqual({ counts: { aborted: 4 }, found: [], next: undefined });
  });

  it('decides two transactions of one producer, each by its own mark', () => {
    const batches = [
      batch({ first: 0, producer: 7n }),
      batch({ first: 1, producer: 7n, control: 'abort' }),
      batch({ first: 2, producer: 7n }),
      batch({ first: 3, producer: 7n, control: 'commit' }),
    ];
    expect(classify({ holes: [{ first: 0, last: 3 }], batches })).toMatchObject({
      counts: { aborted: 1, 'transaction-mark': 2 },
      found: [['lost', 2, 2, 1]],
    });
  });

  it('does not overlook records whose transaction has no mark', () => {
    const batches = [batch({ first: 0, producer: 7n })];
    expect(classify({ holes: [{ first: 0, last: 0 }], batches })).toEqual({
      counts: {},
      found: [['lost', 0, 0, 1]],
      next: 1,
    });
  });

  it('joins what interleaved transactions have lost', () => {
    const batches = [
      batch({ first: 0, producer: 7n }),
      batch({ first: 1, producer: 8n }),
      batch({ first: 2, producer: 7n }),
      batch({ first: 3 }),
      batch({ first: 4, producer: 8n, control: 'commit' }),
      batch({ first: 5, producer: 7n, control: 'commit' }),
    ];
    expect(classify({ holes: [{ first: 0, last: 5 }], batches })).toMatchObject({
      counts: { 'transaction-mark': 2 },
      found: [['lost', 0, 3, 4]],
    });
  });

  it('joins a finding across offsets that are only counted, and not across another one', () => {
    const verdicts = [lost, filtered, lost, oversize, lost];
    const batches = [batch({ first: 0, last: 4, offsets: offsetsOf(0, 4) })];
    const judge = (offset: number) => verdicts[offset] ?? lost;
    expect(classify({ holes: [{ first: 0, last: 4 }], batches, judge })).toMatchObject({
      counts: { filtered: 1 },
      found: [
        ['lost', 0, 2, 2],
        ['oversize', 3, 3, 1],
        ['lost', 4, 4, 1],
      ],
    });
  });

  it('counts filtered records of a transaction when it commits', () => {
    const batches = [
      batch({ first: 0, producer: 7n }),
      batch({ first: 1, producer: 7n, control: 'commit' }),
    ];
    const holes = [{ first: 0, last: 0 }];
    expect(classify({ holes, batches, judge: () => filtered })).toMatchObject({
      counts: { filtered: 1 },
      found: [],
    });
  });

  it('names the offset from which on it needs batches, and passes over what lies before', () => {
    const holes = [
      { first: 2, last: 3 },
      { first: 50, last: 51 },
    ];
    const classifier = new HoleClassifier({ holes, judge: () => lost, nothing: unexplained });
    expect(classifier.next).toBe(2);
    classifier.add(batch({ first: 0, last: 2, offsets: [0, 1, 2] }));
    expect(classifier.next).toBe(3);
    classifier.add(batch({ first: 3, last: 4, offsets: [3, 4] }));
    expect(classifier.next).toBe(50);
    classifier.add(batch({ first: 48, last: 52, offsets: offsetsOf(48, 52) }));
    expect(classifier.next).toBeUndefined();
    expect(classifier.finish().ranges).toHaveLength(2);
  });
});
