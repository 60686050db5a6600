import { describe, expect, it } from 'vitest';
import {
  isThere,
  type PartitionPlan,
  planReset,
  targetsOf,
  totals,
} from '../../../cli/reset/plan.ts';
import { planLines, toDocument } from '../../../cli/reset/report.ts';
import { ordersMapping, uuid } from './reset-console.ts';

interface Case {
  readonly begin?: number;
  readonly end?: number;
  readonly committed: number | undefined;
  readonly target: number;
}

/** What is done to one partition, of offsets 10 to 99 where nothing else is said. */
function planOf({ begin = 10, committed, end = 100, target }: Case): PartitionPlan {
  const [plan] = planReset([{ partition: 0, begin, end, committed }], new Map([[0, target]]));
  if (plan === undefined) throw new RangeError('no plan of a partition');
  return plan;
}

describe('a partition', () => {
  it.each<[string, Case, Pick<PartitionPlan, 'target' | 'again' | 'skipped'>]>([
    ['goes back', { committed: 80, target: 30 }, { target: 30, again: 50, skipped: 0 }],
    ['goes on', { committed: 30, target: 80 }, { target: 80, again: 0, skipped: 50 }],
    ['stays', { committed: 30, target: 30 }, { target: 30, again: 0, skipped: 0 }],
    ['begins', { committed: undefined, target: 10 }, { target: 10, again: 0, skipped: 0 }],
    [
      'begins later, and may have begun before',
      { committed: undefined, target: 30 },
      { target: 30, again: 0, skipped: 20 },
    ],
    [
      'skips no records that are deleted already',
      { committed: 2, target: 30 },
      { target: 30, again: 0, skipped: 20 },
    ],
    [
      'does not go to where its log has been',
      { committed: 80, target: 5 },
      { target: 10, again: 70, skipped: 0 },
    ],
    [
      'reads nothing again that is not there',
      { committed: 500, target: 30 },
      { target: 30, again: 70, skipped: 0 },
    ],
    [
      'moves within an empty log',
      { begin: 7, end: 7, committed: 3, target: 7 },
      { target: 7, again: 0, skipped: 0 },
    ],
  ])('%s', (_, given, expected) => {
    expect(planOf(given)).toMatchObject(expected);
  });
});

const plan = planReset(
  [
    { partition: 0, begin: 0, end: 100, committed: 100 },
    { partition: 1, begin: 10, end: 100, committed: 40 },
    { partition: 2, begin: 0, end: 50, committed: 20 },
    { partition: 3, begin: 0, end: 60, committed: undefined },
    { partition: 4, begin: 0, end: 60, committed: undefined },
    { partition: 5, begin: 9, end: 60, committed: 3 },
  ],
  new Map([40, 40, 50, 10, 0, 9].entries()),
);

describe('a plan', () => {
  it('has what to commit', () => {
    expect(targetsOf(plan)).toEqual(new Map([40, 40, 50, 10, 0, 9].entries()));
  });

  it('has sums', () => {
    expect(totals(plan)).toEqual({ again: 60, skipped: 40 });
  });

  it('is nothing to do where each partition is there', () => {
    expect(isThere(plan)).toBe(false);
    expect(isThere(plan.filter(({ partition }) => partition === 1))).toBe(true);
    expect(isThere(plan.filter(({ partition }) => partition === 4))).toBe(false);
  });

  const subject = { topic: 'orders', group: 'g', target: { timestamp: 0 }, mapping: undefined };

  it('is a table, and what it means', () => {
    expect(planLines({ ...subject, mapping: { ...mapping } }, plan)).toEqual([
      `topic 'orders', group 'g', mapping ${uuid} (Enabled): to 1970-01-01T00:00:00.000Z`,
      '',
      'partition  committed  target    difference  meaning',
      '0          100        40        -60         60 read again',
      '1          40         40        0           stays',
      '2          20         50 (end)  +30         30 SKIPPED',
      '3          -          10        -           nothing committed yet: 10 SKIPPED',
      '4          -          0         -           nothing committed yet',
      '5          3          9         +6          no record between',
      '',
      'At most 60 records are read again. Batches with the bounds they had are found stored; others',
      'make objects that overlap older ones, exact by topic, partition and offset. Nothing is overwritten.',
      'WARNING: at most 40 records are SKIPPED: the group never reads them, and they are NOT ARCHIVED.',
    ]);
  });

  it('says so where it costs nothing', () => {
    const calm = plan.filter(({ partition }) => partition === 1);
    expect(planLines({ ...subject, target: 'latest' }, calm)).toEqual([
      "topic 'orders', group 'g', no mapping: to latest",
      '',
      'partition  committed  target  difference  meaning',
      '1          40         40      0           stays',
      '',
      'No record is read again, and none is skipped.',
    ]);
  });

  it('is a document', () => {
    expect(toDocument(subject, plan.slice(3, 4), 'dry run')).toEqual({
      outcome: 'dry run',
      ...{ topic: 'orders', group: 'g', mapping: null, target: '1970-01-01T00:00:00.000Z' },
      partitions: [
        { partition: 3, begin: 0, end: 60, target: 10, again: 0, skipped: 10, committed: null },
      ],
    });
  });
});

const mapping = {
  ...{ uuid, topics: ordersMapping().Topics, group: 'g', state: 'Enabled' },
  ...{ functionArn: '', clusterArn: undefined },
};
