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
    ['goes forward', { committed: 30, target: 80 }, { target: 80, again: 0, skipped: 50 }],
    ['stays', { committed: 30, target: 30 }, { target: 30, again: 0, skipped: 0 }],
    [
      'starts at the beginning',
      { committed: undefined, target: 10 },
      { target: 10, again: 0, skipped: 0 },
    ],
    [
      'starts later than it might have without a reset',
      { committed: undefined, target: 30 },
      { target: 30, again: 0, skipped: 20 },
    ],
    [
      'counts deleted records as neither skipped nor read again',
      { committed: 2, target: 30 },
      { target: 30, again: 0, skipped: 20 },
    ],
    [
      'does not go before the first existing record',
      { committed: 80, target: 5 },
      { target: 10, again: 70, skipped: 0 },
    ],
    [
      'reads again no more than exists',
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
  it('lists the offsets to commit', () => {
    expect(targetsOf(plan)).toEqual(new Map([40, 40, 50, 10, 0, 9].entries()));
  });

  it('sums up', () => {
    expect(totals(plan)).toEqual({ again: 60, skipped: 40 });
  });

  it('changes nothing if every partition is at its target', () => {
    expect(isThere(plan)).toBe(false);
    expect(isThere(plan.filter(({ partition }) => partition === 1))).toBe(true);
    expect(isThere(plan.filter(({ partition }) => partition === 4))).toBe(false);
  });

  const subject = { topic: 'orders', group: 'g', target: { timestamp: 0 }, mapping: undefined };

  it("shows the mapping's mode, which is charged if it is provisioned", () => {
    const [line] = planLines({ ...subject, mapping: { ...mapping, isProvisioned: true } }, plan);
    expect(line).toContain(`mapping ${uuid} (Enabled, provisioned mode): to `);
  });

  it('is printed as a table with a summary', () => {
    expect(planLines({ ...subject, mapping: { ...mapping } }, plan)).toEqual([
      `Topic 'orders', group 'g', mapping ${uuid} (Enabled, on demand): to 1970-01-01T00:00:00.000Z`,
      '',
      'PARTITION  COMMITTED  TARGET    DIFFERENCE  EFFECT',
      '0          100        40        -60         60 read again',
      '1          40         40        0           unchanged',
      '2          20         50 (end)  +30         30 SKIPPED',
      '3          -          10        -           no committed offset: 10 SKIPPED',
      '4          -          0         -           no committed offset',
      '5          3          9         +6          no records in between',
      '',
      'At most 60 records are read again. A batch with the same offsets as before is found in the archive;',
      'any other is stored as objects that overlap existing ones. Nothing is overwritten: readers deduplicate',
      'by their identity (topic, partition, offset, timestamp, key and value).',
      'WARNING: at most 40 records are SKIPPED: the group never reads them, and they are NOT ARCHIVED.',
    ]);
  });

  it('says that no record is affected', () => {
    const calm = plan.filter(({ partition }) => partition === 1);
    expect(planLines({ ...subject, target: 'latest' }, calm)).toEqual([
      "Topic 'orders', group 'g', no mapping: to latest",
      '',
      'PARTITION  COMMITTED  TARGET  DIFFERENCE  EFFECT',
      '1          40         40      0           unchanged',
      '',
      'No record is read again or skipped.',
    ]);
  });

  it('is a JSON document', () => {
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
  ...{ functionArn: '', clusterArn: undefined, usesIam: false, isProvisioned: false },
  ...{ bootstrapServers: [], usesRegistry: false, start: 'earliest' as const, filters: [] },
};
